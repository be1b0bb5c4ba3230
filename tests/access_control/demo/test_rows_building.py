"""The made-up school stands in the real tables, and school is always on."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from access_control.core.decision.model import BadgeStatus
from access_control.database.engine import Database
from access_control.database.tables import Table
from access_control.demo.history import week_before
from access_control.demo.hours import DayKind
from access_control.demo.plan import DOORS, SCANNER, Side
from access_control.demo.population import PEOPLE
from access_control.demo.rows_building import add_doors, add_hours, add_levels, add_site, keep_school_on
from access_control.demo.rows_people import add_history, add_people
from access_control.demo.rows_visitors import EXPECTED, add_visitors, expect_today
from access_control.people.models import Cardholder
from access_control.readers.models import Badge, Bridge, CalendarDay, Door, LevelDoor, Reader, Site
from access_control.readers.records import EventRow, Presence
from access_control.visitors.models import BannedPerson, Visit, VisitState

EVENING = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
"""Tuesday the 24th, half past eight in the evening, in Chicago."""
MORNING = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
BRIDGES = {
    Side.MAIN: "01939a5e-7c00-7000-8000-00000000b001",
    Side.ARTS: "01939a5e-7c00-7000-8000-00000000b002",
}


def make(database: Database, at: datetime) -> None:
    with database.writing() as session:
        add_site(session, ZONE.key)
        add_hours(session, at.astimezone(ZONE))
        session.add_all(
            Bridge(id=bridge, building_id=side, name=side.name, created_at=at) for side, bridge in BRIDGES.items()
        )
        session.flush()
        add_doors(session, BRIDGES)
        add_levels(session)
        add_people(session, at)
        add_visitors(session, at, ZONE)
        add_history(session, BRIDGES, week_before(at, ZONE))


def counted(database: Database, table: type[Table]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_everything_is_there(database: Database) -> None:
    make(database, MORNING)
    with database.reading() as session:
        site = session.scalars(select(Site)).one()
        assert site.demo
        scanner = session.get_one(Reader, SCANNER)
        assert scanner.takes_passes
        assert scanner.door.number == "1"
        assert session.scalar(select(func.count()).where(Badge.status == BadgeStatus.LOST)) == 3
    assert counted(database, Cardholder) == PEOPLE == counted(database, Badge)
    assert counted(database, Door) == len(DOORS)
    assert counted(database, LevelDoor) > 80
    assert 3000 < counted(database, EventRow) < 5000
    assert counted(database, BannedPerson) == 2
    assert 50 < counted(database, Presence) < PEOPLE


def test_events_are_numbered_without_gaps_for_each_bridge(database: Database) -> None:
    make(database, MORNING)
    with database.reading() as session:
        for bridge in BRIDGES.values():
            numbers = list(session.scalars(select(EventRow.seq).where(EventRow.bridge_id == bridge).order_by("seq")))
            assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(("at", "opened"), [(MORNING, set()), (EVENING, {date(2026, 11, 24), date(2026, 11, 25)})])
def test_outside_school_hours_today_and_tomorrow_are_an_open_house(
    database: Database, at: datetime, opened: set[date]
) -> None:
    make(database, at)
    with database.writing() as session:
        assert keep_school_on(session, at, ZONE) is bool(opened)
        assert not keep_school_on(session, at, ZONE)
    with database.reading() as session:
        days = session.scalars(select(CalendarDay.day).where(CalendarDay.day_type_id == DayKind.OPEN_HOUSE))
        assert set(days) == opened


def test_a_holiday_is_one_again_after_the_open_house(database: Database) -> None:
    make(database, MORNING)
    thanksgiving = datetime(2026, 11, 26, 16, tzinfo=UTC)
    later = datetime(2026, 12, 1, 15, tzinfo=UTC)
    with database.writing() as session:
        assert keep_school_on(session, thanksgiving, ZONE)
        assert session.get_one(CalendarDay, date(2026, 11, 26)).day_type_id == DayKind.OPEN_HOUSE
    with database.writing() as session:
        assert keep_school_on(session, later, ZONE)
    with database.reading() as session:
        assert session.get_one(CalendarDay, date(2026, 11, 26)).day_type_id == DayKind.HOLIDAY


def test_visitors_are_expected_each_day_anew(database: Database) -> None:
    make(database, MORNING)
    tomorrow = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
    with database.writing() as session:
        expect_today(session, MORNING, ZONE)
        expected = select(func.count()).where(Visit.state == VisitState.EXPECTED)
        assert session.scalar(expected) == len(EXPECTED)
        expect_today(session, tomorrow, ZONE)
        assert session.scalar(expected) == len(EXPECTED)
        assert session.scalar(select(func.count()).where(Visit.state == VisitState.CANCELLED)) == len(EXPECTED)
