"""What the controller wants kept over a restart, on its way to the disk and back."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from access_control.core.decision.model import DeviceKind, Door, Point, Timetable
from access_control.core.wire.errors import Refused
from access_control.core.wire.policy_doors import read_door, write_door
from access_control.core.wire.policy_payload import DoorRow
from access_control.core.wire.strict import read_record, write_record
from access_control.core.wire.timetables import TimetableTable
from firmware_bridge.controller.commands import (
    Kept,
    RememberCancelled,
    RememberCycles,
    RememberFire,
    RememberFireInput,
    RememberForced,
    RememberPolicyAge,
    RememberPress,
)
from firmware_bridge.controller.commands import RememberPassUsed as PassUsed
from firmware_bridge.controller.memory import Memory
from firmware_bridge.store.memory import BridgeMemory
from firmware_bridge.store.policy_age import keep_age, kept_age

_NEVER: Final = Timetable()
_LONGEST_DOOR: Final = 16_384


def remembered(memory: BridgeMemory, now: int, boot: str, *, trusted: bool, storing: bool = True) -> Memory:
    """What earlier runs kept; ``now`` is the UTC second, ``boot`` names this boot of the machine.

    ``storing`` says whether the disk takes what must be stored.
    """
    return Memory(
        # A clock that nobody trusts may be years ahead: by that one no used pass is forgotten.
        passes_used=memory.used_passes(now if trusted else 0),
        cancelled=memory.cancelled_overrides(),
        fire_held=_fires(memory),
        clock_trusted=trusted,
        storing=storing,
        presses=_presses(memory),
        policy_age=kept_age(memory, boot),
        fire_inputs=frozenset(map(_point, _words(memory, "fire_inputs"))),
        cycles=_cycles(memory),
        forced={door: bool(seen) for door, seen in _forced(memory).items()},
    )


def remember(command: Kept, memory: BridgeMemory, boot: Callable[[], str]) -> None:
    """Keep one thing; on the keeper's thread.

    Raises:
        MemoryFullError: The disk did not take it.
    """
    match command:
        case PassUsed():
            memory.use_pass(command.pass_id, command.until)
        case RememberCancelled():
            memory.cancel_override(command.override_id)
        case RememberFire():
            held = {id_: door for id_, door in _fires(memory).items() if id_ != command.door}
            kept = [*held.values(), *([] if command.held is None else [command.held])]
            memory.keep_fact("fires", b"\n".join(map(_spelled, kept)))
        case RememberFireInput(point, active):
            _keep_word(memory, "fire_inputs", f"{point.kind.value}/{point.device}/{point.index}", there=active)
        case RememberForced(door, acknowledged):
            forced = {one: seen for one, seen in _forced(memory).items() if one != door}
            if acknowledged is not None:
                forced[door] = int(acknowledged)
            memory.keep_fact("forced", " ".join(f"{one}={seen}" for one, seen in sorted(forced.items())).encode())
        case RememberPolicyAge():
            keep_age(memory, boot(), command.age)
        case RememberCycles():
            memory.keep_fact("cycles", "\n".join(f"{name}={count}" for name, count in command.counts).encode())
        case RememberPress():
            presses = _presses(memory)
            presses.pop(command.input, None)
            if command.directive is not None:
                presses[command.input] = command.directive
            memory.keep_fact("presses", " ".join(f"{one}={made}" for one, made in sorted(presses.items())).encode())


def kind_of(command: Kept) -> Hashable | None:
    """What a newer command of the same kind takes the place of; ``None`` for what is only ever added."""
    match command:
        case PassUsed() | RememberCancelled():
            return None
        case RememberFire() | RememberForced():
            return type(command), command.door
        case RememberFireInput():
            return type(command), command.point
        case RememberPress():
            return type(command), command.input
        case RememberPolicyAge() | RememberCycles():
            return (type(command),)


def _spelled(door: Door) -> bytes:
    """A door as the wire spells it. Its hours are the Policy's own, whatever the fire."""
    return write_record(write_door(replace(door, scheduled_unlock=_NEVER), TimetableTable([_NEVER])))


def _fires(memory: BridgeMemory) -> dict[int, Door]:
    held = {}
    for line in (memory.fact("fires") or b"").splitlines():
        # What another version wrote is not understood: the door follows its input, as soon as that is heard.
        with suppress(Refused):
            door = read_door(read_record(line, DoorRow, "door", limit=_LONGEST_DOOR), [_NEVER])
            held[door.id] = door
    return held


def _words(memory: BridgeMemory, name: str) -> list[str]:
    return (memory.fact(name) or b"").decode().split()


def _keep_word(memory: BridgeMemory, name: str, word: str, *, there: bool) -> None:
    kept = set(_words(memory, name)) - {word}
    memory.keep_fact(name, " ".join(sorted(kept | ({word} if there else set()))).encode())


def _point(word: str) -> Point:
    kind, device, index = word.split("/")
    return Point(DeviceKind(kind), int(device), int(index))


def _presses(memory: BridgeMemory) -> dict[int, str]:
    return {int(one): directive for one, _, directive in (text.partition("=") for text in _words(memory, "presses"))}


def _forced(memory: BridgeMemory) -> dict[int, int]:
    """Doors whose forced alarm stands; 1: somebody has seen it."""
    return {int(one): int(seen) for one, _, seen in (text.partition("=") for text in _words(memory, "forced"))}


def _cycles(memory: BridgeMemory) -> dict[str, int]:
    kept = (memory.fact("cycles") or b"").decode().splitlines()
    return {name: int(count) for name, _, count in (text.partition("=") for text in kept)}
