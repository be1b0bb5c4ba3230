"""Whether a bridge would take what its doors, readers, boards and alarm inputs say, asked before a form is saved.

The rules are those of :mod:`access_control.core.wire.policy_wiring`, which the bridge itself applies to a Policy. They
name no field, so the field to blame is found by asking them again with one field changed: the one that mends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.building import Board, Door, FireAction, LockKind, Reader, UnlockWhen
from access_control.core.decision.inputs import AlarmInput
from access_control.core.wire.errors import Refused
from access_control.core.wire.policy_doors import read_door, write_door
from access_control.core.wire.policy_inputs import check_inputs
from access_control.core.wire.policy_wiring import check_wiring
from access_control.core.wire.timetables import TimetableTable
from access_control.readers import input_models, models
from access_control.readers.building_records import board_record, door_record, input_record, reader_record
from access_control.readers.errors import BadValueError
from access_control.readers.site import scope_names

_FREE_PORT: Final = "\0"  # no port is called so
_FREE_ADDRESS: Final = -1
_LARGEST_BOARD: Final = 256

Device = Door | Reader | Board


class WiringError(BadValueError):
    """The bridge would refuse it; the sentence is the bridge's own."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything that is wired to one bridge."""

    doors: Mapping[int, Door]
    readers: Mapping[int, Reader]
    boards: Mapping[int, Board]
    inputs: Mapping[int, AlarmInput]
    scopes: frozenset[str]

    def having(self, device: Device) -> Wiring:
        """The same with one device in the place of the one with its number."""
        match device:
            case Door():
                return replace(self, doors={**self.doors, device.id: device})
            case Reader():
                return replace(self, readers={**self.readers, device.id: device})
            case Board():
                return replace(self, boards={**self.boards, device.id: device})

    def refusal(self) -> str | None:
        """What the bridge would say against it, or ``None``."""
        try:
            for door in self.doors.values():
                table = TimetableTable([door.scheduled_unlock])
                read_door(write_door(door, table), [door.scheduled_unlock])  # that is where times are compared
            check_wiring(self.doors, self.readers, self.boards)
            check_inputs(self.inputs, self.doors, self.readers, self.boards, self.scopes)
        except Refused as refused:
            return refused.sentence
        return None


def wiring_of(session: Session, bridge_id: str) -> Wiring:
    """Everything wired to one bridge, as it stands in this transaction."""
    doors = session.scalars(select(models.Door).where(models.Door.bridge_id == bridge_id).order_by(models.Door.id))
    readers = session.scalars(
        select(models.Reader).join(models.Door).where(models.Door.bridge_id == bridge_id).order_by(models.Reader.id)
    )
    boards = session.scalars(select(models.Board).where(models.Board.bridge_id == bridge_id).order_by(models.Board.id))
    inputs = session.scalars(
        select(input_models.AlarmInput)
        .where(input_models.AlarmInput.bridge_id == bridge_id)
        .order_by(input_models.AlarmInput.id)
    )
    return Wiring(
        {row.id: door_record(row) for row in doors},
        {row.id: reader_record(row) for row in readers},
        {row.id: board_record(row) for row in boards},
        {row.id: input_record(row) for row in inputs},
        scope_names(session),
    )


def require_wiring(session: Session, bridge_id: str | None, changed: Device | None, field: str | None = None) -> None:
    """Refuse the change that was just flushed if the bridge would refuse the Policy made of it.

    Args:
        session: Its transaction must be given up when this raises.
        bridge_id: The bridge whose wiring is asked; ``None`` (a door that no bridge runs yet) is not asked.
        changed: The device of the form, as core knows it.
        field: Where the form shows it when no field of ``changed`` is to blame.

    Raises:
        WiringError: With the bridge's sentence and the field to blame.
    """
    if bridge_id is None:
        return
    session.flush()
    wiring = wiring_of(session, bridge_id)
    sentence = wiring.refusal()
    if sentence is None:
        return
    blamed = None if changed is None else _blame(wiring, changed, sentence)
    said = sentence.replace("Correct the wiring table and publish", "Correct it and save")
    raise WiringError(said.replace("publish again", "save again"), "", blamed or field)


def _blame(wiring: Wiring, changed: Device, sentence: str) -> str | None:
    outcomes = [(field, wiring.having(mended).refusal()) for field, mended in _mends(wiring, changed)]
    for field, outcome in outcomes:
        if outcome is None:
            return field
    return next((field for field, outcome in outcomes if outcome != sentence), None)


def _mends(wiring: Wiring, changed: Device) -> Iterator[tuple[str, Device]]:
    match changed:
        case Door():
            yield from _door_mends(wiring, changed)
        case Reader():
            yield "address", replace(changed, address=_FREE_ADDRESS)
            yield "head", replace(changed, head=0)
            yield "port", replace(changed, port=_FREE_PORT)
            yield "copyable", replace(changed, copyable=frozenset())
            yield "formats", replace(changed, formats=(), copyable=frozenset())
        case Board():
            yield "address", replace(changed, address=_FREE_ADDRESS)
            yield "osdp", replace(changed, osdp=not changed.osdp)
            yield "port", replace(changed, port=_FREE_PORT)
            yield "outputs", replace(changed, outputs=_LARGEST_BOARD)
            yield "inputs", replace(changed, inputs=_LARGEST_BOARD)


def _door_mends(wiring: Wiring, door: Door) -> Iterator[tuple[str, Door]]:
    if any(other.number == door.number for other in wiring.doors.values() if other.id != door.id):
        yield "number", replace(door, number="\0")
        return
    timing, lock = door.timing, door.lock
    yield "extended_unlock_s", replace(door, timing=replace(timing, extended_unlock_s=timing.unlock_s))
    yield "extended_held_open_s", replace(door, timing=replace(timing, extended_held_open_s=timing.held_open_s))
    yield "pre_alarm_s", replace(door, timing=replace(timing, pre_alarm_s=0.0))
    yield "contact", replace(door, contact=None)
    yield "latch", replace(door, latch=None)
    if lock.rex_unlocks and door.rex is not None:
        yield "rex", replace(door, rex=None, lock=replace(lock, rex_unlocks=False))
    yield "rex_unlocks", replace(door, lock=replace(lock, rex_unlocks=not lock.rex_unlocks))
    yield "rex", replace(door, rex=None, lock=replace(lock, rex_unlocks=False))
    yield "fire_input", replace(door, lock=replace(lock, fire_input=None))
    if lock.fire_action is FireAction.RELATCH and lock.fire_input is None:
        yield "fire_input", replace(door, lock=replace(lock, fire_action=FireAction.NONE))
    for action in FireAction:
        yield "fire_action", replace(door, lock=replace(lock, fire_action=action))
    yield "evacuate_unlock", replace(door, evacuate_unlock=False)
    yield "unlock_when", replace(door, lock=replace(lock, unlock_when=UnlockWhen.RELAY_ON))
    if lock.kind is LockKind.MAGLOCK:
        yield "fire_rated", replace(door, lock=replace(lock, fire_rated=False))
    yield "secure_side", replace(door, lock=replace(lock, secure_side=True))
    yield "lock_output", replace(door, lock=replace(lock, bench_override="-"))
    yield "lock_kind", replace(door, lock=replace(lock, kind=LockKind.LOCKSET))
