"""A whole bridge with eight readers on one line, each the lock of its door, and a service.

Its part of a core, and how soon a card moves a lock with all of it in the way: the controller, the rules of 5,000
people, the event on the disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench._full_bridge import Size, Standing, present, standing
from firmware_bridge.clock import SystemClock
from firmware_bridge.simulator.relay_log import read_relay_log
from firmware_bridge.simulator.remote import Remote
from tests.building.processes import until

READERS: Final = 8
SECONDS: Final = 20
_GRAIN_MS: Final = 1
_SETTLE_S: Final = 2.0
_EVERY_S: Final = 0.8
"""A door has locked again when its turn comes once more."""
_GOLDEN: Final = (5**0.5 - 1) / 2
_ROUND_CHARACTERS: Final = 31
_clock = SystemClock()
_pause = threading.Event()


@dataclass(slots=True)
class Whole:
    """The share of a core while a card a second opens a door, and seconds from a card to its lock."""

    processor: float = 0.0
    cards: list[float] = field(default_factory=list)


def whole_bridge(baud: int, cards: int) -> Whole:
    """Start everything, and show cards: one a second for :data:`SECONDS`, then so many to measure their way."""
    found = Whole()
    place = Path(tempfile.mkdtemp(prefix="p-"))
    try:
        with standing(place, Size(1, READERS, baud, _GRAIN_MS)) as made, made.remote() as remote:
            _pause.wait(_SETTLE_S)
            begun, begun_s = _used_s(made.process.popen.pid), _clock.monotonic_s()
            for second in range(SECONDS):
                door = second % READERS + 1
                present(remote, door, _welcome(door))
                _pause.wait(1.0)
            found.processor = (_used_s(made.process.popen.pid) - begun) / (_clock.monotonic_s() - begun_s)
            round_s, part = _ROUND_CHARACTERS * READERS * 10 / baud, 0.0
            for n in range(cards):
                part = (part + _GOLDEN) % 1.0
                _pause.wait(_EVERY_S + part * round_s)
                found.cards.append(_card(made, remote, (SECONDS + n) % READERS + 1))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return found


def _card(made: Standing, remote: Remote, door: int) -> float:
    """Seconds until the building says that the reader moved its relay."""
    before = len(read_relay_log(made.relays))
    shown_s = _clock.monotonic_s()
    present(remote, door, _welcome(door))

    def moved() -> list[float]:
        lines = read_relay_log(made.relays)[before:]
        return [
            float(str(line["mono_s"]))
            for line in lines
            if (line["what"], line.get("door"), line.get("on")) == ("output", door, True)
        ]

    found: list[float] = until(moved, "the lock lets go")
    return found[0] - shown_s


def _welcome(door: int) -> int:
    """The number of somebody whom the school lets in at a door always: see ``bench._policy_school.add_people``."""
    return 10 - door


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
