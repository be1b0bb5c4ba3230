"""What a Policy declares of a building's wiring, as a bridge hands it out: no people, no badges, no times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from access_control.core.decision.building import Board, Door, Point, Reader, Timetable
from access_control.core.decision.inputs import AlarmInput, InputKind, InputNormal
from access_control.core.decision.model import Policy


class DeclaredInput(msgspec.Struct, frozen=True):
    """An alarm input; ``rests_closed`` says that its circuit is closed while nothing is the matter."""

    id: int
    name: str
    kind: InputKind
    point: Point
    rests_closed: bool


class Declared(msgspec.Struct, frozen=True):
    """Doors, readers, boards and alarm inputs of one Policy, by their numbers; ``policy`` is its revision."""

    bridge: str
    policy: str
    doors: list[Door]
    readers: list[Reader]
    boards: list[Board]
    inputs: list[DeclaredInput] = []

    def reader(self, number: int) -> Reader | None:
        """One reader."""
        return next((reader for reader in self.readers if reader.id == number), None)

    def board(self, number: int) -> Board | None:
        """One board."""
        return next((board for board in self.boards if board.id == number), None)


def declared_by(policy: Policy) -> Declared:
    """What a Policy declares. Timetables are long and nobody wires them: they are left out."""
    return Declared(
        bridge=policy.bridge,
        policy=f"{policy.revision.epoch}/{policy.revision.n}",
        doors=[replace(door, scheduled_unlock=Timetable()) for door in policy.doors.values()],
        readers=[replace(reader, pin_times=Timetable()) for reader in policy.readers.values()],
        boards=list(policy.boards.values()),
        inputs=[_input(given) for given in policy.inputs.values()],
    )


def head_of(reader: Reader) -> str:
    """Which head of the device it is, where that has to be said."""
    return f", head {reader.head}" if reader.head else ""


def _input(given: AlarmInput) -> DeclaredInput:
    closed = given.normal is InputNormal.NORMALLY_CLOSED
    return DeclaredInput(given.id, given.name, given.kind, given.point, closed)


def declared_shape(declared: Declared) -> dict[str, Any]:
    """Plain JSON values."""
    shape: dict[str, Any] = msgspec.to_builtins(declared)
    return shape


def read_declared(shape: dict[str, Any]) -> Declared:
    """The inverse of :func:`declared_shape`.

    Raises:
        msgspec.ValidationError: A bridge of another version says it differently.
    """
    return msgspec.convert(shape, Declared)
