"""Ids of rows."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime


def new_id(at: datetime) -> str:
    """A UUID of version 7 as lower-case text: begins with the time in milliseconds, the rest is random."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    number = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=number))
