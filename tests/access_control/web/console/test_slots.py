from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from access_control.core.decision.model import EmergencyAction, FireAction, OverrideEffect
from access_control.database.engine import Database
from access_control.readers.doors import add_door
from access_control.readers.hours import Hours
from access_control.readers.models import Door
from access_control.readers.records import DirectiveRow, OverrideRow, ReleaseRow
from access_control.readers.schedules import ScheduleForm, Span, add_schedule
from access_control.readers.status_said import DoorSaid, read_status
from access_control.web.console.slots import SlotRow, slot_rows
from tests.building.said import a_door, a_status
from tests.building.sites import AT, BY, build_school

ZONE = ZoneInfo("America/Chicago")
RECESS = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)  # Monday 10:40 am there


def said(**changes: object) -> DoorSaid:
    return read_status(a_status(a_door(1, **changes)).status).doors[0]


def rows(session: Session, door: Door, heard: DoorSaid | None, *, names: bool = True) -> dict[str, SlotRow]:
    return {row.name: row for row in slot_rows(session, door, RECESS, ZONE, heard, names=names)}


def a_school_door(session: Session) -> Door:
    school = build_school(session)
    hours = (Span(Hours(630, 650), weekday=0), Span(Hours(720, 780), weekday=0))
    recess = add_schedule(session, AT, ScheduleForm("Recess", spans=hours), BY)
    form = school.door(unlock_schedule_id=recess.id, fire_action=FireAction.NONE)
    return add_door(session, AT, form, BY)


def test_the_schedule_is_in_force_and_default_takes_over(database: Database) -> None:
    with database.writing() as session:
        found = rows(session, a_school_door(session), said(slot="schedule", command="unlock"))
        schedule = found["Schedule Recess"]
        assert (schedule.result, schedule.unlocks) == ("in force", True)
        assert schedule.sentence == "Unlocked 10:30 am to 10:50 am today"
        assert found["Default"].result == "next"
        assert found["Default"].sentence == "Locked. Takes over at 10:50 am"
        assert found["Lockdown"].result == "no order"


def test_the_highest_order_wins_as_long_as_the_bridge_does_not_say(database: Database) -> None:
    with database.writing() as session:
        door = a_school_door(session)
        session.add(
            OverrideRow(
                id="01935c00-0000-7000-8000-00000000f001",
                door_id=door.id,
                effect=OverrideEffect.LOCK,
                by=BY,
                why="Wet paint",
                made_at=AT,
                expires_at=RECESS + timedelta(hours=1),
            )
        )
        session.flush()
        found = rows(session, door, None)
        assert found["Manual lock"].result == "in force"
        assert found["Manual lock"].sentence == "Wet paint, until 11:40 am"
        assert found["Schedule Recess"].result == "next"
        assert found["Default"].result == "waits"
        assert "Wet paint" not in rows(session, door, None, names=False)["Manual lock"].sentence


def test_an_order_that_has_not_come_to_the_door_is_on_its_way(database: Database) -> None:
    with database.writing() as session:
        door = a_school_door(session)
        session.add(
            DirectiveRow(
                id="01935c00-0000-7000-8000-00000000f002",
                action=EmergencyAction.LOCKDOWN,
                scope="site",
                doors=[door.id],
                origin="service",
                by=BY,
                by_name="A. Rivera",
                started_at=AT,
                sealed=[],
            )
        )
        session.flush()
        before = rows(session, door, said(slot="schedule", command="unlock"))
        assert (before["Lockdown"].result, before["Lockdown"].sentence) == ("on its way", "Lockdown by A. Rivera")
        after = rows(session, door, said(slot="lockdown"), names=False)
        assert (after["Lockdown"].result, after["Lockdown"].sentence) == ("in force", "Lockdown")
        session.add(
            ReleaseRow(
                id="01935c00-0000-7000-8000-00000000f003",
                directive_id="01935c00-0000-7000-8000-00000000f002",
                doors=[door.id],
                origin="service",
                by=BY,
                why="All is well",
                at=AT,
                sealed="",
            )
        )
        session.flush()
        assert rows(session, door, None)["Lockdown"].result == "no order"


def test_what_only_the_bridge_can_know_is_shown_when_it_says_so(database: Database) -> None:
    with database.writing() as session:
        door = a_school_door(session)
        assert "Exit button" not in rows(session, door, None)
        found = rows(session, door, said(slot="egress", command="unlock"))
        assert (found["Exit button"].result, found["Exit button"].unlocks) == ("in force", True)
        fire = rows(session, door, said(slot="fire", command="relay_off"))["Fire"]
        assert (fire.result, fire.unlocks, fire.sentence) == ("in force", False, "The fire input is active or latched.")
