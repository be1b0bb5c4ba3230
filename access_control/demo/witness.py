"""What is on the disk: the bridge's events as it stored them, and what the relays really did as the building saw it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from access_control.core.wire.events import EventRecord, decode_event

GRANTS: Final = frozenset({"ACCESS_GRANTED", "GRANTED_EXTENDED", "GRANTED_RESPONDER", "GRANTED_PASS"})
_NEWER: Final = "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
_BATCH: Final = 100_000


def events_after(outbox: Path, seq: int) -> list[EventRecord]:
    """Every stored event with a higher number, in order; none while there is no outbox yet."""
    if not outbox.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{outbox.as_uri()}?mode=ro", uri=True, timeout=2.0)) as database:
            rows = database.execute(_NEWER, (seq, _BATCH)).fetchall()
    except sqlite3.OperationalError:  # just being made, or busy: there is a next time
        return []
    return [decode_event(body) for _, body in rows]


@dataclass(frozen=True, slots=True)
class Movement:
    """A lock's relay moved: which door, whether the door is released by it, when (monotonic seconds), and by what."""

    door: int
    released: bool
    mono_s: float
    by: str


def relay_lines(log: Path) -> list[dict[str, Any]]:
    """Every whole line of the building's log."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text().split("\n")[:-1]]


def movements(log: Path, since_s: float = 0.0) -> list[Movement]:
    """What the relays of locks did since a monotonic second."""
    return [
        Movement(line["door"], bool(line["released"]), line["mono_s"], line["by"])
        for line in relay_lines(log)
        if line["what"] == "output" and line["door"] is not None and line["mono_s"] >= since_s
    ]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Locks that were released beside events that say so. Both lists are empty when nothing was lost or doubled."""

    releases: int
    unexplained: tuple[int, ...]
    without_release: tuple[int, ...]
    gaps: tuple[int, ...]


def reckon(log: Path, events: list[EventRecord], since_s: float) -> Reckoning:
    """Compare the relay log with the stored events from a monotonic second on.

    A release is explained by a grant at its door, or by somebody who left through a magnet's exit button. The numbers
    of events must have no gap, and no event may be there twice.
    """
    releases = [m.door for m in movements(log, since_s) if m.released]
    causes = [
        event
        for event in events
        if event.mono_ms is not None
        and event.mono_ms / 1000 >= since_s
        and (event.code in GRANTS or event.code == "REX")
    ]
    granted = [event.door for event in causes if event.code in GRANTS]
    left = {event.door for event in causes if event.code == "REX"}
    unexplained = []
    for door in releases:
        if door in granted:
            granted.remove(door)
        elif door not in left:
            unexplained.append(door)
    numbers = [event.seq for event in events]
    expected = list(range(numbers[0], numbers[0] + len(numbers))) if numbers else []
    gaps = tuple(number for number, due in zip(numbers, expected, strict=True) if number != due)
    return Reckoning(len(releases), tuple(unexplained), tuple(door for door in granted if door is not None), gaps)
