"""When the demo's doors may be passed: schedules, the school's calendar, and who holds which access level.

School is always on in the demo: outside school hours the date becomes an *open house*, a day type of its own, so that
what people try does not depend on when they try it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Final

from access_control.demo.plan import DOORS, numbers
from access_control.demo.population import GRADES, Group

WHOLE_DAY: Final = (0, 1440)
SCHOOL_WEEK: Final = range(5)
_SATURDAY: Final = 5
_DECEMBER: Final = 12


class DayKind(IntEnum):
    """The day types, by their number in the database."""

    HOLIDAY = 1
    EARLY_RELEASE = 2
    OPEN_HOUSE = 3


DAY_KINDS: Final = {
    DayKind.HOLIDAY: "Holiday",
    DayKind.EARLY_RELEASE: "Early release",
    DayKind.OPEN_HOUSE: "Open house",
}
OPEN_HOUSE_NAME: Final = "Open house (the demo is on)"


class Hours(IntEnum):
    """The schedules, by their number in the database."""

    ALWAYS = 1
    STUDENTS = 2
    STAFF = 3
    EVENING = 4
    OPEN_DOORS = 5


@dataclass(frozen=True, slots=True)
class Week:
    """A schedule: local minutes of the day on weekdays (0 is Monday) and on special days."""

    name: str
    weekdays: Mapping[int, tuple[int, int]]
    special: Mapping[DayKind, tuple[int, int]]


def _hm(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


def _school_week(start: int, end: int) -> dict[int, tuple[int, int]]:
    return dict.fromkeys(SCHOOL_WEEK, (start, end))


WEEKS: Final[Mapping[Hours, Week]] = {
    Hours.ALWAYS: Week("Always", {}, {}),
    Hours.STUDENTS: Week(
        "Students' day",
        _school_week(_hm(6, 30), _hm(18)),
        {DayKind.EARLY_RELEASE: (_hm(6, 30), _hm(13, 30)), DayKind.OPEN_HOUSE: WHOLE_DAY},
    ),
    Hours.STAFF: Week(
        "Staff's day",
        _school_week(_hm(5, 30), _hm(20)) | {_SATURDAY: (_hm(8), _hm(14))},
        {DayKind.EARLY_RELEASE: (_hm(5, 30), _hm(18)), DayKind.OPEN_HOUSE: WHOLE_DAY},
    ),
    Hours.EVENING: Week("Evening cleaning", _school_week(_hm(17), _hm(23)), {}),
    Hours.OPEN_DOORS: Week(
        "Library and gym open",
        _school_week(_hm(7, 30), _hm(15, 30)),
        {DayKind.EARLY_RELEASE: (_hm(7, 30), _hm(12, 30)), DayKind.OPEN_HOUSE: WHOLE_DAY},
    ),
}


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """An access level: its doors, the schedule for all of them, the groups that hold it, and doors it forbids."""

    name: str
    doors: tuple[int, ...]
    hours: Hours
    groups: tuple[Group, ...]
    never: tuple[int, ...] = ()


_ALL: Final = tuple(door.id for door in DOORS)
LEVELS: Final[Mapping[int, LevelPlan]] = {
    1: LevelPlan(
        "Students",
        numbers("1", "2", "3", "20", "101", "102", "103", "110", "6", "7", "22", "201", "202", "203"),
        Hours.STUDENTS,
        GRADES,
    ),
    2: LevelPlan(
        "Teachers",
        numbers("1", "2", "3", "5", "20", "21", "101", "102", "103", "110", "6", "7", "22", "201", "202", "203", "204"),
        Hours.STAFF,
        (Group.TEACHERS,),
    ),
    3: LevelPlan("Administration", _ALL, Hours.ALWAYS, (Group.OFFICE,)),
    4: LevelPlan("Aides", numbers("1", "2", "20", "101", "102", "110", "6", "22", "201"), Hours.STAFF, (Group.AIDES,)),
    5: LevelPlan("Kitchen", numbers("1", "4", "20", "120"), Hours.STAFF, (Group.KITCHEN,), numbers("103")),
    6: LevelPlan("Building service", _ALL, Hours.ALWAYS, (Group.CUSTODIANS,)),
    7: LevelPlan("Evening cleaning", _ALL, Hours.EVENING, (Group.CONTRACTORS,), numbers("21")),
    8: LevelPlan("Responders", _ALL, Hours.ALWAYS, (Group.RESPONDERS,)),
}


def special_days(first: date, years: int = 2) -> Mapping[date, tuple[DayKind, str]]:
    """Holidays and early releases of the calendar years from that of ``first`` on."""
    found: dict[date, tuple[DayKind, str]] = {}
    for year in range(first.year, first.year + years):
        for month in (*range(1, 6), *range(9, 13)):
            found[_nth(year, month, 2, 1)] = (DayKind.EARLY_RELEASE, "Teachers' conference")
        found |= {day: (DayKind.HOLIDAY, name) for day, name in _holidays(year)}
    return found


def _holidays(year: int) -> Iterator[tuple[date, str]]:
    yield date(year, 1, 1), "New Year's Day"
    yield _nth(year, 1, 0, 3), "Martin Luther King Jr. Day"
    yield _nth(year, 2, 0, 3), "Presidents' Day"
    for offset in range(5):
        yield _nth(year, 4, 0, 2) + timedelta(days=offset), "Spring break"
    yield _nth(year, 6, 0, 1) - timedelta(days=7), "Memorial Day"
    yield date(year, 6, 19), "Juneteenth"
    yield date(year, 7, 4), "Independence Day"
    yield _nth(year, 9, 0, 1), "Labor Day"
    yield date(year, 11, 11), "Veterans Day"
    thanksgiving = _nth(year, 11, 3, 4)
    yield thanksgiving, "Thanksgiving Day"
    yield thanksgiving + timedelta(days=1), "Thanksgiving break"
    for day in range(22, 32):
        yield date(year, _DECEMBER, day), "Winter break"


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    """The first, second, ... Monday (or other weekday) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def is_school_day(day: date) -> bool:
    """Whether students come."""
    kind = special_days(day, 1).get(day, (None, ""))[0]
    return day.weekday() in SCHOOL_WEEK and kind is not DayKind.HOLIDAY


def in_school_hours(local: datetime) -> bool:
    """Whether it is the middle of a school day, with hours to go, so that no open house is needed."""
    return is_school_day(local.date()) and _hm(7, 45) <= _hm(local.hour, local.minute) < _hm(11)
