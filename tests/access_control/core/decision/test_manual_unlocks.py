"""An unlock by hand that a Lockdown or Secure ended stays ended, in whatever order a bridge hears of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.manual_unlocks import ended_unlocks
from access_control.core.decision.model import EmergencyAction, Override, OverrideEffect, Policy
from access_control.database.ids import new_id

FRONT, CORRIDOR, ROOM_12 = 1, 3, 6
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def unlock(seconds: float, door: int = FRONT, effect: OverrideEffect = OverrideEffect.UNLOCK) -> Override:
    """Made so long after the emergency began."""
    return Override(new_id(at(seconds)), door, effect, "operator:1", "Delivery", int(at(3600).timestamp()))


def directive(action: EmergencyAction = EmergencyAction.LOCKDOWN, scope: str = "site") -> Directive:
    doors = frozenset({FRONT, CORRIDOR, ROOM_12})
    return Directive("d1", action, scope, doors, "service", "operator:1", drill=False, started_at=START)


def known(made: Directive, *releases: tuple[float, frozenset[int] | None]) -> DirectiveSet:
    found = DirectiveSet().with_directive(made)
    for seconds, doors in releases:
        release = Release(f"r{seconds}", made.id, doors, "operator:1", None, "All clear.", at(seconds))
        found = found.with_release(release)
    return found


def ended(policy: Policy, directives: DirectiveSet, *overrides: Override) -> list[bool]:
    gone = ended_unlocks(policy, directives, overrides)
    return [override in gone for override in overrides]


@pytest.mark.parametrize("order", [lambda found: found, lambda found: DirectiveSet().merge(found)])
def test_what_was_made_before_the_end_is_over_and_what_was_made_after_it_counts(
    small_school: Policy, order: Callable[[DirectiveSet], DirectiveSet]
) -> None:
    directives = order(known(directive(), (60, None)))
    made = [unlock(-600), unlock(0), unlock(30), unlock(60), unlock(60.001)]
    assert ended(small_school, directives, *made) == [True, True, True, True, False]


def test_while_it_stands_every_unlock_is_over(small_school: Policy) -> None:
    assert ended(small_school, known(directive()), unlock(-600), unlock(600)) == [True, True]


def test_a_release_at_some_doors_ends_it_there_only(small_school: Policy) -> None:
    directives = known(directive(), (10, frozenset({CORRIDOR})), (60, None))
    assert ended(small_school, directives, unlock(30), unlock(30, CORRIDOR), unlock(5, CORRIDOR)) == [True, False, True]


def test_only_lockdown_and_secure_end_unlocks_and_only_where_they_lock(small_school: Policy) -> None:
    over = {
        (action, door)
        for action in EmergencyAction
        for door in (FRONT, CORRIDOR)
        if ended(small_school, known(directive(action), (60, None)), unlock(0, door)) == [True]
    }
    lockdown, secure = EmergencyAction.LOCKDOWN, EmergencyAction.SECURE
    assert over == {(lockdown, FRONT), (lockdown, CORRIDOR), (secure, FRONT)}


def test_a_drill_that_moves_no_doors_ends_none(small_school: Policy) -> None:
    drill = known(replace(directive(), drill=True), (60, None))
    assert ended(small_school, drill, unlock(0)) == [True]
    rules = replace(small_school.emergency_rules, drill_moves_doors=False)
    assert ended(replace(small_school, emergency_rules=rules), drill, unlock(0)) == [False]


def test_other_doors_and_other_orders_go_on(small_school: Policy) -> None:
    here = known(replace(directive(scope="doors"), doors=frozenset({CORRIDOR})))
    assert ended(small_school, here, unlock(0), unlock(0, CORRIDOR), unlock(0, 4711)) == [False, True, False]
    assert ended(small_school, here, unlock(0, CORRIDOR, OverrideEffect.LOCK)) == [False]


@pytest.mark.parametrize("name", ["u1", "7d444840-9dc0-41d1-b245-5ffdce74fad2"])
def test_an_unlock_that_does_not_say_when_it_was_made_counts_as_older_than_every_emergency(
    small_school: Policy, name: str
) -> None:
    assert ended(small_school, known(directive(), (60, None)), replace(unlock(600), id=name)) == [True]


def test_who_forgot_what_was_ended_ends_it_at_every_door_that_an_emergency_was_for(small_school: Policy) -> None:
    overrides = [unlock(0, CORRIDOR), unlock(61, CORRIDOR)]
    standing, over = known(directive(EmergencyAction.SECURE)), known(directive(EmergencyAction.SECURE), (60, None))
    elsewhere = known(directive(EmergencyAction.SECURE), (60, frozenset({FRONT})))
    assert ended(small_school, over, *overrides) == [False, False]
    assert ended_unlocks(small_school, over, overrides, forgetful=True) == overrides[:1]
    # While it stands a door keeps its class: what a Secure does not lock may be unlocked.
    for one in (standing, elsewhere):
        assert ended_unlocks(small_school, one, overrides, forgetful=True) == []
    drill = known(replace(directive(EmergencyAction.SECURE), drill=True), (60, None))
    rules = replace(small_school.emergency_rules, drill_moves_doors=False)
    assert ended_unlocks(replace(small_school, emergency_rules=rules), drill, overrides, forgetful=True) == []
