"""The week before: in order, plausible, and never in the future."""

from datetime import UTC, date, datetime
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from access_control.core.wire.events import CODES
from access_control.demo.history import school_days_before, uuid7, week_before
from access_control.demo.hours import is_school_day
from access_control.demo.plan import BY_ID
from access_control.demo.population import PEOPLE

ZONE = ZoneInfo("America/Chicago")
MOMENTS = [datetime(2026, 11, 26, 18, tzinfo=UTC), datetime(2027, 1, 2, 3, tzinfo=UTC)]


@pytest.mark.parametrize("now", MOMENTS)
def test_a_week_is_about_four_thousand_events_in_order(now: datetime) -> None:
    week = week_before(now, ZONE)
    assert 3000 < len(week) < 5000
    assert [what.at for what in week] == sorted(what.at for what in week)
    assert week[-1].at < now


def test_it_names_codes_doors_and_people_that_there_are() -> None:
    for what in week_before(MOMENTS[0], ZONE):
        assert what.code in CODES
        assert what.door in BY_ID
        assert what.holder is None or 1 <= what.holder <= PEOPLE


def test_school_days_are_school_days() -> None:
    days = school_days_before(date(2026, 11, 30))
    assert days == [date(2026, 11, d) for d in (19, 20, 23, 24, 25)]
    assert all(map(is_school_day, days))


def test_in_the_longest_holidays_there_are_fewer() -> None:
    assert len(school_days_before(date(2027, 1, 4))) == 5


def test_ids_begin_with_their_time() -> None:
    made = UUID(uuid7(MOMENTS[0], Random(1)))
    assert made.version == 7
    assert made.int >> 80 == int(MOMENTS[0].timestamp() * 1000)
