from __future__ import annotations

import pytest

from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.calendar import add_day_type
from access_control.readers.doors import add_door
from access_control.readers.errors import ReadersError
from access_control.readers.hours import Hours
from access_control.readers.levels import LevelForm, add_level
from access_control.readers.schedules import (
    ScheduleForm,
    Span,
    add_schedule,
    edit_schedule,
    form_of,
    get_schedule,
    list_schedules,
)
from tests.building.sites import AT, BY, build_school, fresh, stale

MORNING = Span(Hours(450, 495), weekday=0)
NOON = Span(Hours(700, 760), weekday=0)


def test_a_schedule_reads_back_as_its_form_says(any_database: Database) -> None:
    with any_database.writing() as session:
        build_school(session)
        early = add_day_type(session, AT, "Early release", BY)
        form = ScheduleForm("Arrival", spans=(NOON, MORNING, Span(Hours(600, 660), day_type_id=early.id)))
        schedule = add_schedule(session, AT, form, BY)
    with any_database.reading() as session:
        found = form_of(get_schedule(session, schedule.id))
        assert set(found.spans) == set(form.spans)
        assert [one.name for one in list_schedules(session)] == ["Always", "Arrival", "Never"]


def test_an_edit_of_hours_alone_counts_the_version_up(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        schedule = add_schedule(session, AT, ScheduleForm("Arrival", spans=(MORNING,)), BY)
        add_door(session, AT, school.door(unlock_schedule_id=schedule.id), BY)
        fresh(session)
        edit_schedule(session, AT, schedule.id, ScheduleForm("Arrival", spans=(NOON,)), 1, BY)
        assert (schedule.version, stale(session)) == (2, {"North bridge"})
    with any_database.writing() as session:
        with pytest.raises(ConflictError):
            edit_schedule(session, AT, schedule.id, ScheduleForm("Arrival"), 1, BY)
        fresh(session)
        edit_schedule(session, AT, schedule.id, ScheduleForm("Arrivals", spans=(NOON,)), 2, BY)
        assert stale(session) == set()  # a name is not in any document
        edit_schedule(session, AT, schedule.id, ScheduleForm("Both", spans=(MORNING, NOON)), 3, BY)
        assert get_schedule(session, schedule.id).version == 4


def test_a_level_leads_to_the_bridges_of_its_schedule(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        schedule = add_schedule(session, AT, ScheduleForm("Office", spans=(MORNING,)), BY)
        add_level(session, AT, LevelForm("Staff", {door.id: schedule.id}), BY)
        fresh(session)
        edit_schedule(session, AT, schedule.id, ScheduleForm("Office", always=True), 1, BY)
        assert stale(session) == {"North bridge"}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (ScheduleForm(""), "name"),
        (ScheduleForm("Always"), "name"),
        (ScheduleForm("A", always=True, spans=(MORNING,)), "always"),
        (ScheduleForm("A", spans=(MORNING, Span(Hours(490, 500), weekday=0))), "weekday_0"),
        (ScheduleForm("A", spans=(Span(Hours(500, 500), weekday=3),)), "weekday_3"),
        (ScheduleForm("A", spans=(Span(Hours(500, 1441), weekday=3),)), "weekday_3"),
        (ScheduleForm("A", spans=(Span(Hours(1, 2), weekday=7),)), "spans"),
        (ScheduleForm("A", spans=(Span(Hours(1, 2)),)), "spans"),
        (ScheduleForm("A", spans=(Span(Hours(1, 2), day_type_id=99),)), "day_type_99"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(database: Database, form: ScheduleForm, field: str) -> None:
    with database.writing() as session:
        build_school(session)
        with pytest.raises(ReadersError) as caught:
            add_schedule(session, AT, form, BY)
        assert caught.value.field == field
