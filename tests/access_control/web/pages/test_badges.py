from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select

from access_control.core.decision.model import BadgeStatus
from access_control.database.engine import Database
from access_control.readers.badges import get_badge
from access_control.readers.models import Bridge
from access_control.readers.records import RevocationAt
from tests.access_control.web.conftest import MovedClock, Served
from tests.building.browser import Chrome
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post

NOBODY = "01935c00-0000-7000-8000-00000000dead"


def test_a_lost_badge_names_the_bridges_that_have_not_confirmed_it(
    desk: FlaskClient, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    path = f"/badges/{furnished.badge}"
    assert post(desk, f"{path}/status", status="lost", version="1").status_code == 303
    with database.reading() as session:
        assert get_badge(session, furnished.badge).status is BadgeStatus.LOST
    waiting = desk.get(f"{path}/reached").text
    assert "0 of 1 bridge confirmed" in waiting
    assert "answers and has not confirmed it yet: the badge may still work there." in waiting
    moved_clock.go_on(minutes=3)
    silent = desk.get(f"{path}/reached").text
    assert "is silent for 3 min: the badge still works there until it answers." in silent
    with database.writing() as session:
        session.scalars(select(RevocationAt)).one().confirmed_at = moved_clock()
    assert "1 of 1 bridge confirmed" in desk.get(f"{path}/reached").text


def test_the_page_follows_the_bridges_by_itself(
    served: Served, chrome: Chrome, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    page = served.sign_in(chrome.page(), path=f"/badges/{furnished.badge}")
    page.get_by_role("button", name="Mark lost").click()
    expect(page.get_by_text("0 of 1 bridge confirmed")).to_be_visible()
    with database.writing() as session:
        session.scalars(select(RevocationAt)).one().confirmed_at = moved_clock() + timedelta(seconds=1)
    expect(page.get_by_text("1 of 1 bridge confirmed")).to_be_visible()


def test_only_who_edits_badges_lets_one_count_again(
    desk: FlaskClient, administrator: FlaskClient, furnished: ConsoleSchool
) -> None:
    path = f"/badges/{furnished.badge}"
    post(desk, f"{path}/status", status="stolen", version="1")
    assert "Let it count again" not in desk.get(path).text
    assert post(desk, f"{path}/status", status="active", version="2").status_code == 403
    assert post(administrator, f"{path}/status", status="active", version="1").status_code == 409
    assert post(administrator, f"{path}/status", status="active", version="2").status_code == 303


def test_a_stale_form_is_shown_beside_what_is_stored(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    path = f"/badges/{furnished.badge}"
    assert post(administrator, path, version="1", label="A-17", valid_until="2027-06-18").status_code == 303
    answer = post(administrator, path, version="1", label="B-1", valid_until="")
    assert answer.status_code == 409
    assert "2027-06-18" in answer.text


def test_no_names_for_who_may_not_see_people(installer: FlaskClient, furnished: ConsoleSchool) -> None:
    assert installer.get(f"/badges/{furnished.badge}").status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    path = f"/badges/{furnished.badge}"
    assert nonsense(administrator, path, ["version", "label", "valid_from", "valid_until"]) == []
    assert nonsense(administrator, f"{path}/status", ["status", "version"]) == []
    assert administrator.get(f"/badges/{NOBODY}").status_code == 404
    assert post(administrator, f"/badges/{NOBODY}/status", status="lost", version="1").status_code == 404
    with database.reading() as session:
        assert session.scalars(select(Bridge)).one().policy_error is None
