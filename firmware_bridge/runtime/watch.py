"""Looks after what nobody else notices: ports that end or hang, a clock set back, a disk that takes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from access_control.core.wire.events import EventCode
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import ClockJudged, Moment, StorageJudged
from firmware_bridge.runtime.notify import NOBODY, Notifier
from firmware_bridge.runtime.wiring import Wiring
from firmware_bridge.uplink.service_time import ServiceTime

EVERY_S: Final = 1.0
PROVE_EVERY_S: Final = 60.0  # so often a proof is kept on the disk
SET_BACK: Final = timedelta(seconds=5)
_HANGS: Final = "Port {port} hangs: its driver or adapter does not answer. systemd starts the bridge anew; else do so."
Judge = Callable[[ClockJudged | StorageJudged], None]
"""Hands a judgement to the controller at once."""
_log = logging.getLogger(__name__)


class Watch:
    """Used by the loop's thread only, except that anybody may ask whether the clock is trusted."""

    def __init__(
        self,
        wiring: Wiring,
        *,
        clock_trusted: bool,
        newest_known: datetime | None,
        notifier: Notifier = NOBODY,
        summary: Callable[[], str] = str,
        storing: Callable[[], bool] = lambda: True,
    ) -> None:
        """``newest_known`` is the time of the newest stored document or event.

        ``notifier`` hears about once a second that the loop and every port's thread work, and ``summary`` when it
        changes. ``storing`` tells whether the disk takes what must be stored, as far as is known.
        """
        self._wiring = wiring
        self._notifier = notifier
        self._summary = summary
        self._storing = storing
        self._stored = storing()
        self._newest = newest_known
        self._hanging: set[str] = set()
        self._looked_s: float | None = None
        self._proved_s: float | None = None
        self.clock_trusted = clock_trusted

    def look(self, moment: Moment, judge: Judge, record: Callable[[RecordEvent], None]) -> None:
        """Look about once a second; tell the controller and the record what was found."""
        if self._looked_s is not None and moment.mono_s - self._looked_s < EVERY_S:
            return
        self._looked_s = moment.mono_s
        self._wiring.revive()
        hanging = self._wiring.hanging()
        for port in sorted(set(hanging) - self._hanging):
            _log.error("Port %s hangs.", port)
            record(RecordEvent(EventCode.CONTROLLER_FAULT, detail={"why": _HANGS.format(port=port), "port": port}))
        self._hanging = set(hanging)
        if self._wiring.all_alive() and not hanging:
            self._notifier.alive()
            self._notifier.status(self._summary())
        if self._storing() is not self._stored:
            self._stored = not self._stored
            judge(StorageJudged(moment, self._stored))
        if self._newest is None or moment.at >= self._newest:
            # What a clock says that is not believed is no reason to call the right time too early later.
            self._newest = moment.at if self.clock_trusted else self._newest
        elif self._newest - moment.at > SET_BACK and self.clock_trusted:
            self.clock_trusted = False
            behind_s = round((self._newest - moment.at).total_seconds())
            _log.error("The clock was set back by %d s; it is not believed any more.", behind_s)
            record(RecordEvent(EventCode.CLOCK_SKEW, detail={"behind_s": behind_s}))
            judge(ClockJudged(moment, trusted=False))

    def compare(self, time: ServiceTime, judge: Judge, record: Callable[[RecordEvent], None]) -> datetime | None:
        """Hold the clock beside the service's; a moment that is to be kept as proof, now and then.

        A service whose time lies before what is stored here proves nothing: its own clock may be wrong. It casts doubt
        all the same, since one of the two clocks must be.
        """
        if time.proves:
            behind = self._newest is not None and self._newest - time.service > SET_BACK
            return None if behind else self._prove(time, judge)
        if time.contradicts and self.clock_trusted:
            self.clock_trusted = False
            ahead_s = round(time.ahead.total_seconds())
            _log.error("The clock is %d s ahead of the service's; it is not believed any more. Set it.", ahead_s)
            record(RecordEvent(EventCode.CLOCK_SKEW, detail={"ahead_s": ahead_s}))
            judge(ClockJudged(time.heard, trusted=False))
        return None

    def _prove(self, time: ServiceTime, judge: Judge) -> datetime | None:
        news = not self.clock_trusted
        if news:
            self.clock_trusted = True
            judge(ClockJudged(time.heard, trusted=True))
        if not news and self._proved_s is not None and time.heard.mono_s - self._proved_s < PROVE_EVERY_S:
            return None
        self._proved_s = time.heard.mono_s
        return time.heard.at
