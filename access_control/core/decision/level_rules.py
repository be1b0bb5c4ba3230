"""The rules about rights: deny rules first, then the levels that open this door at this time."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from access_control.core.decision.case import Rule
from access_control.core.decision.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from access_control.core.decision.building import Timetable
    from access_control.core.decision.case import Case

_NONE: Mapping[int, Timetable] = MappingProxyType({})


def _deny_rules(case: Case) -> Reason | None:
    if case.responder:
        return None
    policy = case.policy
    kind = policy.holders.level_sets[case.holder]
    if kind < 0:
        return Reason.DENIED_POLICY
    case.levels = policy.level_sets[kind]
    denials = policy.denials.get(case.reader.door)
    if not denials:
        return None
    applying = [denials[level] for level in case.levels if level in denials]
    if any(times.covers(case.second) for times in applying):
        return Reason.DENIED_DENY_RULE
    if case.past_horizon and any(times.starts for times in applying):
        return Reason.DENIED_PAST_HORIZON
    if case.exterior and any(case.doubtful(times) for times in applying):
        return Reason.DENIED_CLOCK_UNTRUSTED
    return None


def _access_levels(case: Case) -> Reason | None:
    if case.responder:
        return None
    grants = case.policy.grants.get(case.reader.door, _NONE)
    outlived = case.outlived
    judged = case.clock_trusted and outlived is None
    named = sometimes = False
    for level in case.levels:
        times = grants.get(level)
        if times is None:
            continue
        if times.always or (judged and times.covers(case.second)):
            return None
        named = True
        sometimes = sometimes or bool(times.starts)
    if not named:
        return _refused_without_level(case)
    if outlived is not None:
        return outlived
    if case.clock_trusted or not sometimes:
        return Reason.DENIED_OUT_OF_SCHEDULE
    # Inside, a timed level opens its door at any time while nobody can tell the time: better than a dark corridor.
    return Reason.DENIED_CLOCK_UNTRUSTED if case.exterior else None


def _refused_without_level(case: Case) -> Reason:
    opens_something = not case.policy.opening_levels.isdisjoint(case.levels)
    return Reason.DENIED_DOOR if opens_something else Reason.DENIED_NO_LEVEL


def _saw_levels(case: Case) -> str:
    if case.responder:
        return "a responder needs none"
    times = "clock trusted" if case.clock_trusted else "clock not trusted"
    return f"levels {', '.join(map(str, case.levels)) or 'none'}; {times}"


LEVEL_RULES = (
    Rule("deny rules", _deny_rules, _saw_levels),
    Rule("access levels", _access_levels, _saw_levels),
)
