"""Doors, readers and boards between their rows and the records of core that bridges decide on.

Forms and the Policy builder use these same conversions, so what a form accepts is what a Policy will say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from access_control.core.decision.building import (
    Board,
    DeviceKind,
    Door,
    DoorTiming,
    Lock,
    Point,
    Reader,
    RelockMode,
    Timetable,
)
from access_control.readers import models
from access_control.readers.errors import BadValueError

_POINT: Final = re.compile(r"(board|reader) (0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,2})", re.ASCII)
_NEVER: Final = Timetable()

TIMERS: Final = tuple(field.name for field in fields(DoorTiming) if field.name != "relock")
"""The names that ``Door.timing`` can hold; each is in seconds."""


def read_point(text: str, field: str | None = None) -> Point:
    """A point as installers write it: ``board 1.3`` is relay or input 3 of board 1, counted from 0.

    Raises:
        BadValueError: It is not written so; ``field`` is passed on.
    """
    found = _POINT.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise BadValueError(
            f"“{text[:40]}” names no input or output.",
            "Write the device, its number and the point, as “board 1.3” or “reader 2.0”.",
            field,
        )
    return Point(DeviceKind(found[1]), int(found[2]), int(found[3]))


def door_record(row: models.Door, scheduled_unlock: Timetable = _NEVER) -> Door:
    """A door as core knows it; ``scheduled_unlock`` is its unlock schedule worked out.

    Raises:
        BadValueError: A point that cannot be read, with its field.
    """
    return Door(
        id=row.id,
        number=row.number,
        name=row.name,
        door_class=row.door_class,
        lock=_lock(row),
        contact=_point(row.contact, "contact"),
        rex=_point(row.rex, "rex"),
        latch=_point(row.latch, "latch"),
        timing=_timing(row.timing, row.relock),
        scheduled_unlock=scheduled_unlock,
        evacuate_unlock=row.evacuate_unlock,
        out_of_service=row.out_of_service,
    )


def reader_record(row: models.Reader, pin_times: Timetable = _NEVER) -> Reader:
    """A reader as core knows it; ``pin_times`` is its PIN schedule worked out."""
    return Reader(
        id=row.id,
        name=row.name,
        door=row.door_id,
        port=row.port,
        address=row.address,
        formats=tuple(row.formats),
        facility_codes=frozenset(row.facility_codes),
        copyable=frozenset(row.copyable),
        pin_times=pin_times,
        takes_passes=row.takes_passes,
        enabled=row.enabled,
    )


def board_record(row: models.Board) -> Board:
    """A board as core knows it."""
    return Board(row.id, row.name, row.port, row.address, row.outputs, row.inputs)


def _lock(row: models.Door) -> Lock:
    return Lock(
        kind=row.lock_kind,
        output=read_point(row.lock_output, "lock_output"),
        unlock_when=row.unlock_when,
        fire_rated=row.fire_rated,
        fire_action=row.fire_action,
        fire_manual_reset=row.fire_manual_reset,
        fire_input=_point(row.fire_input, "fire_input"),
        rex_unlocks=row.rex_unlocks,
        secure_side=row.secure_side,
        bench_override=row.bench_override,
    )


def _point(text: str | None, field: str) -> Point | None:
    return None if text is None else read_point(text, field)


def _timing(kept: Mapping[str, Any], relock: RelockMode) -> DoorTiming:
    return DoorTiming(relock=relock, **{name: float(kept[name]) for name in TIMERS if name in kept})
