"""The line *Coming up* of the Live page: what schedules will change at the doors that whoever looks may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from access_control.readers.coming_up import Change, UnlockTimetables, next_changes
from access_control.web.services import Services

MOST: Final = 3
_KEPT: Final = "unlock timetables"


@dataclass(frozen=True, slots=True)
class Coming:
    """One change in words: ``at``, and ``Main entrance unlocks``."""

    at: datetime
    said: str


def coming_up(services: Services, doors: Mapping[int, Mapping[str, Any]]) -> list[Coming]:
    """The next three changes at doors, which are as the Live page shows them, by id."""
    known = services.more.setdefault(_KEPT, UnlockTimetables())
    assert isinstance(known, UnlockTimetables)
    with services.database.reading() as session:
        timetables = known.read(session, services.keys, doors.keys())
    changes = next_changes(timetables, services.clock(), MOST)
    return [Coming(change.at, _said(change, doors)) for change in changes]


def _said(change: Change, doors: Mapping[int, Mapping[str, Any]]) -> str:
    first = doors[change.doors[0]]
    if len(change.doors) == 1:
        return f"door {first['number']}, {first['name']}, {'unlocks' if change.unlocks else 'locks'}"
    return f"{len(change.doors)} doors {'unlock' if change.unlocks else 'lock'}"
