from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import Revision
from access_control.core.wire.directives import Authority
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.kept import Kept, fold
from access_control.core.wire.kept_file import decode_kept, encode_kept
from access_control.core.wire.orders import OrdersDocument

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]


def test_what_is_kept_survives_a_restart(orders: OrdersDocument, authority: Authority, made_at: datetime) -> None:
    kept = fold(None, orders, authority=authority, at=made_at).kept
    lacking = replace(orders, revision=Revision(1, 10), directives=(), releases=(), revoked={}, revoked_passes={})
    nobody = replace(authority, service={"doc-9": bytes(32)})
    doubted = fold(None, orders, authority=nobody, at=made_at).kept
    assert doubted.doubted_directives
    assert doubted.doubted_releases
    for stage in (Kept(), kept, doubted, fold(kept, lacking, authority=authority, at=made_at).kept):
        assert decode_kept(encode_kept(stage)) == stage


def test_what_was_listed_is_known_after_a_restart(
    orders: OrdersDocument, authority: Authority, made_at: datetime
) -> None:
    kept = decode_kept(encode_kept(fold(None, orders, authority=authority, at=made_at).kept))
    assert kept.listed == set(orders.revoked)
    assert kept.listed_passes == set(orders.revoked_passes)


def test_without_doubts_the_file_is_spelled_as_before_there_were_any(
    orders: OrdersDocument, authority: Authority, made_at: datetime
) -> None:
    assert b"doubted" not in encode_kept(fold(None, orders, authority=authority, at=made_at).kept)


@pytest.fixture(scope="module")
def file(orders: OrdersDocument, authority: Authority, made_at: datetime) -> bytes:
    return encode_kept(fold(None, orders, authority=authority, at=made_at).kept)


@given(data=st.data())
def test_every_damaged_byte_is_noticed(data: st.DataObject, file: bytes) -> None:
    whole = bytearray(file)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused) as caught:
        decode_kept(bytes(whole))
    assert caught.value.code is RefusalCode.BAD_FRAME


def test_an_empty_file_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_FRAME):
        decode_kept(b"")
