"""The key statement: which keys a school uses now, signed by the one identity key that bridges pin.

Nothing else is signed with the identity key, and a bridge believes no other source about keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_payload import BridgeKeyRow, PassKeyRow
from access_control.core.wire.policy_tables import (
    read_bridge_keys,
    read_pass_keys,
    write_bridge_keys,
    write_pass_keys,
)
from access_control.core.wire.revisions import check_revision
from access_control.core.wire.signing import LIMITS, Kind, SigningKey, open_sealed, seal
from access_control.core.wire.spelling import read_bytes, read_time, write_bytes, write_time
from access_control.core.wire.strict import Record, Ref, TimeText, Uuid, read_record, write_record

IDENTITY: Final = "identity"
KEY_SIZE: Final = 32
KeyId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """A school's keys, all Ed25519 public keys of 32 bytes but for TLS.

    Attributes:
        document_keys: What signs Policy, Orders, actions, directives and releases, by key id.
        pass_keys: What signs visitor passes, by the number in a pass.
        tls_current: SHA-256 of the service's TLS public key (SubjectPublicKeyInfo) in use.
        tls_next: The one that follows, if it is known.
        bridges: Each bridge's key by its UUID, with the scopes it may raise.
    """

    site: str
    revision: Revision
    made_at: datetime
    document_keys: Mapping[str, bytes]
    pass_keys: Mapping[int, bytes] = field(default_factory=dict)
    tls_current: bytes | None = None
    tls_next: bytes | None = None
    bridges: Mapping[str, tuple[bytes, tuple[str, ...]]] = field(default_factory=dict)


class DocumentKeyRow(Record, frozen=True):
    """A key that signs documents."""

    id: KeyId
    key: str


class KeysRow(Record, frozen=True):
    """A key statement's payload."""

    site: Uuid
    epoch: Ref
    n: Ref
    made_at: TimeText
    document_keys: list[DocumentKeyRow]
    pass_keys: list[PassKeyRow]
    tls_current: str | None
    tls_next: str | None
    bridges: list[BridgeKeyRow]


def identity_key(private: Ed25519PrivateKey) -> SigningKey:
    """The identity key as it signs key statements."""
    return SigningKey(IDENTITY, private)


def encode_keys(statement: KeyStatement) -> bytes:
    """Make a key statement's payload."""
    return write_record(
        KeysRow(
            site=statement.site,
            epoch=statement.revision.epoch,
            n=statement.revision.n,
            made_at=write_time(statement.made_at),
            document_keys=[
                DocumentKeyRow(key, write_bytes(value)) for key, value in sorted(statement.document_keys.items())
            ],
            pass_keys=write_pass_keys(statement.pass_keys),
            tls_current=None if statement.tls_current is None else write_bytes(statement.tls_current),
            tls_next=None if statement.tls_next is None else write_bytes(statement.tls_next),
            bridges=write_bridge_keys(statement.bridges),
        )
    )


def decode_keys(payload: bytes) -> KeyStatement:
    """The strict inverse of :func:`encode_keys`.

    Raises:
        Refused: ``too_large``, ``bad_content`` or ``bad_columns``.
    """
    row = read_record(payload, KeysRow, "key statement", limit=LIMITS[Kind.KEYS])
    document_keys = {
        entry.id: read_bytes(entry.key, f"document key {entry.id}", KEY_SIZE) for entry in row.document_keys
    }
    if not document_keys or len(document_keys) != len(row.document_keys):
        raise Refused(
            RefusalCode.BAD_COLUMNS,
            "The key statement names no document key, or one twice. Issue it again with the identity key.",
        )
    return KeyStatement(
        site=row.site,
        revision=Revision(row.epoch, row.n),
        made_at=read_time(row.made_at),
        document_keys=document_keys,
        pass_keys=read_pass_keys(row.pass_keys),
        tls_current=_fingerprint(row.tls_current),
        tls_next=_fingerprint(row.tls_next),
        bridges=read_bridge_keys(row.bridges),
    )


def seal_keys(statement: KeyStatement, identity: SigningKey) -> bytes:
    """Sign a key statement for its whole site.

    Raises:
        Refused: A bridge would not take it.
    """
    payload = encode_keys(statement)
    decode_keys(payload)
    return seal(Kind.KEYS, payload, identity, site=statement.site, to=statement.site)


def open_keys(
    sealed: bytes, identity_public: bytes, *, site: str, in_force: KeyStatement | None = None
) -> KeyStatement:
    """Check a key statement against the pinned identity key and the statement in force.

    Raises:
        Refused: With the code of the first thing that is wrong; ``older`` or ``same_revision`` beside the one in force.
    """
    payload = open_sealed(sealed, {IDENTITY: identity_public}, kind=Kind.KEYS, site=site, to=site)
    statement = decode_keys(payload)
    if statement.site != site:
        raise Refused(
            RefusalCode.WRONG_SITE,
            f"The key statement inside is for site {statement.site}; this is site {site}. Issue it again.",
        )
    if in_force is not None:
        check_revision(in_force.revision, statement.revision, same_bytes=encode_keys(in_force) == payload)
    return statement


def _fingerprint(text: str | None) -> bytes | None:
    return None if text is None else read_bytes(text, "fingerprint of a TLS key", KEY_SIZE)
