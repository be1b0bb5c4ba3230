from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.model import (
    Board,
    DeviceKind,
    Door,
    DoorClass,
    FireAction,
    LockKind,
    Point,
    Reader,
    UnlockWhen,
)
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
WIRING, UNSAFE, MISSING = RefusalCode.BAD_WIRING, RefusalCode.UNSAFE_DOOR, RefusalCode.BAD_REFERENCE
FRONT, ROOM, LIBRARY = 0, 1, 2


def board(index: int, device: int = 1) -> Point:
    return Point(DeviceKind.BOARD, device, index)


def reader(index: int, device: int) -> Point:
    return Point(DeviceKind.READER, device, index)


def changed(draft: PolicyDraft, place: int, door: Mapping[str, Any], lock: Mapping[str, Any]) -> PolicyDraft:
    doors = list(draft.doors)
    doors[place] = replace(doors[place], **door, lock=replace(doors[place].lock, **lock))
    return replace(draft, doors=doors)


Change = tuple[int, Mapping[str, Any], Mapping[str, Any]]
REFUSED: dict[str, tuple[Change, RefusalCode]] = {
    "a lock on a board that is not there": ((FRONT, {}, {"output": board(0, device=9)}), MISSING),
    "a lock on an output that the board has not": ((FRONT, {}, {"output": board(8)}), MISSING),
    "a contact on an input that the board has not": ((FRONT, {"contact": board(8)}, {}), MISSING),
    "a contact at a reader that is not there": ((FRONT, {"contact": reader(0, 9)}, {}), MISSING),
    "a contact far beyond any reader": ((FRONT, {"contact": reader(16, 1)}, {}), MISSING),
    "a latch switch that is not there": ((FRONT, {"latch": board(99)}, {}), MISSING),
    "a fire input that is not there": ((FRONT, {}, {"fire_input": board(99)}), MISSING),
    "two doors on one output": ((LIBRARY, {}, {"output": board(0)}), WIRING),
    "two doors on one contact": ((LIBRARY, {"contact": board(0)}, {}), WIRING),
    "one input for contact and exit button": ((LIBRARY, {"rex": board(2)}, {}), WIRING),
    "a contact on the fire input": ((LIBRARY, {"contact": board(7)}, {}), WIRING),
    "one number on two doors": ((LIBRARY, {"number": "112"}, {}), WIRING),
    "a magnet that fire does not release": ((LIBRARY, {}, {"fire_action": FireAction.NONE}), UNSAFE),
    "a magnet that fire relatches": ((LIBRARY, {}, {"fire_action": FireAction.RELATCH}), UNSAFE),
    "a magnet that the exit button leaves locked": ((LIBRARY, {}, {"rex_unlocks": False}), UNSAFE),
    "an exit button that is not there": ((LIBRARY, {"rex": None}, {}), UNSAFE),
    "a fire door whose strike releases": ((FRONT, {}, {"fire_action": FireAction.RELEASE}), UNSAFE),
    "a lock that holds people who leave": ((ROOM, {}, {"kind": LockKind.DELAYED_EGRESS}), UNSAFE),
    "a fire door whose strike opens without power": (
        (FRONT, {"door_class": DoorClass.INTERIOR}, {"unlock_when": UnlockWhen.RELAY_OFF}),
        UNSAFE,
    ),
    "a fire door whose strike opens without power, whatever the fire input does": (
        (
            FRONT,
            {"door_class": DoorClass.INTERIOR},
            {"unlock_when": UnlockWhen.RELAY_OFF, "fire_action": FireAction.NONE, "fire_input": None},
        ),
        UNSAFE,
    ),
    "a magnet on a fire door": ((LIBRARY, {}, {"fire_rated": True}), UNSAFE),
    "a lock that shall latch in a fire of which nobody tells": ((FRONT, {}, {"fire_input": None}), UNSAFE),
    "a lockset that shall latch in a fire and opens without power": (
        (
            FRONT,
            {"door_class": DoorClass.INTERIOR},
            {"kind": LockKind.LOCKSET, "unlock_when": UnlockWhen.RELAY_OFF},
        ),
        UNSAFE,
    ),
    "latch retraction that shall stay drawn without power": (
        (
            FRONT,
            {"door_class": DoorClass.INTERIOR},
            {
                "kind": LockKind.LATCH_RETRACTION,
                "fire_rated": False,
                "fire_action": FireAction.NONE,
                "unlock_when": UnlockWhen.RELAY_OFF,
            },
        ),
        UNSAFE,
    ),
    "latch retraction that fire releases": (
        (FRONT, {}, {"kind": LockKind.LATCH_RETRACTION, "fire_rated": False, "fire_action": FireAction.RELEASE}),
        UNSAFE,
    ),
    "a fire door whose latch retraction fire does not drop": (
        (FRONT, {}, {"kind": LockKind.LATCH_RETRACTION, "fire_action": FireAction.NONE}),
        UNSAFE,
    ),
    "an outside door that evacuate unlocks": ((FRONT, {"evacuate_unlock": True}, {}), UNSAFE),
    "a room that evacuate unlocks": ((ROOM, {"evacuate_unlock": True}, {}), UNSAFE),
    "an outside lock in its reader": ((FRONT, {}, {"output": reader(0, 1)}), UNSAFE),
    "an outside lock in its reader, said to be inside": (
        (FRONT, {}, {"output": reader(0, 1), "secure_side": True}),
        UNSAFE,
    ),
    "an outside lock on the unsecured side": ((FRONT, {}, {"secure_side": False}), UNSAFE),
    "an outside door that an exit input in its reader unlocks": (
        (FRONT, {"rex": reader(1, 1)}, {"rex_unlocks": True}),
        UNSAFE,
    ),
    "an outside door that an exit input in another door's reader unlocks": (
        (FRONT, {"rex": reader(1, 2)}, {"rex_unlocks": True}),
        UNSAFE,
    ),
    "an outside door that a fire input in its reader releases": (
        (
            FRONT,
            {},
            {"fire_rated": False, "fire_action": FireAction.RELEASE, "fire_input": reader(1, 1)},
        ),
        UNSAFE,
    ),
    "an outside door that opens when power fails": ((FRONT, {}, {"unlock_when": UnlockWhen.RELAY_OFF}), UNSAFE),
    "an empty reason for it": (
        (FRONT, {}, {"unlock_when": UnlockWhen.RELAY_OFF, "bench_override": "  "}),
        UNSAFE,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str, draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    change, code = REFUSED[what]
    with refuses(code):
        encode_policy(changed(draft, *change), digest_key)


TAKEN: dict[str, Change] = {
    "an outside lock in its reader, with a written reason": (
        FRONT,
        {},
        {"output": reader(0, 1), "secure_side": False, "bench_override": "On the bench until the board arrives."},
    ),
    "an outside lock on an output module inside": (FRONT, {}, {"output": reader(0, 4)}),
    "an outside door that an exit input in its reader unlocks, with a written reason": (
        FRONT,
        {"rex": reader(1, 1)},
        {"rex_unlocks": True, "bench_override": "On the bench until the board arrives."},
    ),
    "an outside door that an exit input of a module inside unlocks": (
        FRONT,
        {"rex": reader(1, 4)},
        {"rex_unlocks": True},
    ),
    "an outside door whose inputs in its reader open nothing": (
        FRONT,
        {"contact": reader(0, 1), "rex": reader(1, 1), "latch": reader(2, 1)},
        {"fire_input": reader(3, 1)},
    ),
    "an inside door that inputs in its reader unlock": (
        LIBRARY,
        {"contact": reader(0, 3), "rex": reader(1, 3)},
        {"fire_input": reader(2, 3)},
    ),
    "an outside door that opens when power fails, with a written reason": (
        FRONT,
        {},
        {
            "kind": LockKind.LOCKSET,
            "fire_action": FireAction.RELEASE,
            "unlock_when": UnlockWhen.RELAY_OFF,
            "bench_override": "Required by the fire marshal, letter of 3 May.",
        },
    ),
    "a magnet without an exit button (released by the bar in the door)": (
        LIBRARY,
        {"rex": None},
        {"rex_unlocks": False},
    ),
    "a fire door with a lockset that releases for re-entry": (
        LIBRARY,
        {},
        {"kind": LockKind.LOCKSET, "fire_rated": True},
    ),
    "an inside door on the unsecured side": (LIBRARY, {}, {"secure_side": False}),
}


@pytest.mark.parametrize("what", TAKEN)
def test_taken(what: str, draft: PolicyDraft, digest_key: bytes) -> None:
    module = Reader(4, "Output module in the cabinet", 1, "B", 7, ())
    furnished = replace(draft, readers=(*draft.readers, module))
    policy = decode_policy(encode_policy(changed(furnished, *TAKEN[what]), digest_key), digest_key)
    assert len(policy.doors) == 3


@pytest.mark.parametrize(
    ("added", "code"),
    [
        (Reader(4, "Gym", 9, "A", 5, ("H10301",)), MISSING),
        (Reader(4, "Gym", 1, "A", 1, ("H10301",)), WIRING),
        (Reader(4, "Gym", 1, "C", 5, ("H10301",)), WIRING),
        (Reader(4, "Gym", 1, "A", 5, ("H10301",), copyable=frozenset({"H10302"})), WIRING),
        (Reader(4, "Gym", 1, "A", 5, ("H99999",)), MISSING),
        (Reader(4, "Gym", 1, "A", 5, ("H10301",), head=8), RefusalCode.BAD_CONTENT),
        (Reader(4, "Gym", 1, "A", 127, ("H10301",)), RefusalCode.BAD_CONTENT),
        (Reader(3, "Gym", 1, "A", 5, ("H10301",)), RefusalCode.BAD_COLUMNS),
        (Board(3, "Attic", "C", 1, 8, 8), WIRING),
        (Board(3, "Attic", "A", 9, 8, 8), WIRING),
        (Board(3, "Attic", "A", 1, 8, 8, osdp=True), WIRING),
        (Board(3, "Attic", "C", 9, 8, 8, osdp=True), WIRING),
        (Board(3, "Attic", "D", 127, 8, 8, osdp=True), WIRING),
        (Board(3, "Attic", "C", 248, 8, 8), RefusalCode.BAD_CONTENT),
        (Board(3, "Attic", "/dev/ttyUSB0", 2, 8, 8), RefusalCode.BAD_CONTENT),
    ],
    ids=[
        "at no door",
        "an address twice",
        "a reader on the boards' line",
        "copyable but not accepted",
        "a format that is none",
        "more heads than devices have",
        "the broadcast address",
        "an id twice",
        "a board's address twice",
        "a Modbus board on the readers' line",
        "a module with a reader's address",
        "a module on a Modbus line",
        "a module beyond OSDP",
        "beyond Modbus",
        "a path for a port",
    ],
)
def test_a_device_that_does_not_fit_is_refused(
    added: Reader | Board, code: RefusalCode, draft: PolicyDraft, digest_key: bytes, refuses: Refusing
) -> None:
    if isinstance(added, Reader):
        more = replace(draft, readers=(*draft.readers, added))
    else:
        more = replace(draft, boards=(*draft.boards, added))
    with refuses(code):
        encode_policy(more, digest_key)


def test_two_heads_of_one_device_are_two_readers(draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    first = next(iter(draft.readers))
    second = replace(first, id=40, name="Inside", head=1)
    policy = decode_policy(encode_policy(replace(draft, readers=(*draft.readers, second)), digest_key), digest_key)
    assert [policy.readers[number].head for number in (first.id, 40)] == [0, 1]
    with refuses(WIRING):
        encode_policy(replace(draft, readers=(*draft.readers, second, replace(second, id=41))), digest_key)


def test_inputs_and_outputs_are_those_of_the_first_head(
    draft: PolicyDraft, doors: tuple[Door, ...], digest_key: bytes, refuses: Refusing
) -> None:
    second = replace(next(iter(draft.readers)), id=40, name="Inside", head=1)
    wired = replace(doors[0], contact=Point(DeviceKind.READER, 40, 0))
    with refuses(MISSING):
        encode_policy(replace(draft, readers=(*draft.readers, second), doors=(wired, *doors[1:])), digest_key)


def test_a_door_twice_is_refused(
    draft: PolicyDraft, doors: tuple[Door, ...], digest_key: bytes, refuses: Refusing
) -> None:
    with refuses(RefusalCode.BAD_COLUMNS):
        encode_policy(replace(draft, doors=(*doors, doors[0])), digest_key)


def test_the_sentence_names_the_door_as_it_is_painted(draft: PolicyDraft, digest_key: bytes) -> None:
    with pytest.raises(Refused, match=r"Door L is held by a magnet.*release"):
        encode_policy(changed(draft, LIBRARY, {}, {"fire_action": FireAction.NONE}), digest_key)


def test_the_sentence_names_the_input_that_would_let_an_intruder_in(draft: PolicyDraft, digest_key: bytes) -> None:
    with pytest.raises(Refused, match=r"Door 1 leads outside and its exit input, which unlocks it, .*intruder"):
        encode_policy(changed(draft, FRONT, {"rex": reader(1, 1)}, {"rex_unlocks": True}), digest_key)


def test_delayed_egress_is_refused_by_its_name(draft: PolicyDraft, digest_key: bytes) -> None:
    with pytest.raises(Refused, match="delayed egress lock, which holds people who leave; this system does not supp"):
        encode_policy(changed(draft, ROOM, {}, {"kind": LockKind.DELAYED_EGRESS}), digest_key)
