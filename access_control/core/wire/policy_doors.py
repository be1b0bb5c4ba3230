"""Doors, readers, boards and alarm inputs between their records on the wire and the model, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from access_control.core.decision.model import AlarmInput, Board, Door, DoorTiming, Lock, Point, Reader, Timetable
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_payload import BoardRow, DoorRow, InputRow, LockRow, PointRow, ReaderRow, TimingRow
from access_control.core.wire.timetables import TimetableTable, timetable_at

INPUTS: Final[tuple[Literal["contact", "rex", "latch"], ...]] = ("contact", "rex", "latch")
"""A door's own inputs, as its record names them."""


def write_door(door: Door, timetables: TimetableTable) -> DoorRow:
    """Spell a door."""
    return DoorRow(
        id=door.id,
        number=door.number,
        name=door.name,
        door_class=door.door_class,
        lock=_write_lock(door.lock),
        contact=_write_point(door.contact),
        rex=_write_point(door.rex),
        latch=_write_point(door.latch),
        rests_closed=[name for name in INPUTS if getattr(door, name) in door.rests_closed],
        timing=_write_timing(door.timing),
        scheduled_unlock=timetables.number(door.scheduled_unlock),
        evacuate_unlock=door.evacuate_unlock,
        out_of_service=door.out_of_service,
    )


def read_door(row: DoorRow, timetables: Sequence[Timetable]) -> Door:
    """The inverse of :func:`write_door`.

    Raises:
        Refused: ``bad_content`` for times that contradict each other, ``bad_reference`` for an unknown timetable.
    """
    return Door(
        id=row.id,
        number=row.number,
        name=row.name,
        door_class=row.door_class,
        lock=_read_lock(row.lock),
        contact=_read_point(row.contact),
        rex=_read_point(row.rex),
        latch=_read_point(row.latch),
        rests_closed=frozenset(_resting(row)),
        timing=_read_timing(row.timing, row.number),
        scheduled_unlock=timetable_at(timetables, row.scheduled_unlock),
        evacuate_unlock=row.evacuate_unlock,
        out_of_service=row.out_of_service,
    )


def _resting(row: DoorRow) -> Iterator[Point]:
    if row.rests_closed != [name for name in INPUTS if name in row.rests_closed]:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"Door {row.number} names its inputs twice or out of order. Publish it again.",
        )
    for name in row.rests_closed:
        point = _read_point(getattr(row, name))
        if point is None:
            raise Refused(
                RefusalCode.BAD_CONTENT,
                f"Door {row.number} has no {name} that could rest closed. Name its input and publish again.",
            )
        yield point


def write_reader(reader: Reader, timetables: TimetableTable) -> ReaderRow:
    """Spell a reader."""
    return ReaderRow(
        id=reader.id,
        name=reader.name,
        door=reader.door,
        port=reader.port,
        address=reader.address,
        formats=list(reader.formats),
        facility_codes=sorted(reader.facility_codes),
        copyable=sorted(reader.copyable),
        pin_times=timetables.number(reader.pin_times),
        takes_passes=reader.takes_passes,
        takes_releases=reader.takes_releases,
        enabled=reader.enabled,
        head=reader.head,
    )


def read_reader(row: ReaderRow, timetables: Sequence[Timetable]) -> Reader:
    """The inverse of :func:`write_reader`.

    Raises:
        Refused: ``bad_reference`` for an unknown timetable.
    """
    return Reader(
        id=row.id,
        name=row.name,
        door=row.door,
        port=row.port,
        address=row.address,
        formats=tuple(row.formats),
        facility_codes=frozenset(row.facility_codes),
        copyable=frozenset(row.copyable),
        pin_times=timetable_at(timetables, row.pin_times),
        takes_passes=row.takes_passes,
        takes_releases=row.takes_releases,
        enabled=row.enabled,
        head=row.head,
    )


def write_board(board: Board) -> BoardRow:
    """Spell a board."""
    return BoardRow(
        id=board.id,
        name=board.name,
        port=board.port,
        address=board.address,
        outputs=board.outputs,
        inputs=board.inputs,
        osdp=board.osdp,
        hardware_pulse=board.hardware_pulse,
    )


def read_board(row: BoardRow) -> Board:
    """The inverse of :func:`write_board`."""
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


def write_input(given: AlarmInput) -> InputRow:
    """Spell an alarm input."""
    point = PointRow(given.point.kind, given.point.device, given.point.index)
    return InputRow(given.id, given.name, given.kind, point, given.normal, given.action, given.scope)


def read_input(row: InputRow) -> AlarmInput:
    """The inverse of :func:`write_input`."""
    point = Point(row.point.kind, row.point.device, row.point.index)
    return AlarmInput(row.id, row.name, row.kind, point, row.normal, row.action, row.scope)


def _write_point(point: Point | None) -> PointRow | None:
    return None if point is None else PointRow(point.kind, point.device, point.index)


def _read_point(row: PointRow | None) -> Point | None:
    return None if row is None else Point(row.kind, row.device, row.index)


def _write_lock(lock: Lock) -> LockRow:
    return LockRow(
        kind=lock.kind,
        output=PointRow(lock.output.kind, lock.output.device, lock.output.index),
        unlock_when=lock.unlock_when,
        fire_rated=lock.fire_rated,
        fire_action=lock.fire_action,
        fire_manual_reset=lock.fire_manual_reset,
        fire_input=_write_point(lock.fire_input),
        rex_unlocks=lock.rex_unlocks,
        secure_side=lock.secure_side,
        bench_override=lock.bench_override,
    )


def _read_lock(row: LockRow) -> Lock:
    return Lock(
        kind=row.kind,
        output=Point(row.output.kind, row.output.device, row.output.index),
        unlock_when=row.unlock_when,
        fire_rated=row.fire_rated,
        fire_action=row.fire_action,
        fire_manual_reset=row.fire_manual_reset,
        fire_input=_read_point(row.fire_input),
        rex_unlocks=row.rex_unlocks,
        secure_side=row.secure_side,
        bench_override=row.bench_override,
    )


def _millis(seconds: float) -> int:
    return round(seconds * 1000)


def _write_timing(timing: DoorTiming) -> TimingRow:
    return TimingRow(
        unlock_ms=_millis(timing.unlock_s),
        extended_unlock_ms=_millis(timing.extended_unlock_s),
        held_open_ms=_millis(timing.held_open_s),
        extended_held_open_ms=_millis(timing.extended_held_open_s),
        pre_alarm_ms=_millis(timing.pre_alarm_s),
        rex_shunt_ms=_millis(timing.rex_shunt_s),
        rex_unlock_ms=_millis(timing.rex_unlock_s),
        relock=timing.relock,
        relock_delay_ms=_millis(timing.relock_delay_s),
        forced_grace_ms=_millis(timing.forced_grace_s),
        debounce_ms=_millis(timing.debounce_s),
    )


def _read_timing(row: TimingRow, number: str) -> DoorTiming:
    if row.extended_unlock_ms < row.unlock_ms or row.extended_held_open_ms < row.held_open_ms:
        raise _bad_times(number, "gives people who need longer less time than everybody else")
    if row.pre_alarm_ms > row.held_open_ms:
        raise _bad_times(number, "warns longer than it may be propped open")
    return DoorTiming(
        unlock_s=row.unlock_ms / 1000,
        extended_unlock_s=row.extended_unlock_ms / 1000,
        held_open_s=row.held_open_ms / 1000,
        extended_held_open_s=row.extended_held_open_ms / 1000,
        pre_alarm_s=row.pre_alarm_ms / 1000,
        rex_shunt_s=row.rex_shunt_ms / 1000,
        rex_unlock_s=row.rex_unlock_ms / 1000,
        relock=row.relock,
        relock_delay_s=row.relock_delay_ms / 1000,
        forced_grace_s=row.forced_grace_ms / 1000,
        debounce_s=row.debounce_ms / 1000,
    )


def _bad_times(number: str, what: str) -> Refused:
    return Refused(RefusalCode.BAD_CONTENT, f"Door {number} {what}. Correct the door's times and publish again.")
