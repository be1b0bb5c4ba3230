"""Emergency rules that a school chose itself, and tables with holes."""

from dataclasses import replace

import pytest

from access_control.core.decision.decide import decide
from access_control.core.decision.door_rules import DOOR_RULES
from access_control.core.decision.model import DoorClass, EmergencyAction, EmergencyRules, HolderClass, Policy
from access_control.core.decision.reasons import Reason
from tests.corpus.loading import Case, load


def named(name: str) -> Case:
    return next(case for case in load() if case.name == f"{name}")


def under(rules: EmergencyRules, case: Case) -> Reason:
    policy: Policy = replace(case.policy, emergency_rules=rules)
    return decide(policy, case.orders, case.read, case.facts, case.at).reason


ADMIT_ALL = EmergencyRules({(action, kind): frozenset(HolderClass) for action in EmergencyAction for kind in DoorClass})
STAFF_AT_FRONT = named("emergencies: lockdown, staff at the front door")


def test_a_school_may_admit_staff_from_outside_in_a_lockdown() -> None:
    assert under(ADMIT_ALL, STAFF_AT_FRONT) is Reason.ACCESS_GRANTED


def test_a_table_with_holes_admits_responders_only() -> None:
    nobody = EmergencyRules({})
    assert under(nobody, STAFF_AT_FRONT) is Reason.DENIED_LOCKDOWN
    assert under(nobody, named("emergencies: lockdown, responder at the front door")) is Reason.GRANTED_RESPONDER


@pytest.mark.parametrize("action", ["hold", "secure", "lockdown"])
def test_no_school_can_make_passes_work_under_hold_secure_and_lockdown(action: str) -> None:
    assert under(ADMIT_ALL, named(f"passes: {action} at the front door")) is Reason(f"DENIED_{action.upper()}")


@pytest.mark.parametrize("action", ["evacuate", "shelter"])
def test_a_school_can_make_passes_work_under_the_others(action: str) -> None:
    case = named(f"passes: {action} at the front door")
    assert under(ADMIT_ALL, case) is Reason.GRANTED_PASS


def test_a_pass_that_a_school_admits_through_a_lock_says_so() -> None:
    case = named("passes: shelter at the front door")
    policy = replace(case.policy, emergency_rules=ADMIT_ALL)
    assert decide(policy, case.orders, case.read, case.facts, case.at).despite_lock


def test_fire_is_judged_before_any_bypass() -> None:
    assert DOOR_RULES[0].name == "fire"
