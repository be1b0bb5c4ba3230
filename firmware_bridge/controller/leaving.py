"""People who leave: an exit button or bar silences the forced alarm and, on magnets, unlocks. Nothing blocks it."""

from __future__ import annotations

from collections.abc import Callable

from access_control.core.decision.model import Door, Lock, Point
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.events import InputState
from firmware_bridge.controller.limits import Limiter

LEAST_HOLD_S = 30.0
"""A magnet that an exit button released stays released for at least so long (the common rule of the building codes)."""

STUCK_S = 300.0
"""An input that is active for so long without a break is stuck or taped: motion sensors see people stand about, and
nobody presses a button for minutes. It goes on unlocking, but no opening is taken for somebody who leaves any more."""


class Leaving:
    """One door's exit input."""

    def __init__(self) -> None:
        self.active = False
        self.stuck = False
        """Whether it has been active for :data:`STUCK_S`, and was not seen at rest since."""
        self._active_since = 0.0
        self._shunt_until = 0.0
        self._unlock_until = 0.0
        self._kept: tuple[Lock, float] | None = None
        self._told = Limiter(6, 60.0)

    def see(self, door: Door, state: InputState, answer: Answer, during: str) -> None:
        """Take a new state of the input. One that is lost or broken ends like a released button: the hold runs out."""
        was, self.active = self.active, state is InputState.ACTIVE
        if self.active and not was:
            self._active_since = answer.now
        if state is InputState.NORMAL:
            self._end_stuck(door, answer)
        if was or self.active:
            self._hold(door, answer.now)
        if self.active and not was:
            unreported = self._told.take(answer.now)
            if unreported is not None:
                answer.record(EventCode.REX, door=door.id, during=during, unreported=unreported or None)

    def advance(self, door: Door, answer: Answer) -> None:
        """Let time pass: tell once of an input that is never let go."""
        if self.active and not self.stuck and answer.now >= self._active_since + STUCK_S:
            self.stuck, self._shunt_until = True, 0.0
            answer.record(EventCode.REX_STUCK, door=door.id)

    def _end_stuck(self, door: Door, answer: Answer) -> None:
        if self.stuck:
            self.stuck = False
            answer.record(EventCode.REX_STUCK_CLEARED, door=door.id)

    def unwired(self, door: Door, answer: Answer) -> None:
        """The input is this door's no more, or means something else: it ends like a released button."""
        if self.active:
            self.active = False
            self._hold(door, answer.now)
        self._end_stuck(door, answer)

    def relock(self, before: Door, after: Door | None, built: Lock, now: float) -> None:
        """A new Policy makes another lock of the door: whoever is leaving is let out by ``built``, which is there.

        The button counts as let go, since it may mean nothing for the new lock. ``None`` leaves the door out: its lock
        is the same, but whatever else the Policy moves by that output waits.
        """
        same = after is not None and _lets_out(before.lock) == _lets_out(after.lock)
        there = after is not None and _lets_out(built) == _lets_out(after.lock)
        if there and self.kept(now) is None:
            self._kept = None
        # Fire may have held an older lock, by which somebody leaves as it ends.
        same = same and (there or self._kept is not None)
        if same or not self._opens(before, now):
            return
        end = now + _hold_s(before) if self.active else self._unlock_until
        kept = self.kept(now)
        self._kept = (built, end) if kept is None or self._kept is None else (kept, max(end, self._kept[1]))

    def keep_only(self, listed: Callable[[Point], bool]) -> None:
        """A lock whose device is this bridge's no longer lets nobody out."""
        if self._kept is not None and not listed(self._kept[0].output):
            self._kept = None

    def kept(self, now: float) -> Lock | None:
        """The lock of an older Policy that somebody is still being let out by."""
        return self._kept[0] if self._kept is not None and now < self._kept[1] else None

    def _hold(self, door: Door, now: float) -> None:
        if not self.stuck:
            self._shunt_until = now + door.timing.rex_shunt_s
        self._unlock_until = now + _hold_s(door)

    def unlocks(self, door: Door, now: float) -> bool:
        """Whether the door must be unlocked for somebody who leaves."""
        return self._opens(door, now) or self.kept(now) is not None

    def _opens(self, door: Door, now: float) -> bool:
        return door.lock.rex_unlocks and (self.active or now < self._unlock_until)

    def shunts(self, door: Door, now: float) -> bool:
        """Whether an opening that the contact has just confirmed is somebody leaving."""
        return (self.active and not self.stuck) or now < self._shunt_until + door.timing.debounce_s

    def deadline(self, door: Door, now: float) -> float | None:
        """When the hold runs out, or an input counts as stuck."""
        ends = [self._kept[1]] if self._kept is not None else []
        if self.active and not self.stuck:
            ends.append(self._active_since + STUCK_S)
        if door.lock.rex_unlocks and not self.active:
            ends.append(self._unlock_until)
        return min((end for end in ends if end > now), default=None)


def _hold_s(door: Door) -> float:
    return max(LEAST_HOLD_S, door.timing.rex_unlock_s)


def _lets_out(lock: Lock) -> tuple[object, ...]:
    return lock.output, lock.unlock_when, lock.rex_unlocks
