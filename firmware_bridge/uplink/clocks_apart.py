"""How far this clock and the service's are apart, for the service to say so to people."""

from __future__ import annotations

from collections import deque
from typing import Final

from firmware_bridge.uplink.service_time import ServiceTime

LATELY: Final = 5
"""So many exchanges count. Each gives a bound that holds whatever the network's pace; a clock that was set between
asking and hearing spoils one of them."""


class ClocksApart:
    """Used by one thread only."""

    def __init__(self) -> None:
        """Nothing is known before the first exchange."""
        self._lately: deque[float] = deque(maxlen=LATELY)

    def note(self, time: ServiceTime) -> None:
        """Take one exchange into account."""
        self._lately.append(time.ahead.total_seconds())

    @property
    def ahead_s(self) -> float | None:
        """How far this clock is ahead, or behind where less than 0: the least that was found lately."""
        least = min(self._lately, key=abs, default=None)
        return None if least is None else round(least, 3)
