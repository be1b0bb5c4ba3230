"""What the corpus cannot show about badges, because the wire refuses such documents."""

from array import array
from dataclasses import replace

import pytest

from access_control.core.credentials.canonical import pin_digest
from access_control.core.decision.badge_rules import BADGE_RULES, PIN_RULE, READER_RULES
from access_control.core.decision.decide import decide
from access_control.core.decision.model import BadgeStatus, Policy
from access_control.core.decision.reasons import Reason
from tests.corpus.loading import Case, load


def named(name: str) -> Case:
    return next(case for case in load() if case.name == name)


ADAMS = named("reads: a card of ours opens")


def reason(policy: Policy, case: Case = ADAMS) -> Reason:
    return decide(policy, case.orders, case.read, case.facts, case.at).reason


def test_rule_names_are_unique() -> None:
    names = [rule.name for rule in (*READER_RULES, *BADGE_RULES, PIN_RULE)]
    assert len(names) == len(set(names))


def test_a_row_below_zero_does_not_reach_round_to_the_end_of_a_column(small_school: Policy) -> None:
    badges = small_school.credentials
    pointing_back = replace(badges, rows=dict.fromkeys(badges.rows, -1))
    assert reason(replace(small_school, credentials=pointing_back)) is Reason.DENIED_POLICY


def test_a_holder_below_zero_does_not_either(small_school: Policy) -> None:
    badges = replace(small_school.credentials, holders=array("q", [-1] * len(small_school.credentials.holders)))
    assert reason(replace(small_school, credentials=badges)) is Reason.DENIED_POLICY


def test_a_badge_without_a_holder_is_refused(small_school: Policy) -> None:
    badges = replace(small_school.credentials, holders=array("q", [999] * len(small_school.credentials.holders)))
    assert reason(replace(small_school, credentials=badges)) is Reason.DENIED_POLICY


def test_a_revocation_that_names_no_fault_still_is_one() -> None:
    digest = decide(ADAMS.policy, ADAMS.orders, ADAMS.read, ADAMS.facts, ADAMS.at).credential
    assert digest is not None
    orders = replace(ADAMS.orders, revoked={digest: BadgeStatus.ACTIVE})
    assert decide(ADAMS.policy, orders, ADAMS.read, ADAMS.facts, ADAMS.at).reason is Reason.DENIED_DISABLED


@pytest.mark.parametrize("kept", [b"", bytes(16)])
def test_an_empty_or_zeroed_pin_on_record_lets_no_pin_pass(kept: bytes) -> None:
    case = named("pins: in the evening with the right PIN")
    holders = replace(case.policy.holders, pins=dict.fromkeys(range(len(case.policy.holders.refs)), kept))
    policy = replace(case.policy, holders=holders)
    for pin in ("", "0000", "2468"):
        asked = replace(case, read=replace(case.read, pin=pin))
        assert reason(policy, asked) is Reason.DENIED_WRONG_PIN


def test_equal_pins_of_two_people_have_different_digests(small_school: Policy) -> None:
    assert len(set(small_school.holders.pins.values())) == len(small_school.holders.pins) == 2


@pytest.mark.parametrize("typed", ["", "24a8", "2" * 17])
def test_what_is_no_pin_matches_no_record_even_one_of_no_digits(typed: str) -> None:
    case = named("pins: in the evening with the right PIN")
    policy, row = case.policy, 0
    of_nothing = pin_digest(policy.digest_key, policy.holders.refs[row], "")
    policy = replace(policy, holders=replace(policy.holders, pins={row: of_nothing}))
    assert reason(policy, replace(case, read=replace(case.read, pin=typed))) is Reason.DENIED_WRONG_PIN
