"""How old each bridge's Policy is, as the service knows it: since when it has not told the bridge that it still holds.

The bridge counts the same from its own side (docs/decisions.md). One that is silent counts on without the service, so
the limits are those that it named when it was last heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from access_control.core.decision.model import DoorClass
from access_control.core.decision.policy_age import DAY_S, is_over, step_of
from access_control.core.wire.errors import Refused
from access_control.core.wire.spelling import read_time, write_time
from access_control.readers.models import Bridge
from access_control.readers.status_said import StatusSaid

CONFIRMED: Final = "policy_confirmed_at"
"""Where ``Bridge.in_force`` has when the bridge was last told that it has the newest Policy."""


@dataclass(frozen=True, slots=True)
class ClassAge:
    """What the age of a Policy means at one class of doors.

    Attributes:
        step: 50 or 80 per cent of the limit, or 100 where timed rights have stopped.
        days: How old it is, in whole days.
    """

    door_class: DoorClass
    step: int
    days: int
    limit_days: int

    @property
    def over(self) -> bool:
        """Whether timed rights have stopped."""
        return is_over(self.step)


def note_confirmed(before: Mapping[str, Any], there: str | None, newest: str | None, at: datetime) -> dict[str, str]:
    """What ``in_force`` keeps of it: ``there`` is the Policy that a bridge has, ``newest`` the one published."""
    if there is not None and there == newest:
        return {CONFIRMED: write_time(at)}
    kept = before.get(CONFIRMED)
    return {CONFIRMED: kept} if isinstance(kept, str) else {}


def ages_of(bridge: Bridge, said: StatusSaid | None, at: datetime) -> tuple[ClassAge, ...]:
    """The classes of doors at which a warning is due, the worst first."""
    age_s = _age_s(bridge, at)
    if said is None or said.policy_age is None or age_s is None:
        return ()
    named = [(door_class, said.policy_age.limits.get(door_class.value)) for door_class in DoorClass]
    found = [
        ClassAge(door_class, step, int(age_s // DAY_S), limit)
        for door_class, limit in named
        if limit is not None and (step := step_of(limit, age_s))
    ]
    return tuple(sorted(found, key=lambda one: -one.step))


def is_old(bridge: Bridge, said: StatusSaid, door_class: DoorClass, at: datetime) -> bool | None:
    """Whether timed rights have stopped at such a door; ``None`` where nobody knows."""
    if said.policy_age is None:
        return None
    return any(one.over and one.door_class is door_class for one in ages_of(bridge, said, at))


def _age_s(bridge: Bridge, at: datetime) -> float | None:
    kept = bridge.in_force.get(CONFIRMED)
    if not isinstance(kept, str):
        return None
    try:
        return (at - read_time(kept)).total_seconds()
    except Refused:
        return None
