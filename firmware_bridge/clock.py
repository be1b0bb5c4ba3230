"""The only reader of the clocks in the bridge; everything else takes a :class:`Moment` or seconds as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from firmware_bridge.controller.events import Moment


class Clock(Protocol):
    """Where moments come from."""

    def moment(self) -> Moment:
        """The present instant by both clocks."""
        ...

    def monotonic_s(self) -> float:
        """The present instant in monotonic seconds, for deadlines on a line."""
        ...


class SystemClock:
    """The machine's clocks."""

    def moment(self) -> Moment:
        """The present instant by both clocks."""
        return Moment(datetime.now(UTC), time.monotonic())

    def monotonic_s(self) -> float:
        """The present instant in monotonic seconds."""
        return time.monotonic()
