"""Which doors trouble of a reader, a board or a port is about: whoever reads of it must know where to go."""

from __future__ import annotations

from collections.abc import Iterable

from access_control.core.decision.model import DeviceKind, Door, Point, Policy
from firmware_bridge.controller.world import Device

MOST_NAMED = 12
"""So many doors are named in a sentence; more are counted."""


def door_of(device: Device, policy: Policy | None) -> int | None:
    """The door of a reader; a board may serve several and belongs to none."""
    kind, number = device
    reader = policy.readers.get(number) if policy is not None and kind is DeviceKind.READER else None
    return None if reader is None else reader.door


def devices_on(port: str, policy: Policy | None) -> list[Device]:
    """The readers and boards on a serial port."""
    if policy is None:
        return []
    readers = [(DeviceKind.READER, reader.id) for reader in policy.readers.values() if reader.port == port]
    return readers + [(DeviceKind.BOARD, board.id) for board in policy.boards.values() if board.port == port]


def with_doors(why: str, devices: Iterable[Device], policy: Policy | None) -> str:
    """The reason why devices are away, and which doors they serve by the numbers on the frames."""
    if policy is None:
        return why
    gone = set(devices)
    numbers = [door.number for door in policy.doors.values() if gone & _served_by(door, policy)]
    if not numbers:
        return why
    named = ", ".join(numbers[:MOST_NAMED])
    more = f" and {len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else ""
    said = f"It serves door{'' if len(numbers) == 1 else 's'} {named}{more}."
    return f"{why} {said}" if why else said


def _served_by(door: Door, policy: Policy) -> set[Device]:
    points: tuple[Point | None, ...] = (door.lock.output, door.contact, door.rex, door.latch, door.lock.fire_input)
    devices = {(point.kind, point.device) for point in points if point is not None}
    return devices | {(DeviceKind.READER, reader.id) for reader in policy.readers.values() if reader.door == door.id}
