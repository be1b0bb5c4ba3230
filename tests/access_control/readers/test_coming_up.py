"""What schedules change next is read from the Policies last published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import Timetable
from access_control.readers.coming_up import Change, UnlockTimetables, next_changes
from access_control.readers.models import Door, Schedule
from access_control.readers.publishing import publish_policy
from tests.building.published import LiveSchool
from tests.building.sites import AT

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def spans(*hours: tuple[int, int]) -> Timetable:
    start = int(NOON.timestamp())
    return Timetable(
        starts=tuple(start + 3600 * one for one, _ in hours), ends=tuple(start + 3600 * two for _, two in hours)
    )


def test_doors_that_change_together_are_one_change() -> None:
    doors = {1: spans((-4, 3), (20, 27)), 2: spans((-4, 3)), 3: spans((2, 3)), 4: Timetable(always=True), 5: spans()}
    assert next_changes(doors, NOON, 3) == [
        Change(NOON + timedelta(hours=2), unlocks=True, doors=(3,)),
        Change(NOON + timedelta(hours=3), unlocks=False, doors=(1, 2, 3)),
        Change(NOON + timedelta(hours=20), unlocks=True, doors=(1,)),
    ]


def test_what_happens_at_this_moment_is_not_coming_up() -> None:
    assert next_changes({1: spans((0, 1))}, NOON, 3) == [Change(NOON + timedelta(hours=1), unlocks=False, doors=(1,))]


@given(st.dictionaries(st.integers(1, 5), st.lists(st.integers(-50, 50), unique=True, max_size=8)))
def test_they_are_the_first_edges_after_now(edges: dict[int, list[int]]) -> None:
    pairs = {door: sorted(hours)[: len(hours) // 2 * 2] for door, hours in edges.items()}
    doors = {door: spans(*zip(hours[::2], hours[1::2], strict=True)) for door, hours in pairs.items()}
    expected = sorted(
        {(hour, place % 2 == 0) for hours in pairs.values() for place, hour in enumerate(hours) if hour > 0}
    )[:3]
    found = next_changes(doors, NOON, 3)
    assert [((one.at - NOON) // timedelta(hours=1), one.unlocks) for one in found] == expected


def test_a_policy_is_read_again_only_when_a_new_one_was_published(live: LiveSchool) -> None:
    known = UnlockTimetables()
    with live.database.reading() as session:
        before = known.read(session, live.keys, {live.door})
        assert known.read(session, live.keys, {live.door})[live.door] is before[live.door]
        assert known.read(session, live.keys, set()) == {}
    with live.writing() as session:
        always = Schedule(name="Always open", always=True)
        session.add(always)
        session.flush()
        session.get_one(Door, live.door).unlock_schedule_id = always.id
        publish_policy(session, live.keys, live.bridge, AT + timedelta(minutes=1))
    with live.database.reading() as session:
        assert known.read(session, live.keys, {live.door})[live.door].always
