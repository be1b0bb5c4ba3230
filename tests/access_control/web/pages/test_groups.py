from __future__ import annotations

from flask.testing import FlaskClient

from access_control.core.decision.model import BadgeStatus
from access_control.database.engine import Database
from access_control.people.models import Cardholder, Grant
from access_control.people.permissions import Role
from access_control.readers.levels import LevelForm, add_level, group_levels, person_levels, set_person_levels
from access_control.readers.models import Badge
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import BY, ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import MADE, OPERATORS, SITE


def test_groups_bring_levels(administrator: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    path = f"/groups/{furnished.group}"
    assert "Staff doors" in administrator.get("/groups").text
    assert post(administrator, path, name="Grade 4", version="1").status_code == 303
    with database.reading() as session:
        assert group_levels(session, furnished.group) == set()
    stale = post(administrator, path, name="Grade 4", version="1", levels=[str(furnished.level)])
    assert stale.status_code == 409
    assert post(administrator, "/groups", name="Kitchen", levels=[str(furnished.level)]).status_code == 303
    assert "is a group" in refusals(post(administrator, "/groups", name="Kitchen"))[0]


def test_who_may_not_does_not(desk: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool) -> None:
    assert desk.get("/groups").status_code == 200
    assert desk.get(f"/groups/{furnished.group}").status_code == 403
    assert installer.get("/groups").status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert nonsense(administrator, "/groups", ["name", "levels"]) == []
    assert nonsense(administrator, f"/groups/{furnished.group}", ["name", "levels", "version"]) == []
    assert administrator.get("/groups/99").status_code == 404


def test_a_right_in_one_building_gives_no_level_of_another(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    moved_clock.go_on(minutes=1)  # for seconds an operator is taken as they were
    with database.writing() as session:
        row = session.get_one(Grant, OPERATORS[Role.ADMINISTRATOR][0].replace("-7000-", "-7001-"))
        row.scope = f"{SITE}/1"
        gym = str(add_level(session, MADE, LevelForm("Gym", {4: furnished.always}), BY).id)
    ref = furnished.person
    person = {"given_name": "Kim", "family_name": "Okafor", "holder_class": "staff", "active": "y"}
    assert post(administrator, "/groups", name="Kitchen", levels=[gym]).status_code == 403
    both = [str(furnished.level), gym]
    path = f"/groups/{furnished.group}"
    assert post(administrator, path, name="Grade 4", version="1", levels=both).status_code == 403
    assert post(administrator, "/people", person, levels=[gym]).status_code == 403
    assert post(administrator, f"/people/{ref}", person, version="1", levels=both).status_code == 403
    with database.reading() as session:
        assert group_levels(session, furnished.group) == {furnished.level}
        assert person_levels(session, ref) == {furnished.level}
    assert post(administrator, "/groups", name="Hall", levels=[str(furnished.level)]).status_code == 303


def test_a_right_in_one_building_makes_no_badge_or_pin_good_in_another(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    moved_clock.go_on(minutes=1)
    ref, badge = furnished.person, furnished.badge
    person = {"given_name": "Priya", "family_name": "Nair", "holder_class": "responder", "active": "y"}
    with database.writing() as session:
        gym = add_level(session, MADE, LevelForm("Gym", {4: furnished.always}), BY).id
        set_person_levels(session, MADE, ref, [furnished.level, gym], BY)
        row = session.get_one(Grant, OPERATORS[Role.ADMINISTRATOR][0].replace("-7000-", "-7001-"))
        row.scope = f"{SITE}/1"
        version = str(session.get_one(Cardholder, ref).version)
    levels = [str(furnished.level), str(gym)]
    assert post(administrator, f"/people/{ref}/pin", pin="2846", version=version).status_code == 403
    new = {"badge-format": "H10301", "badge-facility_code": "17", "badge-number": "999"}
    assert post(administrator, f"/people/{ref}/badges", new).status_code == 403
    assert post(administrator, f"/badges/{badge}", version="1", label="x").status_code == 403
    assert post(administrator, f"/people/{ref}", person, version=version, levels=levels).status_code == 403
    lost = post(administrator, f"/badges/{badge}/status", version="1", status="lost")
    assert lost.status_code == 303, "killing a badge is never a matter of place"
    with database.reading() as session:
        again = str(session.get_one(Badge, badge).version)
    assert post(administrator, f"/badges/{badge}/status", version=again, status="active").status_code == 403
    with database.reading() as session:
        assert session.get_one(Badge, badge).status is BadgeStatus.LOST
        assert session.get_one(Cardholder, ref).pin_sealed is None
