from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.keys import (
    KeyStatement,
    decode_keys,
    encode_keys,
    identity_key,
    open_keys,
    seal_keys,
)
from access_control.core.wire.signing import Kind, SigningKey, seal

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
SITE = "0193a000-0000-7000-8000-000000000001"
OTHER_SITE = "0193a000-0000-7000-8000-000000000002"


@pytest.fixture
def statement(document_key: SigningKey, neighbour_key: SigningKey, made_at: datetime) -> KeyStatement:
    return KeyStatement(
        site=SITE,
        revision=Revision(1, 2),
        made_at=made_at,
        document_keys={"doc-1": document_key.public_bytes(), "doc-2": bytes(32)},
        pass_keys={3: bytes(range(32))},
        tls_current=b"c" * 32,
        bridges={neighbour_key.key_id: (neighbour_key.public_bytes(), ("building:2", "site"))},
    )


def test_a_statement_comes_back(statement: KeyStatement, identity: SigningKey) -> None:
    assert open_keys(seal_keys(statement, identity), identity.public_bytes(), site=SITE) == statement


def test_the_key_to_come_may_be_named(statement: KeyStatement) -> None:
    coming = replace(statement, tls_next=b"n" * 32)
    assert decode_keys(encode_keys(coming)) == coming


def test_the_identity_key_has_its_name(identity: SigningKey) -> None:
    assert identity_key(identity.private) == identity


def test_only_the_identity_key_counts(statement: KeyStatement, document_key: SigningKey, refuses: Refusing) -> None:
    forged = seal_keys(statement, identity_key(document_key.private))
    with refuses(RefusalCode.BAD_SIGNATURE):
        open_keys(forged, bytes(32), site=SITE)
    with refuses(RefusalCode.UNKNOWN_KEY):
        open_keys(seal_keys(statement, document_key), document_key.public_bytes(), site=SITE)


def test_keys_do_not_go_backwards(statement: KeyStatement, identity: SigningKey, refuses: Refusing) -> None:
    public = identity.public_bytes()
    sealed = seal_keys(statement, identity)
    assert open_keys(sealed, public, site=SITE, in_force=statement) == statement
    newer = replace(statement, revision=Revision(1, 3), document_keys={"doc-3": bytes(32)})
    assert open_keys(seal_keys(newer, identity), public, site=SITE, in_force=statement) == newer
    with refuses(RefusalCode.OLDER):
        open_keys(sealed, public, site=SITE, in_force=newer)
    with refuses(RefusalCode.SAME_REVISION):
        twin = replace(newer, revision=statement.revision)
        open_keys(seal_keys(twin, identity), public, site=SITE, in_force=statement)


def test_a_statement_for_another_site_is_refused(
    statement: KeyStatement, identity: SigningKey, refuses: Refusing
) -> None:
    with refuses(RefusalCode.WRONG_SITE):
        open_keys(seal_keys(statement, identity), identity.public_bytes(), site=OTHER_SITE)
    inside = seal(Kind.KEYS, encode_keys(replace(statement, site=OTHER_SITE)), identity, site=SITE, to=SITE)
    with refuses(RefusalCode.WRONG_SITE):
        open_keys(inside, identity.public_bytes(), site=SITE)


def test_a_school_without_document_keys_is_refused(
    statement: KeyStatement, identity: SigningKey, refuses: Refusing
) -> None:
    with refuses(RefusalCode.BAD_COLUMNS):
        seal_keys(replace(statement, document_keys={}), identity)


def test_a_key_named_twice_is_refused(statement: KeyStatement, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_COLUMNS):
        decode_keys(encode_keys(statement).replace(b'"doc-2"', b'"doc-1"'))


def test_a_short_key_is_refused(statement: KeyStatement, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        decode_keys(encode_keys(replace(statement, tls_current=b"short")))


@given(data=st.binary(max_size=300))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        decode_keys(data)
