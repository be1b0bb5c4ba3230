"""A clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmware_bridge.controller.events import Moment

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """Stands still until it is told to go on."""

    at: datetime = MONDAY
    mono_s: float = 100.0

    def moment(self) -> Moment:
        return Moment(self.at, self.mono_s)

    def monotonic_s(self) -> float:
        return self.mono_s

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.mono_s += seconds
