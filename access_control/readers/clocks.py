"""Bridges' clocks beside the service's: wrong from 2 s on, and right again when that is certain.

A bridge compares the two in each exchange, and what it says is certain whatever the network's pace: see
:class:`firmware_bridge.uplink.service_time.ServiceTime`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from access_control.readers.models import Bridge
from access_control.readers.status_said import StatusSaid

WRONG_S: Final = 2.0
RIGHT_S: Final = 1.5
"""Nearer than this a clock that was wrong is right again, so that one at the limit does not come and go."""


def clock_is_wrong(ahead_s: float | None, *, was_wrong: bool) -> bool:
    """Whether a clock that is so far ahead, or behind, has to be set; nobody knows anything of ``None``."""
    return ahead_s is not None and abs(ahead_s) > (RIGHT_S if was_wrong else WRONG_S)


def clock_off_s(bridge: Bridge, said: StatusSaid | None, at: datetime, limit_s: float) -> float | None:
    """How far a bridge's clock is ahead of the service's where that is too far; ``None`` while the bridge is silent."""
    heard = bridge.status_at is not None and (at - bridge.status_at).total_seconds() <= limit_s
    return said.clock_ahead_s if heard and said is not None and bridge.in_force.get("clock_wrong") is True else None
