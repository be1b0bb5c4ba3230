"""How old the Policy is, in the words of ``status`` and ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_DAY_S: Final = 86_400
_WHERE: Final = {"exterior": "outside doors", "interior": "inside doors", "room": "rooms"}
OVER: Final = 100
"""The step at which timed rights have stopped."""


def confirmed(policy_age: Mapping[str, Any]) -> str:
    """When the service last said that the Policy still holds."""
    age_s = policy_age["policy_age_s"]
    if age_s < _DAY_S:
        return f"confirmed {age_s:.0f} s ago" if age_s < 120 else f"confirmed {age_s / 3600:.1f} h ago"
    return f"NOT confirmed for {_days(int(age_s // _DAY_S))}"


def warnings(policy_age: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """For each class of doors where it was told, the step that was reached and a sentence, the worst first."""
    days = int(policy_age["policy_age_s"] // _DAY_S)
    steps = sorted(policy_age["steps"].items(), key=lambda item: -item[1])
    for door_class, step in steps:
        if step == OVER:
            yield step, f"Timed rights have stopped at {_WHERE[door_class]}. Restore the connection to the service."
        elif step:
            left = max(1, policy_age["limits"][door_class] - days)
            yield step, f"In {_days(left)} timed rights stop at {_WHERE[door_class]}. Restore the connection before."


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
