"""How old a Policy may get at each class of doors, and from when on that is said (docs/decisions.md).

The age counts from when the service last said that this is the Policy it has, not from when it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from access_control.core.decision.building import DoorClass

DAY_S: Final = 86_400
STEPS: Final = (100, 80, 50)
"""Per cent of the limit at which it is said; at the first of them timetables do not count any more."""
DEFAULT_AGE_LIMITS: Final[Mapping[DoorClass, int]] = MappingProxyType(
    {DoorClass.EXTERIOR: 30, DoorClass.INTERIOR: 60, DoorClass.ROOM: 90}
)
"""Days. A class that is not named has no limit but the horizon."""


def step_of(limit_days: int | None, age_s: float) -> int:
    """The highest of :data:`STEPS` that an age has reached; 0 for none, and where there is no limit."""
    if limit_days is None:
        return 0
    return next((step for step in STEPS if age_s * 100 >= limit_days * DAY_S * step), 0)


def too_old(limit_days: int | None, age_s: float) -> bool:
    """Whether timetables do not count any more."""
    return is_over(step_of(limit_days, age_s))


def is_over(step: int) -> bool:
    """Whether it is the last of :data:`STEPS`, at which timetables do not count any more."""
    return step == STEPS[0]
