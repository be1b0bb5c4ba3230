"""Doors, readers, boards and alarm inputs between their rows and the records of core that bridges decide on.

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
from access_control.core.decision.inputs import AlarmInput
from access_control.core.wire.policy_doors import INPUTS
from access_control.readers import input_models, models
from access_control.readers.errors import BadValueError

_POINT: Final = re.compile(r"(board|reader) (0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,2})", re.ASCII)
_NEVER: Final = Timetable()
_RESTS_CLOSED: Final = " nc"
"""Behind a point of a door: normally closed, as electricians write it."""

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


def read_wired(text: str, field: str | None = None) -> tuple[Point, bool]:
    """A door's own input with whether its loop is closed at rest: ``board 1.3 nc`` is, ``board 1.3`` is not.

    Raises:
        BadValueError: As :func:`read_point`.
    """
    plain = " ".join(text.lower().split())
    return read_point(plain.removesuffix(_RESTS_CLOSED), field), plain.endswith(_RESTS_CLOSED)


def wired_text(text: str, field: str) -> str:
    """How a door's own input is stored.

    Raises:
        BadValueError: As :func:`read_point`.
    """
    point, rests_closed = read_wired(text, field)
    return f"{point}{_RESTS_CLOSED if rests_closed else ''}"


def door_record(row: models.Door, scheduled_unlock: Timetable = _NEVER) -> Door:
    """A door as core knows it; ``scheduled_unlock`` is its unlock schedule worked out.

    Raises:
        BadValueError: A point that cannot be read, with its field.
    """
    wired = {name: read_wired(text, name) for name in INPUTS if (text := getattr(row, name)) is not None}
    points = {name: point for name, (point, _) in wired.items()}
    return Door(
        id=row.id,
        number=row.number,
        name=row.name,
        door_class=row.door_class,
        lock=_lock(row),
        **points,
        rests_closed=frozenset(point for point, rests_closed in wired.values() if rests_closed),
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
        takes_releases=row.takes_releases,
        enabled=row.enabled,
        head=row.head,
    )


def board_record(row: models.Board) -> Board:
    """A board as core knows it."""
    return Board(
        row.id,
        row.name,
        row.port,
        row.address,
        row.outputs,
        row.inputs,
        osdp=row.osdp,
        hardware_pulse=row.hardware_pulse,
    )


def input_record(row: input_models.AlarmInput) -> AlarmInput:
    """An alarm input as core knows it.

    Raises:
        BadValueError: Its point cannot be read.
    """
    return AlarmInput(row.id, row.name, row.kind, read_point(row.point, "point"), row.normal, row.action, row.scope)


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
