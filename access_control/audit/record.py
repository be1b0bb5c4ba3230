"""Who did what: records in a chain, each with the digest of the one before it, and personal text beside them.

A record holds references and a salted digest of the text; the text and its salt stand in a row of their own. Erasing
that row leaves the chain whole and the digest useless, so that erasure and the chain are both true.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.audit.models import AuditRecord, AuditText

FIRST: Final = bytes(32)
"""What stands for the digest before the first record."""
_CHAIN_LOCK: Final = 0x5343484F4F4C  # any number that nothing else in the database locks


def record(
    session: Session,
    at: datetime,
    *,
    actor: str,
    action: str,
    subject: str,
    facts: Mapping[str, Any] | None = None,
    text: str | None = None,
    person: str | None = None,
) -> None:
    """Add a record to the chain, in the transaction of the deed itself: both are kept or neither.

    Args:
        session: From ``Database.writing``; other writers wait from here until its end, so record late in it.
        at: When it was done.
        actor: Who: ``operator:UUID``, ``bridge:UUID``, ``job:NAME``, ``cli`` or ``demo``.
        action: What, as ``badge.revoked`` or ``operator.signed_in``.
        subject: On what, as ``badge:UUID`` or ``door:7``.
        facts: Plain values (text, numbers, booleans, lists and mappings of them) without anything personal.
        text: What names people or was typed by them; kept beside the chain and erasable.
        person: Whom the text is about, as ``person:REF`` or a visitor's UUID, so that it can be found for erasure.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    last = session.execute(
        select(AuditRecord.seq, AuditRecord.digest).order_by(AuditRecord.seq.desc()).limit(1)
    ).one_or_none()
    salt = None if text is None else secrets.token_bytes(16)
    row = AuditRecord(
        seq=1 if last is None else last.seq + 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        facts=dict(facts or {}),
        text_digest=None if text is None or salt is None else text_digest(salt, text),
        previous=FIRST if last is None else last.digest,
    )
    row.digest = digest_of(row)
    session.add(row)
    session.flush()
    if text is not None and salt is not None:
        session.add(AuditText(seq=row.seq, salt=salt, text=text, person=person))


def digest_of(row: AuditRecord) -> bytes:
    """SHA-256 over the digest before it and everything that a record says."""
    said = {
        "action": row.action,
        "actor": row.actor,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "facts": row.facts,
        "seq": row.seq,
        "subject": row.subject,
        "text": None if row.text_digest is None else row.text_digest.hex(),
    }
    spelled = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(row.previous + spelled.encode()).digest()


def text_digest(salt: bytes, text: str) -> bytes:
    """What a record keeps of its personal text."""
    return hashlib.sha256(salt + text.encode()).digest()
