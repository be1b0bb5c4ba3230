from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import BadgeStatus, Override, OverrideEffect, PassRevocation, Revision
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.orders import (
    OrdersDocument,
    RevokedPass,
    decode_orders,
    encode_orders,
    open_orders,
)
from access_control.core.wire.signing import Kind, SigningKey, seal

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
SITE = "0193a000-0000-7000-8000-000000000001"
BRIDGE = "0193a000-0000-7000-8000-0000000000b1"
OTHER = "0193a000-0000-7000-8000-0000000000b2"


def test_orders_come_back(orders: OrdersDocument, document_key: SigningKey) -> None:
    sealed = seal(Kind.ORDERS, encode_orders(orders), document_key, site=SITE, to=BRIDGE)
    keys = {document_key.key_id: document_key.public_bytes()}
    assert open_orders(sealed, keys, site=SITE, bridge=BRIDGE) == orders


def test_orders_for_another_bridge_are_refused(
    orders: OrdersDocument, document_key: SigningKey, refuses: Refusing
) -> None:
    keys = {document_key.key_id: document_key.public_bytes()}
    sealed = seal(Kind.ORDERS, encode_orders(orders), document_key, site=SITE, to=BRIDGE)
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_orders(sealed, keys, site=SITE, bridge=OTHER)
    misdirected = seal(Kind.ORDERS, encode_orders(orders), document_key, site=SITE, to=OTHER)
    with refuses(RefusalCode.WRONG_RECIPIENT):
        open_orders(misdirected, keys, site=SITE, bridge=OTHER)


def test_order_and_repetition_make_no_difference(orders: OrdersDocument) -> None:
    shuffled = replace(
        orders,
        directives=(*orders.directives, *orders.directives),
        overrides=tuple(reversed(orders.overrides)),
        revoked=dict(reversed(list(orders.revoked.items()))),
    )
    assert encode_orders(shuffled) == encode_orders(orders)


def test_no_override_unlocks_for_ever(orders: OrdersDocument, refuses: Refusing) -> None:
    endless = Override(orders.overrides[0].id, 1, OverrideEffect.UNLOCK, "operator 12", "Open house", None)
    with refuses(RefusalCode.BAD_CONTENT):
        encode_orders(replace(orders, overrides=(endless,)))


def test_an_override_twice_is_refused(orders: OrdersDocument, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_COLUMNS):
        encode_orders(replace(orders, overrides=(orders.overrides[0], orders.overrides[0])))


def test_a_revocation_needs_its_reason(orders: OrdersDocument, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_COLUMNS):
        encode_orders(replace(orders, revoked={bytes(16): BadgeStatus.ACTIVE}))
    with refuses(RefusalCode.BAD_COLUMNS):
        decode_orders(encode_orders(orders).replace(b'"status":"lt"', b'"status":"l"'))


def test_a_pass_revoked_twice_is_refused(orders: OrdersDocument, refuses: Refusing) -> None:
    two = {1: RevokedPass(PassRevocation.CANCELLED, 5), 2: RevokedPass(PassRevocation.CANCELLED, 5)}
    payload = encode_orders(replace(orders, revoked_passes=two))
    with refuses(RefusalCode.BAD_COLUMNS):
        decode_orders(payload.replace(b'"0000000000000002"', b'"0000000000000001"'))


DEAD = st.sampled_from([status for status in BadgeStatus if status is not BadgeStatus.ACTIVE])


@given(
    revoked=st.dictionaries(st.binary(min_size=16, max_size=16), DEAD, max_size=5),
    passes=st.dictionaries(
        st.integers(0, 2**64 - 1),
        st.builds(RevokedPass, st.sampled_from(PassRevocation), st.integers(0, 2**33)),
        max_size=5,
    ),
    blobs=st.frozensets(st.binary(max_size=20), max_size=4),
)
def test_whatever_is_ordered_comes_back(
    revoked: dict[bytes, BadgeStatus], passes: dict[int, RevokedPass], blobs: frozenset[bytes], made_at: datetime
) -> None:
    document = OrdersDocument(SITE, BRIDGE, Revision(1, 1), made_at, tuple(blobs), (), (), revoked, passes)
    found = decode_orders(encode_orders(document))
    assert set(found.directives) == blobs
    assert replace(found, directives=()) == replace(document, directives=())


@given(data=st.binary(max_size=300))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        decode_orders(data)
