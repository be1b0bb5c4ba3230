"""Weekly schedules as UTC spans: what the clock on the wall shows decides, also where it jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import Timetable
from access_control.readers.timetables import HORIZON_DAYS, Calendar, Interval

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2026, 3, 2)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
HOLIDAY, EARLY_RELEASE = 1, 2


def spans(timetable: Timetable, zone: ZoneInfo = CHICAGO) -> list[tuple[str, str]]:
    """As people read them: local starts and ends."""
    shown = [f"{datetime.fromtimestamp(edge, zone):%a %d %b %H:%M}" for edge in _edges(timetable)]
    return list(zip(shown[::2], shown[1::2], strict=True))


def _edges(timetable: Timetable) -> list[int]:
    return [edge for pair in zip(timetable.starts, timetable.ends, strict=True) for edge in pair]


def test_a_school_week() -> None:
    school_hours = [Interval(7 * 60 + 30, 15 * 60, weekday=day) for day in range(5)]
    found = spans(Calendar(CHICAGO, {}, MONDAY, 7).timetable(school_hours))
    assert found == [
        ("Mon 02 Mar 07:30", "Mon 02 Mar 15:00"),
        ("Tue 03 Mar 07:30", "Tue 03 Mar 15:00"),
        ("Wed 04 Mar 07:30", "Wed 04 Mar 15:00"),
        ("Thu 05 Mar 07:30", "Thu 05 Mar 15:00"),
        ("Fri 06 Mar 07:30", "Fri 06 Mar 15:00"),
    ]


def test_on_a_day_of_another_type_only_hours_of_that_type_count() -> None:
    hours = [Interval(450, 900, weekday=day) for day in range(5)] + [Interval(450, 720, day_type=EARLY_RELEASE)]
    special = {date(2026, 3, 3): HOLIDAY, date(2026, 3, 4): EARLY_RELEASE}
    found = spans(Calendar(CHICAGO, special, MONDAY, 4).timetable(hours))
    assert found == [
        ("Mon 02 Mar 07:30", "Mon 02 Mar 15:00"),
        ("Wed 04 Mar 07:30", "Wed 04 Mar 12:00"),
        ("Thu 05 Mar 07:30", "Thu 05 Mar 15:00"),
    ]


def test_spans_that_meet_at_midnight_become_one() -> None:
    night = [Interval(22 * 60, 1440, weekday=0), Interval(0, 6 * 60, weekday=1)]
    assert spans(Calendar(CHICAGO, {}, MONDAY, 7).timetable(night)) == [("Mon 02 Mar 22:00", "Tue 03 Mar 06:00")]


def test_where_the_clock_jumps_forward_nothing_is_covered_that_it_never_shows() -> None:
    calendar = Calendar(CHICAGO, {}, SPRING, 1)
    assert spans(calendar.timetable([Interval(150, 165, weekday=6)])) == []
    (span,) = spans(calendar.timetable([Interval(90, 210, weekday=6)]))
    assert span == ("Sun 08 Mar 01:30", "Sun 08 Mar 03:30")
    table = calendar.timetable([Interval(90, 210, weekday=6)])
    assert table.ends[0] - table.starts[0] == 3600


def test_where_the_clock_shows_an_hour_twice_both_are_covered() -> None:
    table = Calendar(CHICAGO, {}, AUTUMN, 1).timetable([Interval(75, 90, weekday=6)])
    assert spans(table) == [("Sun 01 Nov 01:15", "Sun 01 Nov 01:30"), ("Sun 01 Nov 01:15", "Sun 01 Nov 01:30")]
    assert table.starts[1] - table.starts[0] == 3600


def test_a_leap_day_is_a_day() -> None:
    found = spans(Calendar(CHICAGO, {}, date(2028, 2, 28), 3).timetable([Interval(480, 540, weekday=1)]))
    assert found == [("Tue 29 Feb 08:00", "Tue 29 Feb 09:00")]


def test_it_ends_at_the_horizon() -> None:
    calendar = Calendar(CHICAGO, {}, MONDAY)
    table = calendar.timetable([Interval(0, 1440, weekday=day) for day in range(7)])
    assert (table.starts, table.ends) == ((calendar.begins,), (calendar.horizon,))
    assert calendar.horizon - calendar.begins == HORIZON_DAYS * 86400


ZONES = ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
MINUTES = st.integers(0, 1440)
INTERVALS = st.lists(
    st.tuples(MINUTES, MINUTES, st.integers(0, 6)).filter(lambda one: one[0] < one[1]), min_size=1, max_size=4
)


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    first=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    hours=INTERVALS,
    seconds=st.integers(0, 20 * 86400 - 1),
)
def test_a_moment_is_covered_exactly_when_the_wall_clock_says_so(
    zone: ZoneInfo, first: date, hours: list[tuple[int, int, int]], seconds: int
) -> None:
    calendar = Calendar(zone, {}, first, 20)
    table = calendar.timetable([Interval(start, end, weekday=day) for start, end, day in hours])
    assert all(before < after for before, after in pairwise(_edges(table)))
    at = datetime.combine(first, datetime.min.time(), UTC) + timedelta(seconds=seconds)
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    shown = any(day == local.weekday() and start <= minute < end for start, end, day in hours)
    assert table.covers(int(at.timestamp())) == shown
