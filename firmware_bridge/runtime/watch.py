"""Looks after what nobody else notices: ports that end or hang, a clock that jumps, a disk that takes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from access_control.core.wire.events import EventCode
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import ClockJudged, Moment, StorageJudged
from firmware_bridge.runtime.notify import NOBODY, Notifier
from firmware_bridge.runtime.wiring import Wiring
from firmware_bridge.store.clock_trust import JUMP, ClockFinding, Said, strayed
from firmware_bridge.uplink.service_time import ServiceTime

EVERY_S: Final = 1.0
PROVE_EVERY_S: Final = 60.0  # so often a proof is kept on the disk
SERVICE_S: Final = 10.0
"""For so long an answer of the service counts when a person accepts the clock; it answers every two seconds."""
_HANGS: Final = "Port {port} hangs: its driver or adapter does not answer. systemd starts the bridge anew; else do so."
Judge = Callable[[ClockJudged | StorageJudged], None]
"""Hands a judgement to the controller at once."""
_log = logging.getLogger(__name__)


class Doubt(StrEnum):
    """Why the clock is not believed."""

    NONE = "none"
    UNPROVED = "unproved"
    JUMPED = "jumped"
    SERVICE = "service"
    BEFORE = "before"


class ServiceSays(StrEnum):
    """What the service's time says of the clock now."""

    AGREES = "agrees"
    DIFFERS = "differs"
    SILENT = "silent"


class NotAccepted(StrEnum):
    """Why a person's word for the clock was not taken."""

    BELIEVED = "believed"
    CONTRADICTED = "contradicted"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class ClockStanding:
    """What the clock says, ``at``, whether that is believed, and why not.

    ``off_s`` is how far it is ahead of the service, of where it should be, or of ``newest``, in seconds, as ``doubt``
    has it; less than 0 if it is behind. ``newest`` is the time that a right clock cannot be before.
    """

    at: datetime
    trusted: bool
    doubt: Doubt
    off_s: int
    newest: datetime | None
    service: ServiceSays


class Watch:
    """Used by the loop's thread only, except that anybody may ask how it stands with the clock."""

    def __init__(
        self,
        wiring: Wiring,
        *,
        clock_trusted: bool,
        newest_known: datetime | None,
        believed_at: Moment | None = None,
        notifier: Notifier = NOBODY,
        summary: Callable[[], str] = str,
        storing: Callable[[], bool] = lambda: True,
    ) -> None:
        """``newest_known`` is the time of the newest stored document or event.

        ``believed_at`` is when an earlier run in this boot of the machine last believed the clock.
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
        self._noticed_s: float | None = None
        self._answered: ServiceTime | None = None  # the service's last that said anything of the clock
        self._steady = believed_at  # when the clock was last believed, and what both clocks said then
        self.clock_trusted = clock_trusted

    def look(self, moment: Moment, judge: Judge, record: Callable[[RecordEvent], None]) -> ClockFinding | None:
        """Look about once a second; tell the controller and the record what was found.

        Returns:
            As :meth:`compare`: a believed moment that is to be kept, now and then.
        """
        if self._looked_s is not None and moment.mono_s - self._looked_s < EVERY_S:
            return None
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
        self.notice(moment, judge, record)
        if not self.clock_trusted:
            return None
        # What a clock says that is not believed is no reason to call the right time too early later.
        self._newest = moment.at if self._newest is None else max(self._newest, moment.at)
        return self._to_keep(moment)

    def notice(self, moment: Moment, judge: Judge, record: Callable[[RecordEvent], None]) -> None:
        """Hold the clock beside the monotonic one; called before anything is decided by the time that it says.

        A jump casts doubt on it, forward or back: off-line there is nobody to ask, and an hour too early opens a door.
        When it is back where the monotonic clock says that it should be, it is believed again.
        """
        if self._noticed_s is not None and moment.mono_s < self._noticed_s:
            return  # it waited in a queue, while a later one came by another port
        self._noticed_s = moment.mono_s
        off = timedelta()
        if self._steady is not None:
            off = strayed(self._steady, moment)
        before = self._newest is not None and self._newest - moment.at > JUMP
        if not self.clock_trusted:
            if self._steady is not None and abs(off) <= JUMP and not before:
                self._believe(moment, judge)
        elif abs(off) > JUMP or before:
            off = moment.at - self._newest if self._steady is None and self._newest is not None else off
            how = "ahead_s" if off > timedelta() else "behind_s"
            by_s = abs(round(off.total_seconds()))
            _log.error("The clock has jumped by %d s (%s); it is not believed any more.", by_s, how)
            self._doubt(moment, {how: by_s}, judge, record)
        else:
            self._steady = moment

    def compare(self, time: ServiceTime, judge: Judge, record: Callable[[RecordEvent], None]) -> ClockFinding | None:
        """Hold the clock beside the service's; a moment that is to be kept as proof, now and then, or a doubt.

        A service whose time lies before what is stored here proves nothing: its own clock may be wrong. It casts doubt
        all the same, since one of the two clocks must be.
        """
        if time.proves or time.contradicts:
            self._answered = time
        if time.proves:
            behind = self._newest is not None and self._newest - time.service > JUMP
            return None if behind else self._prove(time, judge)
        if time.contradicts:
            news = self.clock_trusted or self._steady is not None
            if self.clock_trusted:
                ahead_s = round(time.ahead.total_seconds())
                _log.error("The clock is %d s ahead of the service's; it is not believed any more. Set it.", ahead_s)
                self._doubt(time.heard, {"ahead_s": ahead_s}, judge, record)
            self._steady = None  # how it went on says nothing where it was wrong already
            return ClockFinding(time.heard, Said.CONTRADICTED) if news else None
        return None

    def standing(self, moment: Moment) -> ClockStanding:
        """What is believed of the clock now; safe from any thread."""
        newest, steady, answered = self._newest, self._steady, self._answered
        service = self._service_says(moment)
        doubt, off = Doubt.UNPROVED, timedelta()
        if self.clock_trusted:
            doubt = Doubt.NONE
        elif service is ServiceSays.DIFFERS and answered is not None:
            doubt, off = Doubt.SERVICE, answered.ahead + strayed(answered.heard, moment)
        elif newest is not None and newest - moment.at > JUMP:
            doubt, off = Doubt.BEFORE, moment.at - newest
        elif steady is not None:
            doubt, off = Doubt.JUMPED, strayed(steady, moment)
        return ClockStanding(moment.at, self.clock_trusted, doubt, round(off.total_seconds()), newest, service)

    def _service_says(self, moment: Moment) -> ServiceSays:
        answered = self._answered
        if answered is None or moment.mono_s - answered.heard.mono_s > SERVICE_S:
            return ServiceSays.SILENT
        agrees = answered.proves and abs(strayed(answered.heard, moment)) <= JUMP
        return ServiceSays.AGREES if agrees else ServiceSays.DIFFERS

    def accept(
        self, moment: Moment, by: str, judge: Judge, record: Callable[[RecordEvent], None], *, confirmed: bool
    ) -> ClockFinding | NotAccepted:
        """Believe the clock on a person's word, also before what is stored here: once somebody else's clock was wrong.

        ``confirmed``: they have looked at another clock. It is not asked for where the service agrees, and does not
        count where the service says otherwise: then one of the two clocks is wrong, and has to be set.
        """
        stands = self.standing(moment)
        if stands.trusted:
            return NotAccepted.BELIEVED
        if stands.service is ServiceSays.DIFFERS:
            return NotAccepted.CONTRADICTED
        if stands.service is ServiceSays.SILENT and not confirmed:
            return NotAccepted.UNCONFIRMED
        before_s = -stands.off_s if stands.doubt is Doubt.BEFORE else 0
        detail: dict[str, str | int] = {"by": by, "service": stands.service.value, "before_s": before_s}
        record(RecordEvent(EventCode.CLOCK_ACCEPTED, detail=detail))
        self._newest, self._steady = moment.at, moment
        self._believe(moment, judge)
        return ClockFinding(moment, Said.ACCEPTED)

    def _prove(self, time: ServiceTime, judge: Judge) -> ClockFinding | None:
        self._steady = time.heard
        if not self.clock_trusted:
            self._believe(time.heard, judge)
        return self._to_keep(time.heard)

    def _to_keep(self, moment: Moment) -> ClockFinding | None:
        if self._proved_s is not None and moment.mono_s - self._proved_s < PROVE_EVERY_S:
            return None
        self._proved_s = moment.mono_s
        return ClockFinding(moment, Said.PROVED)

    def _believe(self, moment: Moment, judge: Judge) -> None:
        self.clock_trusted, self._proved_s = True, None
        judge(ClockJudged(moment, trusted=True))

    def _doubt(
        self, moment: Moment, detail: dict[str, str | int], judge: Judge, record: Callable[[RecordEvent], None]
    ) -> None:
        self.clock_trusted = False
        record(RecordEvent(EventCode.CLOCK_SKEW, detail=dict(detail)))
        judge(ClockJudged(moment, trusted=False))
