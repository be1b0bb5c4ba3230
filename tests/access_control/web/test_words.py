"""Times and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from access_control.web import words

CHICAGO = ZoneInfo("America/Chicago")
AT = datetime(2026, 11, 23, 16, 42, 7, tzinfo=UTC)


def test_clocks_have_twelve_hours() -> None:
    assert words.clock(AT, CHICAGO) == "10:42 am"
    assert words.clock(AT, CHICAGO, seconds=True) == "10:42:07 am"
    assert words.clock(datetime(2026, 11, 23, 6, 5, tzinfo=UTC), CHICAGO) == "12:05 am"
    assert words.clock(datetime(2026, 11, 23, 18, 5, tzinfo=UTC), CHICAGO) == "12:05 pm"
    assert words.clock_markup(AT, CHICAGO) == '10:42<span class="half">am</span>'


def test_days_name_the_year_when_it_is_another_school_year() -> None:
    assert words.day(AT, CHICAGO, date(2027, 5, 1)) == "Mon 23 Nov"
    assert words.day(AT, CHICAGO, date(2027, 9, 1)) == "Mon 23 Nov 2026"
    assert words.long_day(AT, CHICAGO) == "Monday 23 November"


def test_moments_name_the_day_when_it_is_another() -> None:
    assert words.moment(AT, CHICAGO, AT) == "10:42 am"
    assert words.moment(AT, CHICAGO, datetime(2026, 11, 25, tzinfo=UTC)) == "Mon 23 Nov, 10:42 am"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (48, "48 s"),
        (192, "3 min 12 s"),
        (180, "3 min"),
        (4800, "1 h 20 min"),
        (7200, "2 h"),
        (3 * 86400, "3 days"),
        (-1, "0 s"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_ages_are_minutes_after_two() -> None:
    assert words.age(120) == "120 s"
    assert words.age(200) == "3 min"


def test_lists_and_counts() -> None:
    assert words.listing(["1", "2", "3"]) == "1, 2 and 3"
    assert words.listing(["1"]) == "1"
    assert words.listing([]) == ""
    assert words.count(1, "door") == "1 door"
    assert words.count(2, "box", "boxes") == "2 boxes"
