"""The school's hours: holidays that are right, and levels that only name doors of this school."""

from datetime import date, datetime

import pytest

from access_control.demo.hours import LEVELS, DayKind, Hours, in_school_hours, is_school_day, special_days
from access_control.demo.plan import BY_ID
from access_control.demo.population import Group


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 11, 26), DayKind.HOLIDAY),  # the fourth Thursday
        (date(2026, 1, 19), DayKind.HOLIDAY),
        (date(2026, 5, 25), DayKind.HOLIDAY),
        (date(2027, 9, 6), DayKind.HOLIDAY),
        (date(2026, 10, 7), DayKind.EARLY_RELEASE),
    ],
)
def test_the_calendar_knows_the_day(day: date, kind: DayKind) -> None:
    assert special_days(date(2026, 8, 1))[day][0] is kind


def test_an_ordinary_day_is_not_in_the_calendar() -> None:
    assert date(2026, 11, 24) not in special_days(date(2026, 1, 1))
    assert is_school_day(date(2026, 11, 24))
    assert not is_school_day(date(2026, 11, 26))
    assert not is_school_day(date(2026, 11, 28))


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        (datetime(2026, 11, 24, 9, 30), True),  # noqa: DTZ001 - local time of the school
        (datetime(2026, 11, 24, 21, 0), False),  # noqa: DTZ001 - as above
        (datetime(2026, 11, 26, 9, 30), False),  # noqa: DTZ001 - as above
        (datetime(2026, 11, 28, 9, 30), False),  # noqa: DTZ001 - as above
    ],
)
def test_school_is_on_in_the_morning_of_a_school_day(moment: datetime, *, on: bool) -> None:
    assert in_school_hours(moment) is on


def test_levels_name_doors_of_this_school_and_every_group_has_one() -> None:
    for level in LEVELS.values():
        assert {*level.doors, *level.never} <= BY_ID.keys()
        assert not set(level.doors) & set(level.never) or level.hours is Hours.EVENING
    assert {group for level in LEVELS.values() for group in level.groups} == set(Group)
