"""Looks after what nobody else would notice: a port's thread that ended, and a clock that was set back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from access_control.core.wire.events import EventCode
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import ClockJudged, Moment
from firmware_bridge.runtime.wiring import Wiring

EVERY_S: Final = 1.0
SET_BACK: Final = timedelta(seconds=5)
_log = logging.getLogger(__name__)


class Watch:
    """Used by the loop's thread only, except that anybody may ask whether the clock is trusted."""

    def __init__(self, wiring: Wiring, *, clock_trusted: bool, newest_known: datetime | None) -> None:
        """``newest_known`` is the time of the newest stored document or event."""
        self._wiring = wiring
        self._newest = newest_known
        self._looked_s: float | None = None
        self.clock_trusted = clock_trusted

    def look(self, moment: Moment, judge: Callable[[ClockJudged], None], record: Callable[[RecordEvent], None]) -> None:
        """Look about once a second; tell the controller and the record what was found."""
        if self._looked_s is not None and moment.mono_s - self._looked_s < EVERY_S:
            return
        self._looked_s = moment.mono_s
        self._wiring.revive()
        if self._newest is None or moment.at >= self._newest:
            self._newest = moment.at
        elif self._newest - moment.at > SET_BACK and self.clock_trusted:
            self.clock_trusted = False
            behind_s = round((self._newest - moment.at).total_seconds())
            _log.error("The clock was set back by %d s; it is not believed any more.", behind_s)
            record(RecordEvent(EventCode.CLOCK_SKEW, detail={"behind_s": behind_s}))
            judge(ClockJudged(moment, trusted=False))
