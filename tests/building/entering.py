"""Somebody enters, and it is seen that nothing made the door wait: the building's relay log has both moments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from firmware_bridge.simulator.relay_log import read_relay_log
from tests.building.killing import present
from tests.building.processes import Site, until
from tests.building.signed import ADA

AT_ONCE_S: Final = 2.0
"""From a card to its lock on a machine that has more to do; what waits for a disk or a service waits for longer."""


def enters(site: Site, door: int, person: int = ADA) -> None:
    """A card lets its lock go, at once."""
    took_s = card_to_lock_s(site.installation.relays, door, lambda: present(site, door, person))
    assert 0 < took_s < AT_ONCE_S, f"door {door} let its lock go after {took_s:.2f} s"


def card_to_lock_s(relays: Path, door: int, show: Callable[[], None]) -> float:
    """Have a card shown at the reader that has its door's number: how long until the lock was let go.

    Raises:
        NotInTimeError: It never was.
    """
    before = len(read_relay_log(relays))

    def moments(what: str, place: str) -> list[float]:
        found = [line for line in read_relay_log(relays)[before:] if line["what"] == what and line[place] == door]
        return [float(str(line["mono_s"])) for line in found if what == "card" or line["released"]]

    show()
    until(lambda: moments("output", "door"), "the lock is let go")
    return moments("output", "door")[0] - moments("card", "reader")[0]
