"""Doors and the people who use them, as bodies rather than as software sees them. Pure; seconds are monotonic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from access_control.core.decision.model import LockKind, UnlockWhen


@dataclass(slots=True)
class Door:
    """A leaf, its lock, its contact and its exit button or lever.

    Whoever is inside gets out with one motion: the lever retracts the latch mechanically, and a magnet's exit button
    cuts its power in the wiring. No relay and no fault here can prevent that.

    Attributes:
        energised: Whether the relay feeds the lock's circuit.
        rex_pressed: Whether the exit button, lever switch or motion sensor is active.
        jammed_open: Something keeps the leaf from closing.
        contact_stuck: What the contact reports whatever the leaf does; ``None`` is a good contact.
        latch_stuck: The latch does not throw although the leaf is closed.
        lock_stuck: The lock stays released or locked whatever its relay does; ``None`` is a good lock.
    """

    kind: LockKind = LockKind.STRIKE
    unlock_when: UnlockWhen = UnlockWhen.RELAY_ON
    energised: bool = False
    open: bool = False
    rex_pressed: bool = False
    jammed_open: bool = False
    contact_stuck: bool | None = None
    latch_stuck: bool = False
    lock_stuck: bool | None = None

    @property
    def released(self) -> bool:
        """Whether someone outside can pull the door open."""
        if self.lock_stuck is not None:
            return self.lock_stuck
        power_cut_by_hand = self.kind is LockKind.MAGLOCK and self.rex_pressed
        return power_cut_by_hand or self.energised == (self.unlock_when is UnlockWhen.RELAY_ON)

    @property
    def contact_active(self) -> bool:
        """What the door contact reports: active means open."""
        return self.open if self.contact_stuck is None else self.contact_stuck

    @property
    def latch_active(self) -> bool:
        """What the latch monitor reports: active means not thrown."""
        return self.open or self.latch_stuck or (self.kind is LockKind.MAGLOCK and self.released)

    def pull(self) -> bool:
        """Try from outside; whether the door is open now."""
        self.open = self.open or self.released
        return self.open

    def leave(self) -> bool:
        """Press the lever, bar or exit button and push from inside; whether the door is open now."""
        self.open = True
        return self.open

    def force(self) -> bool:
        """Break it open; whether the door is open now."""
        self.open = True
        return self.open

    def close(self) -> bool:
        """Let the closer do its work; whether the door is closed now."""
        self.open = self.jammed_open
        return not self.open


class Doing(StrEnum):
    """What a person at a door is about."""

    WAITING = "waiting"
    REACHING = "reaching"
    PASSING = "passing"
    PASSED = "passed"
    GAVE_UP = "gave_up"


@dataclass(slots=True)
class Walk:
    """One person at one door: waits for its release, opens it, passes, and lets it close.

    Attributes:
        out: Leaving: the person presses the lever and waits for nobody.
        patience_s: How long the person waits outside for a green light.
        reach_s: From release to pulling the door.
        pass_s: How long the door is open.
        next_s: When :meth:`step` must be called again at the latest.
    """

    door: Door
    started_s: float
    out: bool = False
    patience_s: float = 8.0
    reach_s: float = 0.4
    pass_s: float = 1.5
    doing: Doing = Doing.WAITING
    next_s: float | None = None

    @property
    def over(self) -> bool:
        """Whether the person has gone, one way or the other."""
        return self.doing in {Doing.PASSED, Doing.GAVE_UP}

    def step(self, now_s: float) -> None:
        """Do what it is time for. Call it when ``next_s`` has come and when the door's lock has moved."""
        if self.doing is Doing.WAITING:
            self._wait(now_s)
        if self.next_s is None or now_s < self.next_s:
            return
        if self.doing is Doing.REACHING:
            self._reach(now_s)
        elif self.doing is Doing.PASSING:
            self.door.close()
            self._turn_to(Doing.PASSED, None)

    def _wait(self, now_s: float) -> None:
        if self.out:
            self.door.rex_pressed = True
        if self.out or self.door.released or self.door.open:
            self._turn_to(Doing.REACHING, now_s + self.reach_s)
        elif now_s >= self.started_s + self.patience_s:
            self._turn_to(Doing.GAVE_UP, None)
        else:
            self.next_s = self.started_s + self.patience_s

    def _reach(self, now_s: float) -> None:
        opened = self.door.leave() if self.out else self.door.pull()
        self.door.rex_pressed = False if self.out else self.door.rex_pressed
        if opened:
            self._turn_to(Doing.PASSING, now_s + self.pass_s)
        else:
            self._turn_to(Doing.WAITING, None)
            self._wait(now_s)

    def _turn_to(self, doing: Doing, next_s: float | None) -> None:
        self.doing, self.next_s = doing, next_s
