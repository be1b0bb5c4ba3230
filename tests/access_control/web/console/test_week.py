from __future__ import annotations

from datetime import date

from access_control.database.engine import Database
from access_control.readers.calendar import add_day_type, mark_days
from access_control.readers.hours import Hours
from access_control.readers.schedules import ScheduleForm, Span
from access_control.web.console.week import Block, preview
from tests.building.sites import AT, BY, build_school

MONDAY = date(2026, 11, 23)


def test_a_week_follows_the_calendar(database: Database) -> None:
    with database.writing() as session:
        build_school(session)
        holiday = add_day_type(session, AT, "Holiday", BY)
        early = add_day_type(session, AT, "Early release", BY)
        mark_days(session, AT, date(2026, 11, 24), date(2026, 11, 24), holiday.id, "Thanksgiving", BY)
        mark_days(session, AT, date(2026, 11, 25), date(2026, 11, 25), early.id, "", BY)
        spans = [Span(Hours(300, 420), weekday=day) for day in range(3)]
        form = ScheduleForm("Doors", spans=(*spans, Span(Hours(600, 1200), day_type_id=early.id)))
        days = preview(session, form, MONDAY)
        assert [(one.exception, one.hours) for one in days[:4]] == [
            ("", ("5 am to 7 am",)),
            ("Thanksgiving", ()),
            ("Early release", ("10 am to 8 pm",)),
            ("", ()),
        ]
        assert days[0].blocks == (Block(0, 60),)  # what lies before 6 am is told and not drawn
        assert days[2].blocks == (Block(240, 480),)
        assert preview(session, ScheduleForm("Always", always=True), MONDAY)[0].blocks == (Block(0, 720),)


def test_a_whole_day_is_told_as_one(database: Database) -> None:
    with database.writing() as session:
        build_school(session)
        form = ScheduleForm("Open house", spans=(Span(Hours(0, 1440), weekday=0), Span(Hours(0, 720), weekday=1)))
        assert [one.hours for one in preview(session, form, MONDAY)[:2]] == [("all day",), ("12 am to 12 pm",)]
