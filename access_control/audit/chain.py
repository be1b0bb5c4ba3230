"""The digests that chain the records."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import Final

from access_control.audit.models import AuditRecord

FIRST: Final = bytes(32)
"""What stands for the digest before the first record."""


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
