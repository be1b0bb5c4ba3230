from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from access_control.core.decision.model import Door, DoorTiming, RelockMode
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]


def with_timing(draft: PolicyDraft, doors: tuple[Door, ...], timing: DoorTiming) -> PolicyDraft:
    return replace(draft, doors=(replace(doors[0], timing=timing), *doors[1:]))


def test_times_come_back_to_the_millisecond(draft: PolicyDraft, doors: tuple[Door, ...], digest_key: bytes) -> None:
    timing = DoorTiming(0.7, 1.25, 2.001, 45.5, 1.5, 3.0, 30.0, RelockMode.ON_CLOSE, 0.125, 0.0, 0.02)
    policy = decode_policy(encode_policy(with_timing(draft, doors, timing), digest_key), digest_key)
    assert policy.doors[1].timing == timing


@pytest.mark.parametrize(
    "timing",
    [
        DoorTiming(unlock_s=30.0),
        DoorTiming(held_open_s=90.0),
        DoorTiming(pre_alarm_s=40.0),
        DoorTiming(unlock_s=0.0),
        DoorTiming(unlock_s=300.1, extended_unlock_s=300.1),
        DoorTiming(held_open_s=3601.0, extended_held_open_s=3601.0),
        DoorTiming(debounce_s=-0.1),
        DoorTiming(forced_grace_s=11.0),
    ],
    ids=["extended shorter", "extended held shorter", "warns too long", "no time", "too long", "held", "neg", "grace"],
)
def test_times_that_make_no_sense_are_refused(
    timing: DoorTiming, draft: PolicyDraft, doors: tuple[Door, ...], digest_key: bytes, refuses: Refusing
) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        encode_policy(with_timing(draft, doors, timing), digest_key)


def test_which_inputs_rest_closed_comes_back(draft: PolicyDraft, doors: tuple[Door, ...], digest_key: bytes) -> None:
    first = doors[0]
    assert first.contact is not None
    assert first.rex is not None
    resting = replace(first, rests_closed=frozenset({first.contact, first.rex}))
    policy = decode_policy(encode_policy(replace(draft, doors=(resting, *doors[1:])), digest_key), digest_key)
    assert policy.doors[first.id].rests_closed == {first.contact, first.rex}


@pytest.mark.parametrize("names", ['["latch"]', '["rex","contact"]', '["contact","contact"]', '["lock"]'])
def test_an_input_that_is_not_there_or_not_in_its_order_rests_nowhere(
    names: str, draft: PolicyDraft, doors: tuple[Door, ...], digest_key: bytes
) -> None:
    only = replace(doors[0], latch=None, rests_closed=frozenset())
    data = encode_policy(replace(draft, doors=(only, *doors[1:])), digest_key)
    assert b'"rests_closed":[]' in data
    with pytest.raises(Refused):
        decode_policy(data.replace(b'"rests_closed":[]', f'"rests_closed":{names}'.encode(), 1), digest_key)
