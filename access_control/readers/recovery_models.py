"""Rows with which a dead bridge is replaced: the recovery key, sealed copies of devices' keys, identities that were."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from access_control.database.tables import Table


class RecoveryKeyRow(Table):
    """What bridges seal their devices' keys to: made of a passphrase that is kept nowhere here. The newest counts.

    Attributes:
        public_key: X25519, 32 bytes.
        salt: With the passphrase and what follows it makes the private half again.
        made_by: Whose account, or ``cli``.
    """

    __tablename__ = "recovery_key"

    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), primary_key=True)
    public_key: Mapped[bytes]
    salt: Mapped[bytes]
    memory_kib: Mapped[int]
    passes: Mapped[int]
    lanes: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))


class SealedKeysRow(Table):
    """The newest sealed copy of a bridge's devices' keys; nobody here can open it.

    Attributes:
        n: Its number, which the bridge counts up; an older copy never takes the place of a newer one.
        recovery_key: The public key that it is sealed to.
        digest: SHA-256 of the copy.
        signature: The bridge's own, by which a machine that takes its place knows that nobody else made the copy.
        taken_at: When it came.
    """

    __tablename__ = "sealed_keys"

    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True)
    n: Mapped[int]
    recovery_key: Mapped[bytes]
    digest: Mapped[bytes]
    sealed: Mapped[bytes]
    signature: Mapped[bytes]
    taken_at: Mapped[datetime]


class FormerSealedKeys(Table):
    """A copy that no later one takes away: the last of a machine that was replaced, or from before its disk went back.

    Attributes:
        taken_at: When it came.
        until: Since when it is not the bridge's copy any more.
    """

    __tablename__ = "former_sealed_keys"

    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    taken_at: Mapped[datetime]
    until: Mapped[datetime]


class Replacement(Table):
    """A machine that is to take a bridge's place, from its code on until it is confirmed.

    Attributes:
        code_digest: SHA-256 of its one-time code, good until ``code_until``, which is ``None`` once it was used.
        public_key: The new machine's own key, once it has enrolled.
        digest_key_sealed: The key of its digests, encrypted with the school's sealing key.
    """

    __tablename__ = "bridge_replacement"

    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True)
    code_digest: Mapped[bytes]
    code_until: Mapped[datetime | None]
    begun_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(80))
    public_key: Mapped[bytes | None]
    digest_key_sealed: Mapped[bytes | None]
    address: Mapped[str | None] = mapped_column(String(120))


class FormerKey(Table):
    """The public key of a machine that was a bridge and was replaced or revoked: it is believed no more."""

    __tablename__ = "former_key"

    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(primary_key=True)
    until: Mapped[datetime]
