"""Identities that sort by the time they were made (RFC 9562, version 7)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import datetime


def uuid7(at: datetime, entropy: Callable[[int], bytes] = os.urandom) -> str:
    """A new UUIDv7 as text; ``at`` is an aware time."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    noise = int.from_bytes(entropy(10), "big")
    value = milliseconds << 80 | 7 << 76 | (noise >> 68 & 0xFFF) << 64 | 0b10 << 62 | noise & (1 << 62) - 1
    return str(uuid.UUID(int=value))
