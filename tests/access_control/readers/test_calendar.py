from __future__ import annotations

from datetime import date, timedelta

import pytest

from access_control.database.engine import Database
from access_control.readers.calendar import add_day_type, clear_day, list_day_types, list_days, mark_days
from access_control.readers.errors import ReadersError
from tests.building.sites import AT, BY, build_school, fresh, stale

FIRST = date(2026, 11, 26)


def test_days_are_marked_over_what_was_said_before_and_cleared(any_database: Database) -> None:
    with any_database.writing() as session:
        build_school(session)
        holiday, early = add_day_type(session, AT, "Holiday", BY), add_day_type(session, AT, "Early release", BY)
        assert [one.name for one in list_day_types(session)] == ["Early release", "Holiday"]
        fresh(session)
        assert mark_days(session, AT, FIRST, FIRST + timedelta(days=1), holiday.id, "Thanksgiving", BY) == 2
        assert stale(session) == {"North bridge", "South bridge"}
        mark_days(session, AT, FIRST + timedelta(days=1), FIRST + timedelta(days=1), early.id, "", BY)
    with any_database.writing() as session:
        found = list_days(session, FIRST, FIRST + timedelta(days=30))
        assert [(row.day.day, row.day_type.name, row.name) for row in found] == [
            (26, "Holiday", "Thanksgiving"),
            (27, "Early release", ""),
        ]
        clear_day(session, AT, FIRST, BY)
        with pytest.raises(ReadersError):
            clear_day(session, AT, FIRST, BY)


def test_nonsense_is_refused(database: Database) -> None:
    with database.writing() as session:
        build_school(session)
        holiday = add_day_type(session, AT, "Holiday", BY)
        for first, last, kind, field in (
            (FIRST, FIRST - timedelta(days=1), holiday.id, "last"),
            (FIRST, FIRST + timedelta(days=400), holiday.id, "last"),
            (FIRST, FIRST, 99, "day_type_id"),
        ):
            with pytest.raises(ReadersError) as caught:
                mark_days(session, AT, first, last, kind, "", BY)
            assert caught.value.field == field
        with pytest.raises(ReadersError):
            add_day_type(session, AT, "Holiday ", BY)
