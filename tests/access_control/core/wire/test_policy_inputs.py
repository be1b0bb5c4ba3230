from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.model import (
    AlarmInput,
    DeviceKind,
    EmergencyAction,
    InputKind,
    InputNormal,
    Point,
)
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
WIRING, MISSING, CONTENT = RefusalCode.BAD_WIRING, RefusalCode.BAD_REFERENCE, RefusalCode.BAD_CONTENT
FIRE = 7  # where the fire panel of the school's doors is


def board(index: int, device: int = 1) -> Point:
    return Point(DeviceKind.BOARD, device, index)


PANIC = AlarmInput(
    4, "Gym", InputKind.PANIC, board(6), InputNormal.NORMALLY_CLOSED, EmergencyAction.LOCKDOWN, "building:1"
)
REFUSED: dict[str, tuple[dict[str, Any], RefusalCode]] = {
    "a board that is not there": ({"point": board(6, 9)}, MISSING),
    "an input that the board has not": ({"point": board(8)}, MISSING),
    "a reader that is not there": ({"point": Point(DeviceKind.READER, 9, 0)}, MISSING),
    "a wire of another alarm input": ({"point": board(4)}, WIRING),
    "a door's contact": ({"point": board(2)}, WIRING),
    "a door's exit button": ({"point": board(3)}, WIRING),
    "a panic button on the fire panel's wire": ({"point": board(FIRE)}, WIRING),
    "a panic button that starts nothing": ({"action": None}, CONTENT),
    "a panic button that starts it nowhere": ({"scope": None}, CONTENT),
    "a place that nobody knows": ({"scope": "zone:99"}, MISSING),
    "doors as a place, which names none": ({"scope": "doors"}, MISSING),
    "a battery that starts an emergency": ({"kind": InputKind.BATTERY_LOW}, CONTENT),
    "a battery with a place only": ({"kind": InputKind.BATTERY_LOW, "action": None}, CONTENT),
}


def having(draft: PolicyDraft, *more: AlarmInput) -> PolicyDraft:
    return replace(draft, inputs=(*more, *draft.inputs))


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_meant_is_refused(what: str, draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    change, code = REFUSED[what]
    encode_policy(having(draft, PANIC), digest_key)
    with refuses(code):
        encode_policy(having(draft, replace(PANIC, **change)), digest_key)


def test_they_come_back_in_order(draft: PolicyDraft, digest_key: bytes) -> None:
    policy = decode_policy(encode_policy(having(draft, PANIC), digest_key), digest_key)
    assert list(policy.inputs) == [1, 2, 4]
    assert policy.inputs[4] == PANIC
    assert policy.inputs[2].normal is InputNormal.NORMALLY_CLOSED


def test_two_with_one_number_are_refused(draft: PolicyDraft, digest_key: bytes, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_COLUMNS):
        encode_policy(having(draft, replace(PANIC, id=1)), digest_key)


def test_the_fire_panel_may_be_doors_and_the_building_s_at_once(draft: PolicyDraft, digest_key: bytes) -> None:
    fire = AlarmInput(5, "Fire panel", InputKind.FIRE, board(FIRE))
    assert decode_policy(encode_policy(having(draft, fire), digest_key), digest_key).inputs[5] == fire
    with pytest.raises(Refused, match="rests closed, but door 1 reads the same wire") as caught:
        encode_policy(having(draft, replace(fire, normal=InputNormal.NORMALLY_CLOSED)), digest_key)
    assert caught.value.code is WIRING


def test_a_reader_s_input_will_do(draft: PolicyDraft, digest_key: bytes) -> None:
    box = AlarmInput(6, "Key box", InputKind.KEY_BOX_TAMPER, Point(DeviceKind.READER, 1, 1))
    assert decode_policy(encode_policy(having(draft, box), digest_key), digest_key).inputs[6] == box
