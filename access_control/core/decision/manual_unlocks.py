"""Which unlocks by hand an emergency has ended for good.

A Lockdown or Secure that locks a door ends every unlock that was made for it before the emergency was over there. That
is worked out from the records that are kept for ever, and not from what somebody saw at the time: also whoever hears of
the emergency, its release and the unlock all at once revives nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from access_control.core.decision.building import DoorClass
from access_control.core.decision.emergency import Directive, DirectiveSet, Release, effect_on
from access_control.core.decision.model import EmergencyAction, EmergencyRules, Override, OverrideEffect, Policy

_ENDING: Final = frozenset({EmergencyAction.LOCKDOWN, EmergencyAction.SECURE})


def ends_unlocks(action: EmergencyAction, door_class: DoorClass, rules: EmergencyRules, *, drill: bool) -> bool:
    """Whether an action ends unlocks by hand at doors of a class: a Lockdown or Secure that locks them."""
    if action not in _ENDING or (drill and not rules.drill_moves_doors):
        return False
    return effect_on(action, door_class, rules, evacuate_unlock=False) is not None


def ended_unlocks(
    policy: Policy, directives: DirectiveSet, overrides: Iterable[Override], *, forgetful: bool = False
) -> list[Override]:
    """The unlocks among ``overrides`` that a Lockdown or Secure has ended, whether it is released by now or not.

    ``forgetful``: whoever asks was not there, or may have forgotten it. The Policy does not tell which class a door had
    in an emergency that is over there: every door that it was for counts as locked by it. While it stands a door keeps
    its class.
    """
    unlocks = {
        override: _made(override)
        for override in overrides
        if override.effect is OverrideEffect.UNLOCK and override.door in policy.doors
    }
    if not unlocks:
        return []
    ends = _ends(directives, min(unlocks.values()))
    return [
        override
        for override, made in unlocks.items()
        if any(_ended(policy, override, made, *end, forgetful=forgetful) for end in ends)
    ]


def before_the_end(made: datetime, releases: Iterable[datetime]) -> bool:
    """Whether something was made before an emergency was over at its door, given when that door was released."""
    return all(made <= at for at in releases)


def _made(override: Override) -> datetime:
    """When it was made, as its id tells; the beginning of time, older than every emergency, if it tells nothing."""
    try:
        id_ = UUID(override.id)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC) if id_.version == 7 else datetime.min.replace(tzinfo=UTC)


def _ends(directives: DirectiveSet, since: datetime) -> list[tuple[Directive, tuple[Release, ...]]]:
    """The directives that may have been in force since then, with their releases. All of them are kept for ever."""
    releases: dict[str, list[Release]] = {}
    for release in directives.releases.values():
        releases.setdefault(release.directive, []).append(release)
    return [
        (directive, tuple(releases.get(directive.id, ())))
        for directive in directives.directives.values()
        if directive.action in _ENDING and not _over_by(since, releases.get(directive.id, ()))
    ]


def _over_by(since: datetime, releases: Iterable[Release]) -> bool:
    return any(release.doors is None and release.at < since for release in releases)


def _ended(
    policy: Policy,
    override: Override,
    made: datetime,
    directive: Directive,
    releases: tuple[Release, ...],
    *,
    forgetful: bool,
) -> bool:
    door, rules = override.door, policy.emergency_rules
    if door not in directive.doors and door not in policy.scopes.get(directive.scope, ()):
        return False
    over = [release.at for release in releases if release.doors is None or door in release.doors]
    classes = tuple(DoorClass) if forgetful and over else (policy.doors[door].door_class,)
    if not any(ends_unlocks(directive.action, one, rules, drill=directive.drill) for one in classes):
        return False
    return before_the_end(made, over)
