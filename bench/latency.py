"""From a card at a reader to the lock command, and a lockdown of a whole line, at a real line's pace, secured.

Beside two things: what the bytes need at least on the wire (docs/osdp.md has the sums), and libosdp's panel on the same
line with the same readers. ``BAUDxREADERS`` are readers that hold their own locks; ``BAUDxREADERS board`` are the same
readers with the locks on a Modbus board on a line of its own. Every case takes 200 cards and 30 lockdowns from each
panel, in two turns each so that both meet the same machine: about half an hour for all of them, 8 minutes without those
at 9600 baud. ``BENCH_CARDS`` sets the cards a case. ``BENCH_QUICK=1`` takes 40 cards and 10 lockdowns in
one turn and leaves the whole bridge out: half a minute for ``--cases 115200x8``.

libosdp's panel does not keep the two characters of silence that the standard wants before a packet, which is 4 % of a
lockdown, and leaves the line idle for most of 50 ms, so that a lockdown of one reader finds no poll under way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bench._bridge_share import whole_bridge
from bench._bus_rig import Case, Rig, UnansweredError, running
from bench.figures import Figure, percentile

OSDP_CASES: Final = tuple(Case(baud, readers) for baud in (9600, 38400, 115200) for readers in (1, 4, 8, 16))
BOARD_CASES: Final = OSDP_CASES
CASE_NAMES: Final = (*(case.name for case in OSDP_CASES), *(f"{case.name} board" for case in BOARD_CASES))
CARDS: Final = 200
WHOLE_CARDS: Final = 48
LOCKDOWNS: Final = 30
PROCESSOR_LIMITS: Final = {9600: 0.025, 38400: 0.08, 115200: 0.12}
"""Shares of a core with eight readers on one line."""
_PROCESSOR_READERS: Final = 8
_PEER_STARTS: Final = 5
_TURNS: Final = 2

# Characters on the wire. A card's reply and an OUT are 30 each with Secure Channel, and two lie between packets.
_LOCK_A_READER, _LOCK_MORE = 47, 2
_CARD_REPLY = 30
_COIL, _COIL_ECHO, _INPUTS, _INPUTS_ANSWER = 8, 8, 8, 6
_PAUSE, _LEAST_PAUSE_S = 3.5, 0.00175
"""Silence on a Modbus line before a frame: so many characters, and above 19200 baud the standard's fixed time before
ours (Modbus over Serial Line 1.02, 2.5.1.1). The simulated board answers after the characters alone."""


@dataclass
class Measured:
    """What one panel did in one case; ``used_s`` of processor went into ``questions`` in ``took_s``."""

    cards: list[float] = field(default_factory=list)
    lockdowns: list[float] = field(default_factory=list)
    used_s: float = 0.0
    took_s: float = 0.0
    questions: int = 0
    unanswered: int = 0

    @property
    def processor(self) -> float:
        """The share of a core."""
        return self.used_s / self.took_s


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured in a case."""

    cards: int
    lockdowns: int
    turns: int
    whole_bridge: bool


def effort() -> Effort:
    """As the environment says."""
    if os.environ.get("BENCH_QUICK"):
        return Effort(int(os.environ.get("BENCH_CARDS", "40")), 10, 1, whole_bridge=False)
    return Effort(int(os.environ.get("BENCH_CARDS", str(CARDS))), LOCKDOWNS, _TURNS, whole_bridge=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that the bytes alone need: the middle card, the unluckiest, and everything locked."""

    middle: float
    longest: float
    lockdown: float


def limits(case: Case, *, board: bool) -> Limits:
    """The least that is possible in a case."""
    if not board:
        return Limits(case.limit_s(15.5), case.limit_s(31.0), case.limit_s(_LOCK_A_READER, _LOCK_MORE))
    pauses = max(_PAUSE, _LEAST_PAUSE_S / case.character_s) + _PAUSE
    poll, coil = _INPUTS + _INPUTS_ANSWER + pauses, _COIL + _COIL_ECHO + pauses
    return Limits(
        # The middle card finds the board's line free; the unluckiest comes just after a poll of the inputs has begun.
        case.limit_s(15.5, _CARD_REPLY + _COIL),
        case.limit_s(31.0, _CARD_REPLY + poll + _COIL),
        case.limit_s(coil, poll / 2 - _COIL_ECHO - pauses),
    )


def run(cases: Sequence[str] = CASE_NAMES) -> list[Figure]:
    """Measure these cases with both panels; progress goes to standard error."""
    much = effort()
    figures = []
    for case in OSDP_CASES:
        if case.name in cases:
            figures += _against_peer(case, much)
    for case in BOARD_CASES:
        name = f"{case.name} board"
        if name in cases:
            ours = Measured()
            for turn in range(much.turns):
                _ours(case, much, turn, ours, board=True)
            figures += _card_figures(name, ours, None, limits(case, board=True), at_most(case))
    return figures


def at_most(case: Case) -> tuple[float, float, float]:
    """The median card, the 99th of 100 and the median lockdown, as multiples of what the wire needs.

    Where a character takes less than a tenth of a millisecond, the time until a thread runs counts for more.
    """
    return (1.2 if case.readers == 16 or case.baud == 115200 else 1.1, 1.4 if case.baud == 115200 else 1.2, 1.1)


def _against_peer(case: Case, much: Effort) -> list[Figure]:
    ours, theirs = Measured(), Measured()
    for turn in range(much.turns):
        _ours(case, much, turn, ours, board=False)
        _theirs(case, much, turn, theirs)
    figures = [
        *_card_figures(case.name, ours, theirs, limits(case, board=False), at_most(case)),
        Figure("libosdp_cards_unanswered", case.name, theirs.unanswered, ""),
        Figure("processor_a_question_of_panel", case.name, ours.used_s / ours.questions, "s"),
    ]
    if case.readers == _PROCESSOR_READERS and theirs.took_s:
        share, limit = ours.processor, PROCESSOR_LIMITS[case.baud]
        figures += [
            Figure("processor_share_of_panel", case.name, share, "", "limit", share / limit),
            Figure("processor_share_of_panel", case.name, share, "", "libosdp", share / theirs.processor),
        ]
    if case.readers == _PROCESSOR_READERS and much.whole_bridge:
        figures += _whole_bridge(case)
    return figures


def _whole_bridge(case: Case) -> list[Figure]:
    """The same readers at a real bridge with a service, from the card at the reader to the relay in it."""
    whole, least = whole_bridge(case.baud, WHOLE_CARDS), limits(case, board=False)
    share, middle, most = whole.processor, percentile(whole.cards, 0.5), max(whole.cards)
    name = f"{case.name} bridge"
    print(
        f"latency {name}: card_to_strike_p50 {1e3 * middle:.1f} ms, {middle / least.middle:.2f} of the wire's; "
        f"the longest {1e3 * most:.1f} ms, {most / least.longest:.2f}; {share:.1%} of a core",
        file=sys.stderr,
    )
    return [
        Figure("processor_share_of_bridge", case.name, share, "", "limit", share / PROCESSOR_LIMITS[case.baud]),
        Figure("card_to_strike_p50", name, middle, "s", "wire", middle / least.middle, at_most(case)[0]),
        Figure("card_to_strike_longest", name, most, "s", "wire", most / least.longest, at_most(case)[1]),
    ]


def _card_figures(
    name: str, ours: Measured, theirs: Measured | None, least: Limits, mosts: tuple[float, float, float]
) -> list[Figure]:
    figures, shown = [], []
    middle, longest, lockdown = mosts
    for what, mine, peers, share, limit, most in (
        ("card_to_strike_p50", ours.cards, theirs and theirs.cards, 0.5, least.middle, middle),
        ("card_to_strike_p99", ours.cards, theirs and theirs.cards, 0.99, least.longest, longest),
        ("lockdown_of_line_p50", ours.lockdowns, theirs and theirs.lockdowns, 0.5, least.lockdown, lockdown),
    ):
        value = percentile(mine, share)
        figures.append(Figure(what, name, value, "s", "wire", value / limit, most))
        text = f"{what} {1e3 * value:.1f} ms, {value / limit:.2f} of the wire's {1e3 * limit:.1f}"
        if peers:
            peer = percentile(peers, share)
            figures.append(Figure(what, name, value, "s", "libosdp", value / peer, 1.0 if "card" in what else None))
            text += f", {value / peer:.2f} of libosdp's {1e3 * peer:.1f}"
        shown.append(text)
    figures += [
        Figure(
            "lockdown_of_line_longest", name, max(ours.lockdowns), "s", "wire", max(ours.lockdowns) / least.lockdown
        ),
        Figure("cards_unanswered", name, ours.unanswered, "", at_most=0),
    ]
    busy = f"(processes waiting for a processor: {os.getloadavg()[0]:.1f})"
    print(f"latency {name}: {'; '.join(shown)} {busy}", file=sys.stderr)
    return figures


def _ours(case: Case, much: Effort, turn: int, found: Measured, *, board: bool) -> None:
    """Our panel.

    Raises:
        UnansweredError: Cards get no answer: that must not happen.
    """
    with running("own", case, board=board) as rig:
        _measure(rig, much, turn, found)
        found.unanswered += rig.unanswered


def _theirs(case: Case, much: Effort, turn: int, found: Measured) -> None:
    """The panel of libosdp, which drops a reader for minutes after a missed reply: it is started again then."""
    for _ in range(_PEER_STARTS):
        try:
            with running("libosdp", case) as rig:
                _measure(rig, much, turn, found)
        except UnansweredError as problem:
            found.unanswered += 1
            print(problem, file=sys.stderr)
        else:
            break


def _measure(rig: Rig, much: Effort, turn: int, found: Measured) -> None:
    """This turn's part of everything."""
    used_s, begun_s = rig.used()
    asked = rig.readers.questions
    while len(found.cards) < much.cards * (turn + 1) // much.turns:
        found.cards.append(rig.card() if rig.kind == "libosdp" else rig.some_card())
    now_used_s, now_s = rig.used()
    found.used_s += now_used_s - used_s
    found.took_s += now_s - begun_s
    found.questions += rig.readers.questions - asked
    while len(found.lockdowns) < much.lockdowns * (turn + 1) // much.turns:
        found.lockdowns.append(rig.lockdown())
