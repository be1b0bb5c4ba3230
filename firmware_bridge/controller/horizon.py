"""An old Policy is never used silently: its timetables end one day, and long before that it is said, more than once."""

from __future__ import annotations

from typing import Final

from access_control.core.decision.model import Revision
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.world import World

DAY_S: Final = 86_400
STEPS: Final = (0, 7, 30, 90)
"""Days that are left when it is said. At 0 hours are over: who has them is refused, always and responders go on."""


class Horizon:
    """Says once for each step, and for each start and each Policy anew, how long the timetables still reach."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told: tuple[Revision, int] | None = None

    def look(self, answer: Answer) -> None:
        """Compare with the time, if that can be believed."""
        policy = self._world.policy
        if policy is None or not self._world.clock_trusted:
            return
        left_days = (policy.horizon - answer.at.timestamp()) / DAY_S
        step = next((days for days in STEPS if left_days < days or left_days <= 0), None)
        if step is None or (self._told is not None and self._told[0] == policy.revision and self._told[1] <= step):
            return
        self._told = policy.revision, step
        answer.record(EventCode.HORIZON_NEAR, days=max(0, int(left_days)))
