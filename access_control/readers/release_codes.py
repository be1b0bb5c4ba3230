"""The single-use codes of a bridge: made and shown once, used at the bridge, counted here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import Release
from access_control.core.wire.release_codes import BY_CODE, CODES, LETTERS, code_digest, code_from
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.checks import require
from access_control.readers.digests import digest_key_of
from access_control.readers.errors import BadValueError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.records import ReleaseCode
from access_control.readers.staleness import mark_bridges_stale


@dataclass(frozen=True, slots=True)
class CodesMade:
    """When a bridge's present codes were made, by which account, and how many are left."""

    made_at: datetime
    made_by: str
    left: int
    made: int


def make_release_codes(
    session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, by: str
) -> tuple[Bridge, tuple[str, ...]]:
    """Make ten codes in place of all earlier ones; their texts are handed out this once and kept nowhere.

    Raises:
        NotThereError: There is no such bridge.
        BadValueError: It is not in use.
    """
    lock_bridges(session, {bridge_id})
    bridge = require(session, Bridge, bridge_id, "This bridge")
    if bridge.state is not BridgeState.CONFIRMED:
        raise BadValueError(f"{bridge.name} is not in use.", "Confirm it first.")
    retire_codes(session, at, bridge_id)
    texts = tuple(code_from(os.urandom(LETTERS)) for _ in range(CODES))
    digest_key = digest_key_of(bridge, keys)
    for number, text in enumerate(texts, 1):
        digest = code_digest(digest_key, text)
        session.add(ReleaseCode(bridge_id=bridge_id, digest=digest, number=number, made_at=at, made_by=by))
    session.flush()
    mark_bridges_stale(session, [bridge_id])
    record(session, at, actor=by, action="bridge.release_codes_made", subject=f"bridge:{bridge_id}")
    return bridge, texts


def retire_codes(session: Session, at: datetime, bridge_id: str) -> None:
    """Take a bridge's codes out of its Policies: newer ones follow, or a new machine could not check them."""
    for earlier in session.scalars(select(ReleaseCode).filter_by(bridge_id=bridge_id, replaced_at=None)):
        earlier.replaced_at = at


def codes_made(session: Session, bridge_id: str) -> CodesMade | None:
    """How it stands with a bridge's codes; ``None`` if none were ever made."""
    rows = session.scalars(select(ReleaseCode).filter_by(bridge_id=bridge_id, replaced_at=None)).all()
    if not rows:
        return None
    left = sum(row.used_at is None for row in rows)
    return CodesMade(rows[0].made_at, rows[0].made_by, left, len(rows))


def unused_digests(session: Session, bridge_id: str) -> list[bytes]:
    """What the bridge's Policy says of them."""
    query = select(ReleaseCode.digest).filter_by(bridge_id=bridge_id, replaced_at=None, used_at=None)
    return list(session.scalars(query))


def note_code_used(session: Session, at: datetime, bridge_id: str, release: Release) -> None:
    """A release of a bridge came; if it was made with a code, that one is used."""
    digest = _digest_in(release)
    row = None if digest is None else session.get(ReleaseCode, (bridge_id, digest))
    if row is None or row.used_at is not None:
        return
    row.used_at, row.used_by = at, release.by
    session.flush()
    mark_bridges_stale(session, [bridge_id])
    facts = {"number": row.number, "by": release.by}
    actor = f"bridge:{bridge_id}"
    record(session, at, actor=actor, action="bridge.release_code_used", subject=actor, facts=facts)


def _digest_in(release: Release) -> bytes | None:
    if release.second is None or not release.second.startswith(BY_CODE):
        return None
    try:
        return bytes.fromhex(release.second.removeprefix(BY_CODE))
    except ValueError:
        return None
