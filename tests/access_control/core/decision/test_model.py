"""The records' few methods."""

from dataclasses import replace

from access_control.core.decision.model import Policy, Revision, Timetable


def test_a_new_epoch_is_newer_than_any_number_of_the_old_one() -> None:
    assert Revision(1, 99) < Revision(2, 1)
    assert Revision(1, 1) < Revision(1, 2)
    assert not Revision(1, 1) < Revision(1, 1)


def test_a_policy_knows_which_levels_open_anything(small_school: Policy) -> None:
    assert small_school.opening_levels == {1, 2, 3}
    emptied = replace(small_school, grants={})
    assert emptied.opening_levels == frozenset()
    assert replace(emptied, grants={1: {9: Timetable()}}).opening_levels == {9}
