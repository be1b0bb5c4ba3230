"""The school's recovery passphrase: 32 letters, and the key pair that grows from them.

Whoever has the public half can seal something and not open it again; docs/adr/0010-recovery-passphrase.md says why.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.copied_letters import read_letters, write_letters
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_payload import RecoveryRow
from access_control.core.wire.spelling import read_bytes, write_bytes

SECRET_BYTES: Final = 17
SALT_BYTES: Final = 16
MEMORY_KIB: Final = 64 * 1024
PASSES: Final = 3
LANES: Final = 1
_KEY_BYTES: Final = 32
_DOMAIN: Final = b"school access control, recovery passphrase\n"


def write_passphrase(secret: bytes) -> str:
    """The passphrase made of 17 random bytes: 8 groups of 4 letters.

    Raises:
        ValueError: Not 17 bytes.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a passphrase is made of {SECRET_BYTES} bytes, not {len(secret)}")
    return write_letters(secret)


def read_passphrase(text: str) -> bytes:
    """The inverse of :func:`write_passphrase`; small letters, blanks and missing dashes do no harm.

    Raises:
        Refused: ``bad_content``: it is no recovery passphrase, or a letter of it is wrong.
    """
    secret = read_letters(text, SECRET_BYTES)
    if secret is None:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            "That is not a recovery passphrase, or a letter of it is wrong. Copy it again, all 32 letters.",
        )
    return secret


def new_recovery_key(
    secret: bytes, salt: bytes, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES, lanes: int = LANES
) -> RecoveryKey:
    """The public half of what a passphrase opens, with everything but the passphrase that makes it again.

    Args:
        secret: As :func:`read_passphrase` hands it out.
        salt: 16 random bytes.
        memory_kib: What Argon2id costs; the defaults take 64 MiB and about a fifth of a second.
        passes: As above.
        lanes: As above.
    """
    unfinished = RecoveryKey(b"", salt, memory_kib, passes, lanes)
    public = _private(secret, unfinished).public_key().public_bytes_raw()
    return RecoveryKey(public, salt, memory_kib, passes, lanes)


def private_key(secret: bytes, key: RecoveryKey) -> X25519PrivateKey:
    """The private half.

    Raises:
        Refused: ``wrong_passphrase``: it is not the one that made ``key``.
    """
    private = _private(secret, key)
    if private.public_key().public_bytes_raw() != key.public:
        raise Refused(
            RefusalCode.WRONG_PASSPHRASE,
            "That is another recovery passphrase than the one to which the keys were sealed. Nothing was changed. "
            "Try again; look whether there is an older print-out.",
        )
    return private


def write_recovery(key: RecoveryKey) -> RecoveryRow:
    """Spell what devices' keys are sealed to."""
    return RecoveryRow(write_bytes(key.public), write_bytes(key.salt), key.memory_kib, key.passes, key.lanes)


def read_recovery(row: RecoveryRow) -> RecoveryKey:
    """The inverse of :func:`write_recovery`.

    Raises:
        Refused: ``bad_content``.
    """
    public = read_bytes(row.key, "recovery key", _KEY_BYTES)
    salt = read_bytes(row.salt, "salt of the recovery key", SALT_BYTES)
    return RecoveryKey(public, salt, row.memory_kib, row.passes, row.lanes)


def _private(secret: bytes, key: RecoveryKey) -> X25519PrivateKey:
    slow = Argon2id(
        salt=key.salt, length=_KEY_BYTES, iterations=key.passes, lanes=key.lanes, memory_cost=key.memory_kib
    )
    return X25519PrivateKey.from_private_bytes(slow.derive(_DOMAIN + secret))
