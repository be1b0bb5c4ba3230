"""*Who is inside*: today's admissions by building, for those who may know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from access_control.clock import utc_now
from access_control.database.engine import Database
from access_control.people.permissions import Role
from access_control.readers.records import Presence
from access_control.web.pages.presence import day_began
from tests.access_control.web.conftest import Served
from tests.building.browser import Chrome, Theme, complaints, violations
from tests.building.console_school import ConsoleSchool

CHICAGO = ZoneInfo("America/Chicago")


def admit(database: Database, ref: int, door: int, building: int, at: datetime) -> None:
    with database.writing() as session:
        session.merge(Presence(person_ref=ref, building_id=building, door_id=door, at=at))


def test_it_names_whom_a_door_admitted_today_and_where(
    furnished: ConsoleSchool, desk: FlaskClient, database: Database
) -> None:
    assert "Nobody was admitted here today." in desk.get("/presence").text
    admit(database, furnished.person, 4, 2, utc_now())
    page = desk.get("/presence").text
    assert "1 person admitted today" in page
    assert "Priya Nair" in page
    assert "Loading dock" in page
    assert "Priya Nair" in desk.get("/presence?building=2").text
    assert "Priya Nair" not in desk.get("/presence?building=1").text
    for strange in ("999999", "x", "-1", "1e3", "٣"):
        assert desk.get(f"/presence?building={strange}").status_code == 200


def test_who_came_yesterday_has_gone(furnished: ConsoleSchool, desk: FlaskClient, database: Database) -> None:
    admit(database, furnished.person, 4, 2, utc_now() - timedelta(days=1, minutes=1))
    assert "Priya Nair" not in desk.get("/presence").text


def test_an_installer_sees_no_people(installer: FlaskClient) -> None:
    assert installer.get("/presence").status_code == 403


def test_a_school_day_begins_before_anybody_comes() -> None:
    assert day_began(datetime(2026, 11, 23, 15, 0, tzinfo=UTC), CHICAGO) == datetime(2026, 11, 23, 10, tzinfo=UTC)
    late = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # two in the morning in Chicago
    assert day_began(late, CHICAGO) == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(("theme", "size"), [("light", "desktop"), ("dark", "phone")])
def test_the_page_in_a_browser(
    furnished: ConsoleSchool, served: Served, chrome: Chrome, database: Database, theme: Theme, size: str
) -> None:
    admit(database, furnished.person, 4, 2, utc_now())
    page = served.sign_in(chrome.page(theme=theme, size=size), Role.ADMINISTRATOR, "/presence")
    expect(page.get_by_role("heading", name="1 person admitted today")).to_be_visible()
    assert violations(page) == []
    assert complaints(page) == []
