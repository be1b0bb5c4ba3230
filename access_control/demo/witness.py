"""What the check believes: what relays really did, what bridges stored, and what the service holds; never a hope."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.core.wire.events import EventRecord, decode_event
from access_control.readers.records import EventRow

GRANTS: Final = frozenset(
    {"ACCESS_GRANTED", "GRANTED_EXTENDED", "GRANTED_RESPONDER", "GRANTED_PASS", "UNLOCK_ACTION_DONE"}
)
_NEWER: Final = "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
_BATCH: Final = 100_000

Stream = tuple[str, str]
"""A bridge and one of its streams of events."""


def events_after(outbox: Path, seq: int) -> list[EventRecord]:
    """Every event that a bridge stored with a higher number, in order; none while there is no outbox yet."""
    if not outbox.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{outbox.as_uri()}?mode=ro", uri=True, timeout=2.0)) as database:
            rows = database.execute(_NEWER, (seq, _BATCH)).fetchall()
    except sqlite3.OperationalError:  # just being made, or busy: there is a next time
        return []
    return [decode_event(body) for _, body in rows]


def newest_rows(session: Session) -> Mapping[Stream, int]:
    """The highest number that the service holds of each stream."""
    asked = select(EventRow.bridge_id, EventRow.stream, func.max(EventRow.seq)).group_by(
        EventRow.bridge_id, EventRow.stream
    )
    return {(bridge, stream): seq for bridge, stream, seq in session.execute(asked)}


def rows_after(session: Session, before: Mapping[Stream, int]) -> list[EventRow]:
    """Every event that the service holds beyond these numbers, in the order in which they happened."""
    found = []
    for stream in newest_rows(session):
        bridge, name = stream
        newer = select(EventRow).where(
            EventRow.bridge_id == bridge, EventRow.stream == name, EventRow.seq > before.get(stream, 0)
        )
        found += list(session.scalars(newer))
    return sorted(found, key=lambda row: (row.at, row.seq))


@dataclass(frozen=True, slots=True)
class Movement:
    """A lock's relay moved: which door, whether the door is released by it, when (monotonic seconds), and by what."""

    door: int
    released: bool
    mono_s: float
    by: str


def relay_lines(log: Path) -> list[dict[str, Any]]:
    """Every whole line of a building's log."""
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
    """Locks that were released beside events that say so. All lists are empty when nothing was lost or doubled."""

    releases: int
    unexplained: tuple[int, ...]
    without_release: tuple[int, ...]
    gaps: tuple[int, ...]


def reckon(log: Path, events: list[EventRecord], since_s: float, *, standing_open: Collection[int] = ()) -> Reckoning:
    """Compare a building's relay log with its bridge's stored events from a monotonic second on.

    A release is explained by a grant at its door, or by somebody who left through a magnet's exit button. Doors that
    stand unlocked by schedule (``standing_open``) are left out: for them no grant need move a relay. The numbers of
    events must have no gap, and no event may be there twice.
    """
    releases = [m.door for m in movements(log, since_s) if m.released and m.door not in standing_open]
    causes = [
        event
        for event in events
        if event.mono_ms is not None
        and event.mono_ms / 1000 >= since_s
        and event.door not in standing_open
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
    gaps = tuple(_gaps([event.seq for event in events]))
    return Reckoning(len(releases), tuple(unexplained), tuple(door for door in granted if door is not None), gaps)


def _gaps(numbers: list[int]) -> Iterable[int]:
    expected = range(numbers[0], numbers[0] + len(numbers)) if numbers else ()
    return (number for number, due in zip(numbers, expected, strict=True) if number != due)


def differences(stored: Collection[EventRecord], held: Collection[EventRow]) -> list[str]:
    """What the service does not hold as a bridge stored it, in words; both of the same stretch of one stream."""
    theirs = {event.seq: event for event in stored}
    ours: dict[int, EventRow] = {}
    found = []
    for row in held:
        if row.seq in ours:
            found.append(f"number {row.seq} is there twice")
        ours[row.seq] = row
    found += [f"number {seq} ({theirs[seq].code}) is missing" for seq in sorted(theirs.keys() - ours.keys())]
    found += [f"number {seq} ({ours[seq].code}) is from nowhere" for seq in sorted(ours.keys() - theirs.keys())]
    found += [
        f"number {seq} is {ours[seq].code} here and {theirs[seq].code} there"
        for seq in sorted(theirs.keys() & ours.keys())
        if (ours[seq].id, ours[seq].code) != (theirs[seq].id, theirs[seq].code)
    ]
    return found
