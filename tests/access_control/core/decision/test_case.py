"""When a timetable cannot be judged."""

import pytest

from access_control.core.decision.case import Case
from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Facts, Orders, Policy, Read, Revision, Timetable

LUNCH = Timetable(starts=(100,), ends=(200,))


def case(policy: Policy, *, trusted: bool, past_horizon: bool) -> Case:
    return Case(policy, Orders(Revision(1, 1), DirectiveSet()), Read(1), Facts(), 150, trusted, past_horizon)


@pytest.mark.parametrize(
    ("trusted", "past_horizon", "doubtful"),
    [(True, False, False), (False, False, True), (True, True, True), (False, True, True)],
)
def test_hours_are_doubtful_without_a_clock_and_past_the_horizon(
    small_school: Policy, trusted: bool, past_horizon: bool, doubtful: bool
) -> None:
    assert case(small_school, trusted=trusted, past_horizon=past_horizon).doubtful(LUNCH) is doubtful


@pytest.mark.parametrize("times", [Timetable(always=True), Timetable()])
def test_always_and_never_are_never_doubtful(small_school: Policy, times: Timetable) -> None:
    assert not case(small_school, trusted=False, past_horizon=True).doubtful(times)


@pytest.mark.parametrize(("door", "exterior"), [(1, True), (3, False), (6, False)])
def test_only_doors_to_the_outside_are_exterior(small_school: Policy, door: int, exterior: bool) -> None:
    asked = case(small_school, trusted=True, past_horizon=False)
    asked.door = small_school.doors[door]
    assert asked.exterior is exterior
