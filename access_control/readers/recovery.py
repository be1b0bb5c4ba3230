"""The school's recovery passphrase, and the copies of devices' keys that bridges seal to it.

The passphrase is shown once and kept nowhere: only its public half is, which bridges get with their Policies.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.recovery import SALT_BYTES, SECRET_BYTES, new_recovery_key, write_passphrase
from access_control.core.wire.sealed_keys import is_signed, read_head
from access_control.core.wire.uplink import SealedKeysHeld
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.recovery_models import FormerSealedKeys, RecoveryKeyRow, SealedKeysRow
from access_control.readers.site import the_site
from access_control.readers.staleness import mark_all_stale


@dataclass(frozen=True, slots=True)
class PassphraseMade:
    """A new passphrase, to be shown once, and the key that opens with it."""

    text: str = field(repr=False)
    key: RecoveryKey


class CopyState(StrEnum):
    """How it stands with the sealed copy of a bridge's keys."""

    NO_PASSPHRASE = "no_passphrase"
    """The school has no recovery passphrase, so nothing can be sealed."""
    MISSING = "missing"
    EARLIER_PASSPHRASE = "earlier_passphrase"
    """There is one, and only the passphrase before opens it."""
    BEHIND = "behind"
    """There is one, and it is not of the keys that the bridge has now."""
    GOOD = "good"


def make_passphrase() -> PassphraseMade:
    """Think of a passphrase. Takes a good part of a second and 64 MiB, so not within a transaction."""
    secret = os.urandom(SECRET_BYTES)
    return PassphraseMade(write_passphrase(secret), new_recovery_key(secret, os.urandom(SALT_BYTES)))


def set_recovery_key(session: Session, at: datetime, key: RecoveryKey, *, by: str) -> RecoveryKeyRow:
    """Have bridges seal their keys to this from now on. Copies that are here stay until newer ones come.

    Raises:
        NotThereError: There is no site yet.
    """
    lock_bridges(session)
    site = the_site(session)
    row = session.get(RecoveryKeyRow, site.id, with_for_update=True)
    first = row is None
    if row is None:
        row = RecoveryKeyRow(site_id=site.id)
        session.add(row)
    row.public_key, row.salt = key.public, key.salt
    row.memory_kib, row.passes, row.lanes = key.memory_kib, key.passes, key.lanes
    row.made_at, row.made_by = at, by
    session.flush()
    mark_all_stale(session)
    action = "recovery.passphrase_set" if first else "recovery.passphrase_changed"
    record(session, at, actor=by, action=action, subject=f"site:{site.id}")
    return row


def recovery_row(session: Session) -> RecoveryKeyRow | None:
    """The recovery key in force, with when and by whom it was made."""
    return session.scalar(select(RecoveryKeyRow).limit(1))


def recovery_key(session: Session) -> RecoveryKey | None:
    """What Policies say that keys are sealed to; ``None`` before there is a passphrase."""
    row = recovery_row(session)
    return None if row is None else RecoveryKey(row.public_key, row.salt, row.memory_kib, row.passes, row.lanes)


def keep_sealed_keys(session: Session, at: datetime, bridge_id: str, sealed: bytes, signature: bytes) -> SealedKeysHeld:
    """Take a bridge's newest copy in place of the one before. The same bytes again change nothing.

    A copy for another passphrase with no higher number may come from a disk that went back, or that lost what it had
    sealed: the one before is put by then.

    Args:
        session: A transaction that writes.
        at: Now.
        bridge_id: Who sends it, as its session proved.
        sealed: The copy.
        signature: The bridge's, of these bytes.

    Raises:
        Refused: It is no copy, another bridge's, not signed with the bridge's key (``bad_signature``), sealed to
            something else than the school's passphrase in force (``unknown_key``), or not newer than what is here
            (``older``).
    """
    head = read_head(sealed)
    if (head.site, head.bridge) != (the_site(session).id, bridge_id):
        raise Refused(
            RefusalCode.WRONG_RECIPIENT, "The sealed keys name another bridge. Look at the bridge that sends them."
        )
    if head.recovery != recovery_key(session):
        raise Refused(
            RefusalCode.UNKNOWN_KEY,
            "The keys are sealed to a passphrase that is not the school's now. Take the newest Policy first.",
        )
    lock_bridges(session, {bridge_id})
    _require_signed(session, bridge_id, sealed, signature)
    row, digest = session.get(SealedKeysRow, bridge_id, populate_existing=True), sha256(sealed).digest()
    if row is not None and row.digest == digest:
        return _held(row)
    if row is not None and row.recovery_key == head.recovery.public and head.n <= row.n:
        raise Refused(RefusalCode.OLDER, f"Copy {row.n} of these keys is here. Copy {head.n} is not newer.")
    if row is not None and head.n <= row.n:
        put_by(session, at, row)
    if row is None:
        row = SealedKeysRow(bridge_id=bridge_id)
        session.add(row)
    row.signature, row.n, row.recovery_key = signature, head.n, head.recovery.public
    row.digest, row.sealed, row.taken_at = digest, sealed, at
    session.flush()
    actor = f"bridge:{bridge_id}"
    record(session, at, actor=actor, action="recovery.keys_sealed", subject=actor, facts={"n": head.n})
    return _held(row)


def _require_signed(session: Session, bridge_id: str, sealed: bytes, signature: bytes) -> None:
    public = session.execute(select(Bridge.public_key).where(Bridge.id == bridge_id)).scalar_one()
    if public is None or not is_signed(sealed, signature, public):
        raise Refused(
            RefusalCode.BAD_SIGNATURE, "The sealed keys are not signed with the bridge's own key. Update its program."
        )


def put_by(session: Session, at: datetime, row: SealedKeysRow) -> None:
    """Keep a copy beside the one that takes its place."""
    if session.get(FormerSealedKeys, (row.bridge_id, row.digest)) is None:
        session.add(
            FormerSealedKeys(
                bridge_id=row.bridge_id, digest=row.digest, sealed=row.sealed, taken_at=row.taken_at, until=at
            )
        )
        session.flush()


def retire_copy(session: Session, at: datetime, bridge_id: str) -> None:
    """A new machine is the bridge: what the old one sealed is put by, whatever the new one will seal."""
    row = session.get(SealedKeysRow, bridge_id)
    if row is not None:
        put_by(session, at, row)
        session.delete(row)
        session.flush()


def former_copies(session: Session, bridge_id: str) -> list[FormerSealedKeys]:
    """The copies that were put by, the newest first."""
    query = select(FormerSealedKeys).where(FormerSealedKeys.bridge_id == bridge_id)
    return list(session.scalars(query.order_by(FormerSealedKeys.until.desc(), FormerSealedKeys.digest)))


def copy_for(session: Session, bridge_id: str) -> SealedKeysHeld | None:
    """Which copy of a bridge's keys is here for the passphrase in force."""
    row, wanted = session.get(SealedKeysRow, bridge_id), recovery_row(session)
    fits = row is not None and wanted is not None and row.recovery_key == wanted.public_key
    return _held(row) if fits and row is not None else None


def copy_states(session: Session) -> Mapping[str, CopyState]:
    """How it stands with the copies of all bridges in use."""
    wanted = recovery_row(session)
    copies = {row.bridge_id: row for row in session.scalars(select(SealedKeysRow))}
    bridges = session.scalars(select(Bridge).where(Bridge.state == BridgeState.CONFIRMED))
    return {bridge.id: _state(bridge, copies.get(bridge.id), wanted) for bridge in bridges}


def _state(bridge: Bridge, copy: SealedKeysRow | None, wanted: RecoveryKeyRow | None) -> CopyState:
    if wanted is None:
        return CopyState.NO_PASSPHRASE
    if copy is None:
        return CopyState.MISSING
    if copy.recovery_key != wanted.public_key:
        return CopyState.EARLIER_PASSPHRASE
    return CopyState.GOOD if bridge.in_force.get("sealed_keys") == copy.digest.hex() else CopyState.BEHIND


def _held(row: SealedKeysRow) -> SealedKeysHeld:
    return SealedKeysHeld(row.n, row.digest.hex())
