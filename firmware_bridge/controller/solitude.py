"""A bridge that decides without its service: readers show it, but not for a moment without a network."""

from __future__ import annotations

from typing import Final

from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building

SHOWN_AFTER_S: Final = 50.0
"""With the 10 s after which the service counts as not reached, readers show it after a minute."""


class Solitude:
    """Keeps ``World.alone``.

    Attributes:
        due_s: When it is to be shown, in monotonic seconds; ``None`` while it is not, or is already.
    """

    def __init__(self, building: Building) -> None:
        """A bridge without a service is not alone: nothing is missing."""
        self._building = building
        self.due_s: float | None = None

    def judge(self, answer: Answer, *, reached: bool) -> None:
        """The service is reached, or is not."""
        if reached:
            self.due_s = None
            self._set(alone=False)
        elif self.due_s is None and not self._building.world.alone:
            self.due_s = answer.now + SHOWN_AFTER_S

    def look(self, answer: Answer) -> None:
        """See whether it is time to show it."""
        if self.due_s is not None and answer.now >= self.due_s:
            self.due_s = None
            self._set(alone=True)

    def _set(self, *, alone: bool) -> None:
        if self._building.world.alone is not alone:
            self._building.world.alone = alone
            self._building.touch_all()
