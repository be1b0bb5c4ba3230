"""What a case makes of clock and horizon."""

import pytest

from access_control.core.decision.case import Case
from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Facts, HolderClass, Known, Orders, Policy, Read, Revision, Timetable

LUNCH = Timetable(starts=(100,), ends=(200,))


def case(policy: Policy, trusted: Known, second: int = 150) -> Case:
    return Case(policy, Orders(Revision(1, 1), DirectiveSet()), Read(1), Facts(clock_trusted=trusted), second)


@pytest.mark.parametrize("trusted", [Known.NO, Known.UNKNOWN])
def test_timed_rules_are_doubtful_while_the_clock_is(small_school: Policy, trusted: Known) -> None:
    assert case(small_school, trusted).doubtful(LUNCH)
    assert not case(small_school, Known.YES).doubtful(LUNCH)


def test_timed_rules_are_doubtful_from_the_horizon_on(small_school: Policy) -> None:
    horizon = small_school.horizon
    assert case(small_school, Known.YES, horizon).doubtful(LUNCH)
    assert not case(small_school, Known.YES, horizon - 1).doubtful(LUNCH)


@pytest.mark.parametrize("times", [Timetable(always=True), Timetable()])
def test_always_and_never_are_never_doubtful(small_school: Policy, times: Timetable) -> None:
    assert not case(small_school, Known.NO).doubtful(times)


def test_only_responders_are_responders(small_school: Policy) -> None:
    asked = case(small_school, Known.YES)
    answers = {}
    for kind in HolderClass:
        asked.holder_class = kind
        answers[kind] = asked.responder
    assert [kind for kind, answer in answers.items() if answer] == [HolderClass.RESPONDER]
