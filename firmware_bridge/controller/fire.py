"""What a fire input does to one door, and that nothing but the input itself (and a person, where set) ends it."""

from __future__ import annotations

from access_control.core.decision.model import Door, FireAction, Point
from access_control.core.decision.slots import Effect
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import RememberFire
from firmware_bridge.controller.events import InputState

_EFFECTS = {FireAction.RELEASE: Effect.UNLOCK, FireAction.RELATCH: Effect.RELAY_OFF}


class FireHold:
    """Fire's command of one door.

    It is taken as the door was wired when the fire began: neither a new Policy nor a restart locks what a fire
    released. A cut or shorted input is trouble and not a fire; neither is it the end of one.
    """

    def __init__(self) -> None:
        self.built: Door | None = None
        """The door as it was wired when fire took it, while fire holds it."""
        self._manual_reset = False
        self._over = False

    @property
    def effect(self) -> Effect | None:
        """What fire makes of the lock, ``None`` while it holds nothing."""
        return None if self.built is None else _EFFECTS[self.built.lock.fire_action]

    @property
    def source(self) -> Point | None:
        """The input that holds the door."""
        return None if self.built is None else self.built.lock.fire_input

    @property
    def latched(self) -> bool:
        """Whether the input is normal again and only a person's reset is missing."""
        return self.built is not None and self._over

    def restore(self, built: Door) -> None:
        """Go on with a fire that commanded the door when the bridge stopped, until its input is seen normal."""
        self._begin(built)

    def see(self, door: Door, point: Point, state: InputState, answer: Answer) -> None:
        """Take a new state of a fire input."""
        if self.built is None:
            if point == door.lock.fire_input and state is InputState.ACTIVE:
                self._begin(door)
                self._tell(door, answer)
        elif point == self.source:
            if state is InputState.ACTIVE:
                self._over = False
            elif state is InputState.NORMAL:
                self._over = True
                if not self._manual_reset:
                    self._end(answer, "")

    def lose_input(self) -> None:
        """The input's device is this bridge's no longer, so nobody will see it at rest: a person must look."""
        self._over = self._manual_reset = True

    def lose_lock(self, answer: Answer) -> None:
        """The lock's device is this bridge's no longer: what the door has now follows its own fire input."""
        self._end(answer, "")

    def reset(self, by: str, answer: Answer) -> bool:
        """A person resets the door. ``False``: there is nothing to reset, or the input is still active."""
        if not self.latched:
            return False
        self._end(answer, by)
        return True

    def _begin(self, built: Door) -> None:
        if built.lock.fire_action in _EFFECTS and built.lock.fire_input is not None:
            self.built = built
            self._manual_reset = built.lock.fire_manual_reset
            self._over = False

    def _tell(self, door: Door, answer: Answer) -> None:
        if self.built is not None:
            answer.record(EventCode.FIRE_RELEASE_APPLIED, door=door.id, action=door.lock.fire_action.value)
            answer.add(RememberFire(door.id, self.built))

    def _end(self, answer: Answer, by: str) -> None:
        assert self.built is not None
        answer.record(EventCode.FIRE_RELEASE_CLEARED, door=self.built.id, by=by)
        answer.add(RememberFire(self.built.id, None))
        self.built = None
