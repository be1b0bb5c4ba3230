"""The keys of a bridge's readers and boards, sealed so that only the school's recovery passphrase opens them.

A first line with a checksum, a head as JSON on one line, and the content encrypted: X25519 between a key that is used
once and the school's recovery key, HKDF-SHA-256, ChaCha20-Poly1305. The head is authenticated with the content, and
names site, bridge and number, so that one bridge's copy cannot pass for another's or for a later one.

The recovery key is public, so anybody can seal something to it. Therefore the bridge signs each copy with its own key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.guarded import guard, unguard
from access_control.core.wire.policy_payload import RecoveryRow
from access_control.core.wire.recovery import private_key, read_recovery, write_recovery
from access_control.core.wire.spelling import read_bytes, read_time, write_bytes, write_time
from access_control.core.wire.strict import Number, Record, TimeText, Uuid, read_record, write_record
from access_control.core.wire.version import CURRENT, require_spoken

MOST_SEALED_KEYS: Final = 256 * 1024
"""Bytes of a whole copy: several thousand keys, and the settings."""
MOST_SETTINGS: Final = 64 * 1024
_MOST_HEAD: Final = 2048
_KEY_BYTES: Final = 32
_DOMAIN: Final = b"school access control, sealed device keys\n"
_SIGNED: Final = b"school access control, signed device keys\n"
_NONCE: Final = bytes(12)  # each key encrypts once


class KeyRow(Record, frozen=True):
    """One key by the name of its file."""

    file: Annotated[str, msgspec.Meta(pattern=r"^reader-[\w%-]{1,120}-[0-9]{1,3}(\.next)?\.key\Z", max_length=140)]
    key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class DeviceKeys(Record, frozen=True):
    """What is sealed: the keys of readers and boards, and the bridge's own settings as they were written."""

    keys: list[KeyRow]
    settings: Annotated[str, msgspec.Meta(max_length=MOST_SETTINGS)] | None

    def __repr__(self) -> str:
        """Without any key."""
        return f"DeviceKeys({len(self.keys)} keys)"


class HeadRow(Record, frozen=True):
    """What can be read without the passphrase."""

    version: Number
    site: Uuid
    bridge: Uuid
    n: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    made_at: TimeText
    recovery: RecoveryRow
    ephemeral: str


@dataclass(frozen=True, slots=True)
class SealedHead:
    """Whose copy it is, which one, and what opens it."""

    site: str
    bridge: str
    n: int
    made_at: datetime
    recovery: RecoveryKey
    ephemeral: bytes = field(repr=False)


def seal_device_keys(
    content: DeviceKeys, recovery: RecoveryKey, *, site: str, bridge: str, n: int, made_at: datetime, ephemeral: bytes
) -> bytes:
    """Seal a bridge's keys.

    Args:
        content: What to seal.
        recovery: To whom.
        site: Of which site.
        bridge: Of which bridge.
        n: The copy's number, from 1.
        made_at: When.
        ephemeral: 32 random bytes that are used for nothing else.

    Raises:
        Refused: ``bad_content`` for a recovery key that is none; ``too_large``.
    """
    once = X25519PrivateKey.from_private_bytes(ephemeral)
    head = write_record(
        HeadRow(
            version=CURRENT,
            site=site,
            bridge=bridge,
            n=n,
            made_at=write_time(made_at),
            recovery=write_recovery(recovery),
            ephemeral=write_bytes(once.public_key().public_bytes_raw()),
        )
    )
    key = _key(once, recovery.public, head)
    sealed = guard(head + b"\n" + ChaCha20Poly1305(key).encrypt(_NONCE, write_record(content), head))
    read_head(sealed)
    return sealed


def read_head(sealed: bytes) -> SealedHead:
    """Whose a copy says it is. Nothing is proved before it is opened.

    Raises:
        Refused: It is damaged, too large, or no such copy.
    """
    return _parts(sealed)[0]


def open_device_keys(sealed: bytes, secret: bytes, *, site: str, bridge: str) -> DeviceKeys:
    """Open a copy. Takes as long as Argon2id is told to.

    Args:
        sealed: As :func:`seal_device_keys` made it.
        secret: Of the passphrase, as :func:`core.wire.recovery.read_passphrase` hands it out.
        site: Which site's copy is wanted.
        bridge: Which bridge's.

    Raises:
        Refused: ``wrong_passphrase``; ``wrong_site`` or ``wrong_recipient`` for somebody else's; else it is damaged.
    """
    head, written, body = _parts(sealed)
    if head.site != site:
        raise Refused(
            RefusalCode.WRONG_SITE, "These keys were sealed by a bridge of another school. Ask its service for them."
        )
    if head.bridge != bridge:
        raise Refused(
            RefusalCode.WRONG_RECIPIENT,
            f"These keys were sealed by bridge {head.bridge}. Make the code on the page of that bridge.",
        )
    private = private_key(secret, head.recovery)
    try:
        content = ChaCha20Poly1305(_key(private, head.ephemeral, written)).decrypt(_NONCE, body, written)
    except InvalidTag as error:
        raise _damaged() from error
    return read_record(content, DeviceKeys, "sealed keys", limit=MOST_SEALED_KEYS)


def sign_copy(sealed: bytes, key: Ed25519PrivateKey) -> bytes:
    """A bridge's signature, 64 bytes, by which its copy is known from what others sealed."""
    return key.sign(_SIGNED + sealed)


def is_signed(sealed: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the bridge with this public key signed a copy."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _SIGNED + sealed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parts(sealed: bytes) -> tuple[SealedHead, bytes, bytes]:
    if len(sealed) > MOST_SEALED_KEYS:
        raise Refused(
            RefusalCode.TOO_LARGE,
            f"The sealed keys have {len(sealed)} bytes; at most {MOST_SEALED_KEYS} are taken. Shorten bridge.toml.",
        )
    try:
        written, _, body = unguard(sealed).partition(b"\n")
    except Refused as error:
        raise _damaged() from error
    row = read_record(written, HeadRow, "head of sealed keys", limit=_MOST_HEAD)
    require_spoken(row.version)
    ephemeral = read_bytes(row.ephemeral, "key of sealed keys", _KEY_BYTES)
    recovery = read_recovery(row.recovery)
    return SealedHead(row.site, row.bridge, row.n, read_time(row.made_at), recovery, ephemeral), written, body


def _key(mine: X25519PrivateKey, theirs: bytes, head: bytes) -> bytes:
    """The key of one copy; both sides reckon the same."""
    try:
        shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError as error:
        raise Refused(RefusalCode.BAD_CONTENT, "The recovery key is no key. Set the passphrase up again.") from error
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=_DOMAIN + head).derive(shared)


def _damaged() -> Refused:
    return Refused(
        RefusalCode.BAD_FRAME,
        "The sealed keys are damaged and cannot be opened. Restore a backup of the service, or enrol without them "
        "(--without-keys) and give each reader a new key.",
    )
