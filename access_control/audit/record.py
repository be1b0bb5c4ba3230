"""Who did what: records in a chain, each with the digest of the one before it, and personal text beside them.

A record holds references and a salted digest of the text; the text and its salt stand in a row of their own. Erasing
that row leaves the chain whole and the digest useless, so that erasure and the chain are both true.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, event, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session, SessionTransaction

from access_control.audit.chain import FIRST, digest_of, text_digest
from access_control.audit.models import AuditRecord, AuditText
from access_control.database.locks import hold

_AT_ONCE: Final = 1000
_WAITING: Final = "records to add"


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

    It gets its place in the chain at the commit, when the transaction has done everything else: only then does it make
    others wait, who never hold what it still needs. So it can be read once the transaction is over.

    Args:
        session: From ``Database.writing``.
        at: When it was done.
        actor: Who: ``operator:UUID``, ``bridge:UUID``, ``job:NAME``, ``cli`` or ``demo``.
        action: What, as ``badge.revoked`` or ``operator.signed_in``.
        subject: On what, as ``badge:UUID`` or ``door:7``.
        facts: Plain values (text, numbers, booleans, lists and mappings of them) without anything personal.
        text: What names people or was typed by them; kept beside the chain and erasable.
        person: Whom the text is about, as ``person:REF`` or a visitor's UUID, so that it can be found for erasure.

    Raises:
        TypeError, ValueError: A fact is no plain value.
    """
    if session.in_nested_transaction():
        raise RuntimeError("a deed in a savepoint may be undone without its record: record it outside")
    row = AuditRecord(
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        facts=json.loads(json.dumps(dict(facts or {}), allow_nan=False)),  # as it will come back, for the digest
    )
    beside = None
    if text is not None:  # PostgreSQL keeps no zero bytes
        beside = AuditText(salt=secrets.token_bytes(16), text=text.replace("\0", ""), person=person)
        row.text_digest = text_digest(beside.salt, beside.text)
    if _WAITING not in session.info:
        event.listen(session, "before_commit", _append)
        event.listen(session, "after_soft_rollback", _forget)
    if not session.in_transaction():
        session.begin()  # so that a rollback finds something to end, and us with it
    session.info.setdefault(_WAITING, []).append((row, beside))


def _append(session: Session) -> None:
    waiting: list[tuple[AuditRecord, AuditText | None]] = session.info[_WAITING]
    if not waiting:
        return
    session.flush()
    hold(session, "audit")  # the next record starts from ours
    last = session.execute(
        select(AuditRecord.seq, AuditRecord.digest).order_by(AuditRecord.seq.desc()).limit(1)
    ).one_or_none()
    seq, digest = (0, FIRST) if last is None else (last.seq, last.digest)
    for row, beside in waiting:
        seq += 1
        row.seq, row.previous = seq, digest
        row.digest = digest = digest_of(row)
        session.add(row)
        if beside is not None:
            beside.seq = seq
            session.add(beside)
    waiting.clear()


def _forget(session: Session, undone: SessionTransaction) -> None:
    if not undone.nested:  # a savepoint has none of ours
        session.info[_WAITING].clear()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole chain found.

    Attributes:
        records: How many records are in order, counted from the first.
        digest: The digest of the last of these; kept elsewhere, it shows whether the end was cut off.
        fault: What is wrong with the next one; ``None`` when the chain is whole.
    """

    records: int
    digest: bytes
    fault: str | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, removed or put in between."""
        return self.fault is None

    @property
    def sentence(self) -> str:
        """For people."""
        if self.fault is None:
            return f"The audit is whole: {self.records} records; the last is {self.records}:{self.digest.hex()}."
        return f"The audit is broken after record {self.records}: {self.fault}. Keep this database as evidence."


def verify(session: Session, expected: str | None = None) -> Verdict:
    """Compute every digest again, and those of personal text that has not been erased.

    Args:
        session: Any session; a snapshot is best.
        expected: ``NUMBER:DIGEST`` of a record as an earlier verdict gave it. The chain alone cannot show that its end
            was cut off, or that all of it was written anew; a digest that was kept elsewhere can.
    """
    number, _, digest = (expected or "").partition(":")
    seen = expected is None
    last_seq, last_digest = 0, FIRST
    both = select(AuditRecord, AuditText).outerjoin(AuditText, AuditText.seq == AuditRecord.seq)
    ordered = both.order_by(AuditRecord.seq).execution_options(yield_per=_AT_ONCE)
    with session.execute(ordered) as rows:
        for row, text in rows:
            fault = _fault(row, text, last_seq, last_digest)
            if fault is not None:
                return Verdict(last_seq, last_digest, fault)
            last_seq, last_digest = row.seq, row.digest
            seen = seen or (number == str(row.seq) and digest == row.digest.hex())
    fault = None if seen else f"the record {expected} that was kept elsewhere is not in it"
    return Verdict(last_seq, last_digest, fault)


def erase_person(session: Session, person: str) -> int:
    """Delete the personal text about a person, with the salts; the chain stays whole.

    Returns:
        How many texts there were.
    """
    done = session.execute(delete(AuditText).where(AuditText.person == person))
    assert isinstance(done, CursorResult)
    return done.rowcount


def _fault(row: AuditRecord, text: AuditText | None, last_seq: int, last_digest: bytes) -> str | None:
    if row.seq != last_seq + 1:
        return f"record {last_seq + 1} is missing"
    if row.previous != last_digest:
        return f"record {row.seq} does not follow it"
    if row.digest != digest_of(row):
        return f"record {row.seq} was changed"
    if text is not None and row.text_digest != text_digest(text.salt, text.text):
        return f"the text of record {row.seq} was changed"
    return None
