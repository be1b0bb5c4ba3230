"""Tables of the audit: a chain of records, and beside it the personal text that may be erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from access_control.database.tables import UUID_TEXT, Table


class AuditRecord(Table):
    """One deed. ``digest`` covers ``previous`` and everything else of this row, so the chain shows what was changed.

    Attributes:
        actor: Who, as ``operator:UUID``, ``bridge:UUID``, ``job:NAME`` or ``cli``.
        action: What, as ``people.badge_lost``; see :mod:`access_control.audit.record`.
        subject: On what, as ``badge:UUID`` or ``door:7``; references, never names.
        facts: Plain values without personal text.
        text_digest: SHA-256 of salt and personal text; the text itself stands in :class:`AuditText`.
    """

    __tablename__ = "audit_record"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80), index=True)
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(100), index=True)
    facts: Mapped[dict[str, Any]]
    text_digest: Mapped[bytes | None]
    previous: Mapped[bytes]
    digest: Mapped[bytes]


class AuditText(Table):
    """Personal text that belongs to a record, with the salt of its digest; erasing the row leaves the chain whole."""

    __tablename__ = "audit_text"

    seq: Mapped[int] = mapped_column(ForeignKey("audit_record.seq"), primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
    text: Mapped[str] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(UUID_TEXT, index=True)
