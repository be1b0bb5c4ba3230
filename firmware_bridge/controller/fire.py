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

    It is taken as the door was wired when the fire began: a new Policy does not lock what a fire released. A cut or
    shorted input is trouble and not a fire; neither is it the end of one.
    """

    def __init__(self) -> None:
        self.effect: Effect | None = None
        self.source: Point | None = None
        self._manual_reset = False
        self._over = False

    @property
    def latched(self) -> bool:
        """Whether the input is normal again and only a person's reset is missing."""
        return self.effect is not None and self._over

    def restore(self, door: Door) -> None:
        """Go on with a fire that commanded the door when the bridge stopped, until its input is seen normal."""
        if door.lock.fire_input is not None:
            self._begin(door)

    def see(self, door: Door, point: Point, state: InputState, answer: Answer) -> None:
        """Take a new state of a fire input."""
        if self.effect is None:
            if point == door.lock.fire_input and state is InputState.ACTIVE:
                self._begin(door)
                self._tell(door, answer)
        elif point == self.source:
            if state is InputState.ACTIVE:
                self._over = False
            elif state is InputState.NORMAL:
                self._over = True
                if not self._manual_reset:
                    self._end(door, answer, "")

    def reset(self, door: Door, by: str, answer: Answer) -> bool:
        """A person resets the door. ``False``: there is nothing to reset, or the input is still active."""
        if not self.latched:
            return False
        self._end(door, answer, by)
        return True

    def _begin(self, door: Door) -> None:
        self.effect = _EFFECTS.get(door.lock.fire_action)
        self.source = door.lock.fire_input
        self._manual_reset = door.lock.fire_manual_reset
        self._over = False

    def _tell(self, door: Door, answer: Answer) -> None:
        if self.effect is not None:
            answer.record(EventCode.FIRE_RELEASE_APPLIED, door=door.id, action=door.lock.fire_action.value)
            answer.add(RememberFire(door.id, held=True))

    def _end(self, door: Door, answer: Answer, by: str) -> None:
        self.effect = None
        answer.record(EventCode.FIRE_RELEASE_CLEARED, door=door.id, by=by)
        answer.add(RememberFire(door.id, held=False))
