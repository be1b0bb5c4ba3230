"""How many attacks the bridge's ears survive: hostile readers on a line, and megabytes of nonsense at every port.

Each adversary of the tests has a line of three readers to itself with one seed after another; then every kind of port
gets a megabyte of each kind of nonsense. Everything that must be nothing has the limit 0 and is shown as a count.
``BENCH_SEEDS`` sets the seeds (40); about ten minutes. ``BENCH_FIRST_SEED`` is where they begin, so that a finding
can be repeated.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import Final

from bench.figures import Figure
from firmware_bridge.controller.events import Event
from tests.building.adversaries import ADVERSARIES, Attack, attack
from tests.building.flooded_ports import EVERY_KIND, Make
from tests.building.flooding import KINDS, flooded_line, megabyte, resident_bytes

SEEDS: Final = 40
SHARES: Final = (1.0, 0.5, 0.2, 0.05)
DEAFENING: Final = {"jabber"}
"""Two wires carry one voice: what speaks without end keeps its neighbours from being heard."""
MOST_EVENTS: Final = 6
MOST_GROWTH: Final = 16 * 2**20


def run() -> list[Figure]:
    """Attack; progress goes to standard error."""
    return [*_lines(), *_ports()]


def _lines() -> list[Figure]:
    first, seeds = (int(os.environ.get(name, str(n))) for name, n in (("BENCH_FIRST_SEED", 0), ("BENCH_SEEDS", SEEDS)))
    figures = []
    for name in ADVERSARIES:
        found: Counter[str] = Counter()
        most = held = 0
        for seed in range(first, first + seeds):
            one = _attacked(name, seed, found)
            if one is not None:
                most, held = max(most, *one.told.values(), 0), max(held, one.held)
        print(f"fuzz {name}: {dict(found)}", file=sys.stderr)
        figures += [Figure(what, name, found[what], "", at_most=0) for what in WRONG if what not in _excused(name)]
        figures.append(Figure("most_events_of_a_code", name, most, "", "limit", most / MOST_EVENTS))
        figures.append(Figure("most_bytes_held", name, held, "B"))
    return figures


WRONG: Final = ("crashes", "cards_invented", "cards_lost_at_neighbours", "neighbours_down", "never_returned")


def _excused(name: str) -> set[str]:
    return {"cards_lost_at_neighbours", "neighbours_down"} if name in DEAFENING else set()


def _attacked(name: str, seed: int, found: Counter[str]) -> Attack | None:
    try:
        one = attack(name, seed, share=SHARES[seed % len(SHARES)])
    except Exception as error:  # noqa: BLE001 - a crash is what is being counted
        print(f"fuzz {name}, seed {seed}: {type(error).__name__}: {error}", file=sys.stderr)
        found["crashes"] += 1
        return None
    found["cards_invented"] += one.invented
    found["cards_lost_at_neighbours"] += one.arrived != one.presented
    found["neighbours_down"] += one.neighbours_down
    found["never_returned"] += not one.returned
    return one


def _ports() -> list[Figure]:
    figures = []
    for name, make in EVERY_KIND.items():
        for kind in KINDS:
            events, grown, alive = _flooded(make, kind)
            case = f"{name}, {kind}"
            figures += [
                Figure("threads_ended", case, not alive, "", at_most=0),
                Figure("events_of_a_megabyte", case, len(events), ""),
                Figure("memory_grown", case, grown, "B", "limit", grown / MOST_GROWTH),
            ]
    return figures


def _flooded(make: Make, kind: str) -> tuple[list[Event], int, bool]:
    events: list[Event] = []
    with flooded_line() as line:
        port = make(line.path, events.append)
        port.start()
        before = resident_bytes()
        taken = line.send(megabyte(kind, 0))
        grown = max(0, resident_bytes() - before)
        alive = port.alive()
        port.stop()
    return events, grown, taken and alive
