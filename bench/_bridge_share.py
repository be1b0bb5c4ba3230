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
from functools import partial
from pathlib import Path
from typing import Final

from bench._bus_rig import Case, Moments
from bench._full_bridge import Size, present, standing
from firmware_bridge.clock import SystemClock
from tests.building.entering import card_to_lock_s

READERS: Final = 8
SECONDS: Final = 20
_GRAIN_MS: Final = 1
_SETTLE_S: Final = 2.0
_EVERY_S: Final = 0.8
"""A door has locked again when its turn comes once more."""
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
            moments = Moments(Case(baud, READERS).round_s)
            for second in range(SECONDS, SECONDS + cards):
                _pause.wait(_EVERY_S + moments.next_s())
                door = second % READERS + 1
                show = partial(present, remote, door, _welcome(door))
                found.cards.append(card_to_lock_s(made.relays, door, show))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return found


def _welcome(door: int) -> int:
    """The number of somebody whom the school lets in at a door always: see ``bench._policy_school.add_people``."""
    return 10 - door


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
