"""One event and not a storm of them, whatever comes to the port for neighbours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from access_control.core.wire.event_codes import EventCode
from firmware_bridge.clock import Clock
from firmware_bridge.controller.limits import Limiter

WITHIN_S: Final = 600.0
Detail = dict[str, str | int]
Tell = Callable[[EventCode, Detail], None]


class Complaints:
    """Records at most one event of a kind in ten minutes and counts the others. From any thread; never blocks."""

    def __init__(self, clock: Clock, tell: Tell) -> None:
        """``tell`` records an event and never blocks."""
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._limits: dict[tuple[EventCode, str], Limiter] = {}

    def note(self, code: EventCode, why: str, address: str, refusal: str = "") -> None:
        """Something came that must change nothing; ``refusal`` is a code of a short list, never what a caller chose."""
        with self._lock:
            limiter = self._limits.setdefault((code, refusal), Limiter(1, WITHIN_S))
            unreported = limiter.take(self._clock.monotonic_s())
        if unreported is None:
            return
        detail: Detail = {"why": why, "address": address}
        detail |= {"refusal": refusal, "kind": "directive"} if refusal else {}
        detail |= {"unreported": unreported} if unreported else {}
        self._tell(code, detail)
