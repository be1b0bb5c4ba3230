from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.actions import (
    LIFETIMES,
    ActionKind,
    decode_action,
    encode_action,
    new_action,
    open_action,
    seal_action,
)
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import SigningKey

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
SITE = "0193a000-0000-7000-8000-000000000001"
BRIDGE = "0193a000-0000-7000-8000-0000000000b1"
ID = "0193a000-0000-7000-8000-00000000a001"


def target_of(kind: ActionKind) -> int | None:
    return None if kind is ActionKind.SELF_TEST else 7


@pytest.mark.parametrize("kind", ActionKind)
def test_an_action_comes_back(kind: ActionKind, document_key: SigningKey, made_at: datetime) -> None:
    action = new_action(ID, kind, target_of(kind), "operator 12", made_at)
    sealed = seal_action(action, document_key, site=SITE, bridge=BRIDGE)
    keys = {document_key.key_id: document_key.public_bytes()}
    assert open_action(sealed, keys, site=SITE, bridge=BRIDGE, at=made_at) == action


def test_every_kind_has_its_lifetime_and_unlocking_has_ten_seconds() -> None:
    assert LIFETIMES.keys() == set(ActionKind)
    assert LIFETIMES[ActionKind.UNLOCK_ONCE] == timedelta(seconds=10)


@pytest.mark.parametrize(("late_s", "taken"), [(-6, False), (-5, True), (0, True), (9.999, True), (10, False)])
def test_an_unlock_lives_ten_seconds(
    late_s: float, taken: bool, document_key: SigningKey, made_at: datetime, refuses: Refusing
) -> None:
    action = new_action(ID, ActionKind.UNLOCK_ONCE, 1, "operator 12", made_at)
    sealed = seal_action(action, document_key, site=SITE, bridge=BRIDGE)
    keys = {document_key.key_id: document_key.public_bytes()}
    at = made_at + timedelta(seconds=late_s)
    if taken:
        assert open_action(sealed, keys, site=SITE, bridge=BRIDGE, at=at).target == 1
    else:
        with refuses(RefusalCode.EXPIRED):
            open_action(sealed, keys, site=SITE, bridge=BRIDGE, at=at)


@pytest.mark.parametrize("lives_s", [-1, 0, 10.001, 86_400])
def test_no_unlock_claims_to_live_longer(lives_s: float, made_at: datetime, refuses: Refusing) -> None:
    action = new_action(ID, ActionKind.UNLOCK_ONCE, 1, "operator 12", made_at)
    with refuses(RefusalCode.BAD_CONTENT):
        decode_action(encode_action(replace(action, expires=made_at + timedelta(seconds=lives_s))))


@pytest.mark.parametrize(("kind", "target"), [(ActionKind.SELF_TEST, 1), (ActionKind.UNLOCK_ONCE, None)])
def test_the_target_fits_the_kind(
    kind: ActionKind, target: int | None, document_key: SigningKey, made_at: datetime, refuses: Refusing
) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        seal_action(new_action(ID, kind, target, "operator 12", made_at), document_key, site=SITE, bridge=BRIDGE)


def test_another_bridge_does_not_take_it(document_key: SigningKey, made_at: datetime, refuses: Refusing) -> None:
    action = new_action(ID, ActionKind.UNLOCK_ONCE, 1, "operator 12", made_at)
    sealed = seal_action(action, document_key, site=SITE, bridge=BRIDGE)
    keys = {document_key.key_id: document_key.public_bytes()}
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_action(sealed, keys, site=SITE, bridge=BRIDGE[:-1] + "2", at=made_at)


@given(data=st.binary(max_size=300))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        decode_action(data)
