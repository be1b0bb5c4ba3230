"""What a broken reader does to its neighbours, how soon readers are back, and what kills lose or double.

Lines are paced, with Secure Channel. *Dead* is a reader without power. The 95th of 100 cards at its neighbours may take
twice as long as before; the slowest, from the moment of the death on, one reply time-out longer. With half a bus dead
the probes' share of bus time is measured as well: from the beginning of each question to a dead reader until the next
question to anybody.

``BENCH_CARDS`` sets the cards for each measurement, ``BENCH_ROUNDS`` the kills. About thirteen minutes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench._bus_rig import Case, Rig, running
from bench.figures import Figure, percentile
from tests.building.kill_rounds import KillRounds, standing_site
from tests.building.nursery import Nursery
from tests.building.signed import Installation

CASES: Final = tuple(Case(baud, readers) for baud in (9600, 38400, 115200) for readers in (4, 8, 16))
CASE_NAMES: Final = (*(case.name for case in CASES), "kill-9")
CARDS: Final = 100
ROUNDS: Final = 20
SEED: Final = 20261127
REPLY_S: Final = 0.2
"""The longest that a reader may take to answer (OSDP 2.2); a time-out cannot be longer."""
MOST_RATIO: Final = 2.0
MOST_PROBES: Final = 0.10
ONE_BACK_S: Final = 2.0
HALF_BACK_S: Final = 10.0
_DYING_S: Final = 1.5
"""After that it has been found dead, and the pauses between probes have grown."""
_DEAD_S: Final = 10.0
_WATCHED_S: Final = 20.0
_RETURNS: Final = 5
_PATIENCE_S: Final = 60.0


def run(cases: Sequence[str] = CASE_NAMES) -> list[Figure]:
    """Measure; progress goes to standard error."""
    figures = []
    for case in CASES:
        if case.name in cases:
            with running("own", case) as rig:
                figures += [*_neighbours(rig), *_one_returns(rig), *_half_returns(rig)]
                figures.append(Figure("cards_unanswered", case.name, rig.unanswered, "", at_most=0))
    if "kill-9" in cases:
        figures += _kills(int(os.environ.get("BENCH_ROUNDS", str(ROUNDS))))
    return figures


def _neighbours(rig: Rig) -> list[Figure]:
    """The same cards at the same readers before reader 1 dies, while it is found out, and when it is dead."""
    cards = int(os.environ.get("BENCH_CARDS", str(CARDS)))
    others = range(2, rig.case.readers + 1)
    before = [rig.some_card(others) for _ in range(cards)]
    rig.take_down([1])
    dying = rig.cards_for(_DYING_S, others)
    after = [rig.some_card(others) for _ in range(cards)]
    ratio = percentile(after, 0.95) / percentile(before, 0.95)
    slowest = max(*dying, *after)
    longer_s = slowest - max(before)
    _say(rig, f"neighbours' p95 {ratio:.2f} times, slowest {1e3 * longer_s:.0f} ms more")
    name = "neighbour_latency_ratio_with_dead_reader"
    return [
        Figure(name, f"{rig.case.name} p95", ratio, "", "limit", ratio / MOST_RATIO),
        Figure(name, f"{rig.case.name} maximum", slowest / max(before), ""),
        Figure("neighbour_slowest_is_later_by", rig.case.name, longer_s, "s", "reply_timeout", longer_s / REPLY_S, 1.0),
    ]


def _one_returns(rig: Rig) -> list[Figure]:
    """Reader 1 is dead; it returns, and dies again, at moments by chance."""
    took = []
    for _ in range(_RETURNS):
        rig.take_down([1])
        rig.some_card(range(2, rig.case.readers + 1))
        rig.let_pass(_DEAD_S)
        took.append(rig.bring_back([1], _PATIENCE_S))
    _say(rig, f"one is back after {max(took):.2f} s at most")
    return [Figure("reader_back_s", f"{rig.case.name} one", max(took), "s", "limit", max(took) / ONE_BACK_S)]


def _half_returns(rig: Rig) -> list[Figure]:
    half = range(1, rig.case.readers // 2 + 1)
    rig.take_down(half)
    rig.let_pass(_DEAD_S)
    rig.readers.spent_s = {}
    rig.let_pass(_WATCHED_S)
    spent = dict(rig.readers.spent_s)
    share = sum(spent.get(number, 0.0) for number in half) / sum(spent.values())
    took = rig.bring_back(half, _PATIENCE_S)
    _say(rig, f"half the bus: probes take {share:.1%}, all are back after {took:.2f} s")
    return [
        Figure("probes_share_of_bus", f"{rig.case.name} half", share, "", "limit", share / MOST_PROBES),
        Figure("reader_back_s", f"{rig.case.name} half", took, "s", "limit", took / HALF_BACK_S),
    ]


def _kills(rounds: int) -> list[Figure]:
    place = Path(tempfile.mkdtemp(prefix="k-"))
    try:
        installation = Installation(place)
        installation.install()
        with standing_site(installation) as site, Nursery(place, place / "bridge.log") as nursery:
            found = KillRounds(site, nursery, rounds, SEED).run()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    case = f"{rounds} kills"
    return [
        Figure("events_lost", case, len(found.lost), "", at_most=0),
        Figure("events_doubled", case, len(found.doubled), "", at_most=0),
        Figure("locks_that_went_ahead_of_their_event", case, len(found.ahead), ""),
        Figure("grants_without_a_release", case, len(found.unfinished), ""),
        Figure("locks_let_go", case, found.releases, ""),
        Figure("lockdowns_forgotten", case, len(found.lockdowns.forgotten), "", at_most=0),
        Figure("lockdowns_without_their_event", case, len(found.lockdowns.untold), "", at_most=0),
        Figure("doors_opened_in_a_lockdown", case, len(found.lockdowns.opened), "", at_most=0),
        Figure("lockdowns", case, found.lockdowns.answered + found.lockdowns.unanswered, ""),
        Figure("relays_wrong_after_a_start", case, len(found.wrong_outputs), "", at_most=0),
    ]


def _say(rig: Rig, what: str) -> None:
    print(f"faults {rig.case.name}: {what}", file=sys.stderr)
