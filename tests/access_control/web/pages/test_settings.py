from __future__ import annotations

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.people.models import Grant
from access_control.people.permissions import Role
from access_control.readers.settings import SchoolSettings, school_settings
from access_control.readers.site import the_site
from tests.access_control.web.conftest import MovedClock
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import OPERATORS, SITE

CHOSEN = {
    "drill_moves_doors": "y",
    "pass_hours": "6",
    "proof_limit_s": "15",
    "exterior_days": "14",
    "interior_days": "60",
    "room_days": "0",
}


def test_the_school_chooses(administrator: FlaskClient, database: Database) -> None:
    assert post(administrator, "/settings", CHOSEN, version="1").status_code == 303
    with database.reading() as session:
        assert school_settings(session) == SchoolSettings(
            lockdown_locks_perimeter=False,
            drill_moves_doors=True,
            pass_hours=6,
            proof_limit_s=15,
            exterior_days=14,
            interior_days=60,
            room_days=None,
        )
    shown = administrator.get("/settings").text
    assert '<option selected value="14">14 days</option>' in shown
    assert '<option selected value="0">No limit</option>' in shown
    answer = post(administrator, "/settings", {**CHOSEN, "pass_hours": "7"}, version="1")
    assert answer.status_code == 409
    assert "Stored now" in answer.text


def test_numbers_have_limits(administrator: FlaskClient, desk: FlaskClient) -> None:
    answer = post(administrator, "/settings", {**CHOSEN, "proof_limit_s": "600"}, version="1")
    assert "must be 5 to 60" in refusals(answer)[0]
    answer = post(administrator, "/settings", {**CHOSEN, "room_days": "5000"}, version="1")
    assert "Choose one from the list." in refusals(answer)[0]
    assert nonsense(administrator, "/settings", [*CHOSEN, "version"]) == []
    assert desk.get("/settings").status_code == 403


def test_a_right_in_one_building_changes_no_settings_of_the_school(
    administrator: FlaskClient, database: Database, moved_clock: MovedClock
) -> None:
    assert "Save settings" in administrator.get("/settings").text
    moved_clock.go_on(minutes=1)
    with database.writing() as session:
        row = session.get_one(Grant, OPERATORS[Role.ADMINISTRATOR][0].replace("-7000-", "-7001-"))
        row.scope = f"{SITE}/1"
    assert post(administrator, "/settings", CHOSEN, version="1").status_code == 403
    with database.reading() as session:
        assert school_settings(session) == SchoolSettings()
    page = administrator.get("/settings").text
    assert "Save settings" not in page
    assert 'aria-label="What the school chose" disabled>' in page


def test_a_choice_that_this_version_does_not_know_is_neither_shown_nor_lost(
    administrator: FlaskClient, database: Database
) -> None:
    with database.writing() as session:
        the_site(session).settings = {"one_administrator": False, "pass_hours": 8}
    assert 'name="pass_hours" required type="number" value="8"' in administrator.get("/settings").text
    assert "second person" not in administrator.get("/settings").text
    assert post(administrator, "/settings", CHOSEN, version="2").status_code == 303
    with database.reading() as session:
        assert school_settings(session).pass_hours == 6
        assert the_site(session).settings["one_administrator"] is False
