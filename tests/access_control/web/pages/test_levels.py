from __future__ import annotations

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.people.models import Grant
from access_control.people.permissions import Role
from access_control.readers.levels import form_of, get_level
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import OPERATORS, SITE


def test_a_level_opens_and_forbids_doors_by_schedules(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    doors = {"grant_1": str(furnished.always), "denial_3": str(furnished.arrival)}
    answer = post(administrator, "/levels", {"name": "Coaches", **doors})
    number = int(answer.location.rpartition("/")[2])
    with database.reading() as session:
        form = form_of(get_level(session, number))
        assert (form.grants, form.denials) == ({1: furnished.always}, {3: furnished.arrival})
    assert "Coaches" in administrator.get("/levels").text
    assert "already a level" in refusals(post(administrator, "/levels", {"name": "Coaches"}))[0]


def test_two_people_edit_one_level(administrator: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    path = f"/levels/{furnished.level}"
    assert (
        post(administrator, path, {"name": "Staff", "grant_1": str(furnished.always)}, version="1").status_code == 303
    )
    answer = post(administrator, path, {"name": "Staff", "grant_3": str(furnished.always)}, version="1")
    assert answer.status_code == 409
    assert "Door 1, Main entrance: opens" in answer.text
    with database.reading() as session:
        assert form_of(get_level(session, furnished.level)).grants == {1: furnished.always}


def test_a_right_in_one_building_reaches_no_door_of_another(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    moved_clock.go_on(minutes=1)  # for seconds an operator is taken as they were
    with database.writing() as session:
        row = session.get_one(Grant, OPERATORS[Role.ADMINISTRATOR][0].replace("-7000-", "-7001-"))
        row.scope = f"{SITE}/1"
    always = str(furnished.always)
    gym = post(administrator, "/levels", {"name": "Gym", "grant_4": always})
    with database.reading() as session:
        made = get_level(session, int(gym.headers["Location"].rpartition("/")[2]))
        assert form_of(made).grants == {}, "a door that the form does not show"
    assert post(administrator, "/levels", {"name": "Main", "grant_1": always}).status_code == 303


def test_who_may_not_does_not(desk: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool) -> None:
    for client in (desk, installer):
        assert client.get(f"/levels/{furnished.level}").status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    fields = ["name", "version", "grant_1", "denial_1", "grant_99"]
    assert nonsense(administrator, "/levels", fields) == []
    assert nonsense(administrator, f"/levels/{furnished.level}", fields) == []
    assert administrator.get("/levels/99").status_code == 404
