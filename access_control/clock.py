"""The only reader of the clocks outside the bridge; everything else takes the time as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant as aware UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """The present instant in monotonic seconds, for measuring and for deadlines."""
    return time.monotonic()
