"""Unlocking for somebody who was granted: how long, until when it counts as theirs, and whether they went through."""

from __future__ import annotations

from dataclasses import dataclass

from access_control.core.decision.model import Door, RelockMode
from access_control.core.decision.slots import Slot
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import RememberPassUsed
from firmware_bridge.controller.world import World


@dataclass(frozen=True, slots=True)
class Grant:
    """One person's permission to go through once.

    ``pass_until`` is the UTC second until which a single-entry pass must be remembered as used; 0 for everything else.
    A ``trial`` is nobody's: the lock is tried, and nobody is expected to open the door.
    """

    slot: Slot
    unlock_s: float
    extended: bool = False
    responder: bool = False
    reader: int | None = None
    holder: int | None = None
    pass_id: int | None = None
    pass_until: int = 0
    by: str = ""
    trial: bool = False


class Momentary:
    """The grants at one door that nobody used yet, and the unlock that they share."""

    def __init__(self) -> None:
        self.slot: Slot | None = None
        self.until = 0.0
        self.extended = False
        self._waiting: list[Grant] = []
        self._counts_until = 0.0
        self._responders_until = 0.0

    def begin(self, door: Door, grant: Grant, now: float) -> None:
        """Unlock for ``grant``; with one running already, the longer time and the higher slot win."""
        running = self.slot is not None
        self.slot = min(self.slot, grant.slot) if self.slot is not None else grant.slot
        self.until = max(self.until, now + grant.unlock_s) if running else now + grant.unlock_s
        self.extended = grant.extended or (running and self.extended)
        if grant.responder:
            self._responders_until = max(self._responders_until, now + grant.unlock_s)
        self._waiting.append(grant)
        self._linger(door, self.until)

    def _linger(self, door: Door, end: float) -> None:
        self._counts_until = end + door.timing.forced_grace_s + door.timing.debounce_s

    def covers(self, now: float) -> bool:
        """Whether opening the door now is what the grant was for."""
        return now < self._counts_until

    @property
    def unused(self) -> bool:
        """Whether somebody was granted who has not gone through."""
        return bool(self._waiting)

    def lock_out(self, door: Door, now: float) -> None:
        """A lock came. The unlock goes on past it for responders, as long as theirs lasts, and for nobody else."""
        if self.slot is None:
            return
        if not any(grant.responder for grant in self._waiting) or self._responders_until <= now:
            self.stop(door, now)
            return
        self.slot = Slot.PERMITTED_GRANT
        self.until = min(self.until, self._responders_until)
        self._linger(door, self.until)

    def awaits_pass(self, pass_id: int) -> bool:
        """Whether somebody was let in with this pass and has not gone through yet."""
        return any(grant.pass_id == pass_id for grant in self._waiting)

    def stop(self, door: Door, now: float) -> None:
        """Lock again now. Whoever is pulling the handle still counts for a moment, and is no intruder."""
        if self.slot is not None:
            self.slot = None
            self._linger(door, min(now, self.until))

    def advance(self, door: Door, answer: Answer, *, watched: bool) -> None:
        """Let time pass: lock again when the time is over, then tell who did not go through."""
        if self.slot is not None and self.until <= answer.now:
            self.stop(door, answer.now)
        if self._waiting and self._counts_until <= answer.now:
            for grant in self._waiting:
                if watched and not grant.trial:
                    self._tell(EventCode.ACCESS_NOT_TAKEN, door, grant, answer)
            self._waiting.clear()

    def opened(self, door: Door, world: World, answer: Answer) -> None:
        """The door opened: everybody who was granted is taken to be through."""
        for grant in self._waiting:
            self._tell(EventCode.ACCESS_TAKEN, door, grant, answer, by=grant.by)
        self.use_up_passes(world, answer)
        self._waiting.clear()
        if self.slot is not None and door.timing.relock is RelockMode.ON_OPEN:
            self.until = min(self.until, answer.now + door.timing.relock_delay_s)

    def _tell(self, code: EventCode, door: Door, grant: Grant, answer: Answer, by: str = "") -> None:
        pass_id = pass_text(grant.pass_id)
        answer.record(code, door=door.id, reader=grant.reader, holder=grant.holder, by=by, pass_id=pass_id)

    def use_up_passes(self, world: World, answer: Answer) -> None:
        """Single-entry passes are spent now, whether or not anybody can tell who went through."""
        for grant in self._waiting:
            if grant.pass_id is not None and grant.pass_until and grant.pass_id not in world.passes_used:
                world.passes_used[grant.pass_id] = grant.pass_until
                answer.add(RememberPassUsed(grant.pass_id, grant.pass_until))

    def closed(self, door: Door, now: float) -> None:
        """The door closed behind them."""
        if not self._waiting and door.timing.relock is not RelockMode.TIMER:
            self.stop(door, now)

    def deadline(self) -> float | None:
        """When something changes by itself."""
        if self.slot is not None:
            return self.until
        return self._counts_until if self._waiting else None


def pass_text(pass_id: int | None) -> str | None:
    """A pass's number as events write it."""
    return None if pass_id is None else f"{pass_id:016x}"
