"""Which changes of a device are worth an event (its link, its supply, its tamper switch).

One that flaps must not fill the record, nor end unsaid.
"""

from __future__ import annotations

from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.world import Device

MOST_CHANGES = 6
WITHIN_S = 60.0


class LinkNews:
    """What was told about devices. After so many changes within a minute it is told a minute later how things stand."""

    def __init__(self) -> None:
        self._limits: dict[Device, Limiter] = {}
        self._untold: dict[Device, float] = {}

    def take(self, device: Device, now: float) -> int | None:
        """A device has changed: how many changes were left out since one was told, ``None`` to leave this one out."""
        unreported = self._limits.setdefault(device, Limiter(MOST_CHANGES, WITHIN_S)).take(now)
        if unreported is None:
            self._untold.setdefault(device, now + WITHIN_S)
        else:
            self._untold.pop(device, None)
        return unreported

    def due(self, now: float) -> list[Device]:
        """Devices whose changes were left out a minute ago, and that are to be told as they are now."""
        found = [device for device, second in self._untold.items() if second <= now]
        for device in found:
            del self._untold[device]
        return found

    def next_deadline_s(self) -> float | None:
        """When :meth:`due` has something."""
        return min(self._untold.values(), default=None)
