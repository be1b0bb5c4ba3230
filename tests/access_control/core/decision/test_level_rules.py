"""Rights that the wire would refuse, and the order of deny and grant."""

from array import array
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.decide import decide
from access_control.core.decision.model import Policy, Timetable
from access_control.core.decision.reasons import Reason
from tests.corpus.loading import Case, load

ADAMS: Case = next(case for case in load() if case.name == "reads: a card of ours opens")
FRONT = ADAMS.read.reader


def reason(policy: Policy) -> Reason:
    return decide(policy, ADAMS.orders, ADAMS.read, ADAMS.facts, ADAMS.at).reason


def test_a_level_set_below_zero_does_not_reach_round_to_the_end(small_school: Policy) -> None:
    holders = small_school.holders
    broken = replace(holders, level_sets=array("q", [-1] * len(holders.refs)))
    assert reason(replace(small_school, holders=broken)) is Reason.DENIED_POLICY


def test_a_level_set_that_does_not_exist_refuses(small_school: Policy) -> None:
    assert reason(replace(small_school, level_sets=())) is Reason.DENIED_POLICY


def test_a_door_that_no_level_opens_refuses(small_school: Policy) -> None:
    grants = {door: levels for door, levels in small_school.grants.items() if door != FRONT}
    assert reason(replace(small_school, grants=grants)) is Reason.DENIED_DOOR


def test_hours_that_reach_past_the_horizon_end_there(small_school: Policy) -> None:
    now = int(ADAMS.at.timestamp())
    grants = {FRONT: {level: Timetable(starts=(now - 60,), ends=(now + 60,)) for level in range(1, 6)}}
    assert reason(replace(small_school, grants=grants)) is Reason.ACCESS_GRANTED
    assert reason(replace(small_school, grants=grants, horizon=now)) is Reason.DENIED_PAST_HORIZON


TIMES = st.sampled_from([Timetable(always=True), Timetable(), Timetable(starts=(0,), ends=(2**40,))])


@given(st.dictionaries(st.integers(1, 3), TIMES), st.dictionaries(st.integers(1, 3), TIMES))
def test_a_deny_rule_that_applies_beats_every_grant(
    grants: dict[int, Timetable], denials: dict[int, Timetable]
) -> None:
    policy = replace(
        ADAMS.policy,
        grants={FRONT: grants},
        denials={FRONT: denials},
        level_sets=((1, 2, 3),) * len(ADAMS.policy.level_sets),
    )
    second = int(ADAMS.at.timestamp())
    denied = any(times.covers(second) for times in denials.values())
    granted = any(times.covers(second) for times in grants.values())
    answer = reason(policy)
    assert (answer is Reason.DENIED_DENY_RULE) == denied
    assert (answer is Reason.ACCESS_GRANTED) == (granted and not denied)
