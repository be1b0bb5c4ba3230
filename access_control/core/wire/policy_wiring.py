"""What may be wired to what: a Policy that would make a door unsafe, or two doors one, is refused as a whole.

The rules about fire follow NFPA 80 and NFPA 101; docs/wire-protocol.md lists every one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from access_control.core.credentials.formats import FORMATS
from access_control.core.decision.building import READER_POINTS
from access_control.core.decision.model import (
    AlarmInput,
    Board,
    DeviceKind,
    Door,
    DoorClass,
    FireAction,
    Lock,
    LockKind,
    Point,
    Reader,
    UnlockWhen,
)
from access_control.core.wire.errors import RefusalCode, Refused

# OSDP 2.2: 127 is everybody's.
LAST_OSDP_ADDRESS = 126
_CONTACT, _EXIT, _LATCH, _FIRE = "contact", "exit input", "latch monitor", "fire input"

_Device = TypeVar("_Device", Door, Reader, Board, AlarmInput)


def by_id(devices: Iterable[_Device], what: str) -> dict[int, _Device]:
    """Index devices by id, in order.

    Raises:
        Refused: ``bad_columns``: an id twice or out of order.
    """
    found: dict[int, _Device] = {}
    for device in devices:
        if found and device.id <= next(reversed(found)):
            raise Refused(
                RefusalCode.BAD_COLUMNS,
                f"{what} {device.id} is listed twice or out of order. Give each its own number and publish again.",
            )
        found[device.id] = device
    return found


def check_wiring(doors: Mapping[int, Door], readers: Mapping[int, Reader], boards: Mapping[int, Board]) -> None:
    """Check everything that installers can get wrong.

    Raises:
        Refused: ``bad_reference``, ``bad_wiring`` or ``unsafe_door``, naming the door or device.
    """
    _check_lines(readers, boards)
    for reader in readers.values():
        if reader.door not in doors:
            raise missing(f"Reader {reader.id} ({reader.name})", f"door {reader.door}")
        if strange := set(reader.formats) - FORMATS.keys():
            raise missing(f"Reader {reader.id} ({reader.name})", f"card format {min(strange)}")
        if not reader.copyable <= set(reader.formats):
            raise bad_wiring(f"Reader {reader.id} ({reader.name}) calls a card format copyable that it does not accept")
    painted: set[str] = set()
    taken: dict[tuple[str, Point], Door] = {}
    for door in doors.values():
        if door.number in painted:
            raise bad_wiring(f"The number {door.number} is painted on two doors")
        painted.add(door.number)
        _check_points(door, readers, boards, taken)
        _check_fire(door)
        _check_side(door, readers)
    _check_fire_inputs(doors.values(), taken)


def _check_lines(readers: Mapping[int, Reader], boards: Mapping[int, Board]) -> None:
    """One device an address, with heads of its own if it is a reader, and one language a line.

    Readers and OSDP modules speak OSDP, other boards do not.
    """
    heads: dict[tuple[str, int], set[int]] = {}
    for reader in readers.values():
        there = heads.setdefault((reader.port, reader.address), set())
        if reader.head in there:
            head = f", head {reader.head}," if reader.head else ""
            raise bad_wiring(f"Two devices have address {reader.address}{head} on port {reader.port}")
        there.add(reader.head)
    taken = set(heads)
    osdp = {reader.port for reader in readers.values()} | {board.port for board in boards.values() if board.osdp}
    for board in boards.values():
        who = f"Board {board.id} ({board.name})"
        if (board.port, board.address) in taken:
            raise bad_wiring(f"Two devices have address {board.address} on port {board.port}")
        taken.add((board.port, board.address))
        if not board.osdp and board.port in osdp:
            raise bad_wiring(f"{who} is no OSDP module and shares port {board.port} with devices that speak OSDP")
        if board.osdp and board.address > LAST_OSDP_ADDRESS:
            raise bad_wiring(f"{who} has address {board.address}; those of OSDP modules end at {LAST_OSDP_ADDRESS}")


def _check_points(
    door: Door, readers: Mapping[int, Reader], boards: Mapping[int, Board], taken: dict[tuple[str, Point], Door]
) -> None:
    uses = (("output", door.lock.output), ("input", door.contact), ("input", door.rex), ("input", door.latch))
    for use, point in uses:
        if point is None:
            continue
        _require_point(door, use, point, readers, boards)
        if other := taken.get((use, point)):
            raise bad_wiring(f"Doors {other.number} and {door.number} both use {use} {point}")
        taken[use, point] = door
    if door.lock.fire_input is not None:
        _require_point(door, "input", door.lock.fire_input, readers, boards)


def _require_point(
    door: Door, use: str, point: Point, readers: Mapping[int, Reader], boards: Mapping[int, Board]
) -> None:
    if not has_point(use, point, readers, boards):
        raise missing(f"Door {door.number}", f"{use} {point}")


def has_point(use: str, point: Point, readers: Mapping[int, Reader], boards: Mapping[int, Board]) -> bool:
    """Whether a device has this ``output`` or ``input``."""
    if point.kind is DeviceKind.READER:
        reader = readers.get(point.device)
        return reader is not None and reader.head == 0 and point.index < READER_POINTS
    board = boards.get(point.device)
    return board is not None and point.index < (board.outputs if use == "output" else board.inputs)


def _check_fire(door: Door) -> None:
    """A door must neither trap people nor stand unlatched in a fire."""
    lock = door.lock
    if lock.kind is LockKind.DELAYED_EGRESS:
        raise _unsafe(
            door,
            "has a delayed egress lock, which holds people who leave; this system does not support any",
            "Let its own listed controller run it, or choose another lock",
        )
    if lock.kind is LockKind.MAGLOCK and lock.fire_action is not FireAction.RELEASE:
        raise _unsafe(door, "is held by a magnet, so the fire input must release it", "Set its fire action to release")
    if lock.kind is LockKind.MAGLOCK and door.rex is not None and not lock.rex_unlocks:
        raise _unsafe(door, "is held by a magnet, so its exit button must unlock it", "Set exit button unlocks")
    if lock.kind is LockKind.MAGLOCK and lock.fire_rated:
        raise _unsafe(door, "is a fire door and must latch in a fire, which no magnet does", "Use another lock")
    _check_latching(door)
    if lock.rex_unlocks and door.rex is None:
        raise _unsafe(door, "shall unlock by an exit button and has none", "Name its input")


def _check_latching(door: Door) -> None:
    """A fire door latches in a fire, and what is told to latch in one must do so without power."""
    lock = door.lock
    if lock.kind is LockKind.LATCH_RETRACTION and not _holds_without_power(lock):
        raise _unsafe(
            door,
            "has latch retraction, which latches without power, and is said to stand unlocked then",
            "Unlock it by relay on",
        )
    if lock.kind is LockKind.LATCH_RETRACTION and lock.fire_action is FireAction.RELEASE:
        raise _unsafe(
            door,
            "has latch retraction, which a fire alarm drops, so that no fire input can release it",
            "Set its fire action to relatch or none",
        )
    if lock.kind is LockKind.LATCH_RETRACTION and lock.fire_rated and lock.fire_action is not FireAction.RELATCH:
        raise _unsafe(
            door, "is a fire door with latch retraction and must latch in a fire", "Set its fire action to relatch"
        )
    if lock.kind is LockKind.STRIKE and lock.fire_rated and lock.fire_action is FireAction.RELEASE:
        raise _unsafe(door, "is a fire door with a strike and must latch in a fire", "Set its fire action to relatch")
    must_latch = lock.fire_action is FireAction.RELATCH or (lock.kind is LockKind.STRIKE and lock.fire_rated)
    if must_latch and not _holds_without_power(lock):
        raise _unsafe(
            door,
            "must latch in a fire, and its lock opens when its power is cut",
            "Use a lock that holds without power and unlock it by relay on",
        )
    if lock.fire_action is FireAction.RELATCH and lock.fire_input is None:
        raise _unsafe(door, "shall latch in a fire and has no fire input that would tell of one", "Name its fire input")


def _holds_without_power(lock: Lock) -> bool:
    return lock.unlock_when is UnlockWhen.RELAY_ON


def _check_side(door: Door, readers: Mapping[int, Reader]) -> None:
    """Whoever pulls a reader off an outside wall must find no wires behind it that open the door."""
    lock = door.lock
    if door.evacuate_unlock and door.door_class is not DoorClass.INTERIOR:
        raise _unsafe(door, "is not an interior door, so Evacuate must not unlock it", "Clear that setting")
    if door.door_class is not DoorClass.EXTERIOR or (lock.bench_override or "").strip():
        return
    if within_reach(lock.output, readers) or not lock.secure_side:
        raise _unsafe(
            door,
            "leads outside and its lock is switched where an intruder can reach the wires",
            "Use a relay board or an output module inside, or write down why not (bench override)",
        )
    for what in sorted(inputs_within_reach(door, readers) & _opening_inputs(door)):
        raise _unsafe(
            door,
            f"leads outside and its {what}, which unlocks it, is wired where an intruder can reach the wires",
            "Use an input of a board or module inside, or write down why not (bench override)",
        )
    if lock.unlock_when is UnlockWhen.RELAY_OFF:
        raise _unsafe(
            door,
            "leads outside and stands unlocked when the bridge or its power fails",
            "Wire it the other way round, or write down why not (bench override)",
        )


def within_reach(point: Point, readers: Mapping[int, Reader]) -> bool:
    """Whether somebody outside may reach what is wired there: behind a reader that takes cards, wherever that hangs."""
    reader = readers.get(point.device) if point.kind is DeviceKind.READER else None
    return reader is not None and bool(reader.formats)


def inputs_within_reach(door: Door, readers: Mapping[int, Reader]) -> set[str]:
    """The inputs of an outside door, in words, that somebody outside may short or cut."""
    named = {_CONTACT: door.contact, _EXIT: door.rex, _LATCH: door.latch, _FIRE: door.lock.fire_input}
    if door.door_class is not DoorClass.EXTERIOR:
        return set()
    return {what for what, point in named.items() if point is not None and within_reach(point, readers)}


def _opening_inputs(door: Door) -> set[str]:
    """Those that unlock the door whatever else locks it. The others, shorted, only hide that it was opened."""
    exit_input = {_EXIT} if door.lock.rex_unlocks else set()
    return exit_input | ({_FIRE} if door.lock.fire_action is FireAction.RELEASE else set())


def _check_fire_inputs(doors: Iterable[Door], taken: Mapping[tuple[str, Point], Door]) -> None:
    """Doors may share a fire input; nothing else may sit on it."""
    for door in doors:
        point = door.lock.fire_input
        if point is not None and (other := taken.get(("input", point))):
            raise bad_wiring(f"Door {door.number} takes {point} for the fire panel and door {other.number} for itself")


def missing(who: str, what: str) -> Refused:
    """What names something that is not there."""
    return Refused(
        RefusalCode.BAD_REFERENCE, f"{who} names {what}, which does not exist. Correct it and publish again."
    )


def bad_wiring(what: str) -> Refused:
    """What cannot be wired so."""
    return Refused(RefusalCode.BAD_WIRING, f"{what}. Correct the wiring table and publish again.")


def _unsafe(door: Door, what: str, todo: str) -> Refused:
    return Refused(RefusalCode.UNSAFE_DOOR, f"Door {door.number} {what}. {todo} and publish again.")
