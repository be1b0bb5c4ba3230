"""What alarm inputs may be wired to and what they may start; docs/wire-protocol.md lists every rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from access_control.core.decision.model import AlarmInput, Board, Door, InputKind, InputNormal, Point, Reader
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_wiring import bad_wiring, has_point, missing


def check_inputs(
    inputs: Mapping[int, AlarmInput],
    doors: Mapping[int, Door],
    readers: Mapping[int, Reader],
    boards: Mapping[int, Board],
    scopes: Collection[str],
) -> None:
    """Check every alarm input: its wire is there and means one thing; a panic input starts something somewhere.

    Raises:
        Refused: ``bad_reference``, ``bad_wiring`` or ``bad_content``, naming the input.
    """
    taken: dict[Point, AlarmInput] = {}
    for given in inputs.values():
        who = f"Input {given.id} ({given.name})"
        if not has_point("input", given.point, readers, boards):
            raise missing(who, f"input {given.point}")
        if other := taken.get(given.point):
            raise bad_wiring(f"{who} and input {other.id} ({other.name}) both use {given.point}")
        taken[given.point] = given
        _check_against_doors(given, who, doors)
        _check_start(given, who, scopes)


def _check_against_doors(given: AlarmInput, who: str, doors: Mapping[int, Door]) -> None:
    for door in doors.values():
        if given.point in _of_itself(door):
            raise bad_wiring(f"{who} takes {given.point}, which door {door.number} takes for itself")
        if door.lock.fire_input != given.point:
            continue
        if given.kind is not InputKind.FIRE:
            raise bad_wiring(f"{who} takes {given.point}, which door {door.number} takes for the fire panel")
        if given.normal is not InputNormal.NORMALLY_OPEN:
            raise bad_wiring(
                f"{who} rests closed, but door {door.number} reads the same wire {given.point} as resting open"
            )


def _of_itself(door: Door) -> Iterator[Point]:
    return (point for point in (door.contact, door.rex, door.latch) if point is not None)


def _check_start(given: AlarmInput, who: str, scopes: Collection[str]) -> None:
    starts = given.action is not None, given.scope is not None
    if given.kind is InputKind.PANIC and starts != (True, True):
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"{who} is a panic input and does not say what it starts and where. Choose both and publish again.",
        )
    if given.kind is not InputKind.PANIC and any(starts):
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"{who} is no panic input, so it cannot start an emergency. Clear that and publish again.",
        )
    if given.scope is not None and given.scope not in scopes:
        raise missing(who, f"“{given.scope}” as the place of its emergency")
