from __future__ import annotations

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.people.models import Grant
from access_control.people.permissions import Role
from access_control.readers.hours import Hours
from access_control.readers.schedules import form_of, get_schedule
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import OPERATORS, SITE


def test_hours_are_typed_as_people_say_them(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    special = f"day_type_{furnished.holiday}"
    form = {"name": "Gym", "weekday_0": "7:30 am to 3 pm, 17:00-18:30", special: "9 am to 12 pm"}
    answer = post(administrator, "/schedules", form)
    number = int(answer.location.rpartition("/")[2])
    with database.reading() as session:
        spans = form_of(get_schedule(session, number)).spans
    assert {(one.hours, one.weekday, one.day_type_id) for one in spans} == {
        (Hours(450, 900), 0, None),
        (Hours(1020, 1110), 0, None),
        (Hours(540, 720), None, furnished.holiday),
    }
    page = administrator.get(f"/schedules/{number}").text
    assert "7:30 am to 3 pm, 5 pm to 6:30 pm" in page
    assert "Thanksgiving" in page


def test_what_cannot_be_read_is_refused_at_its_day(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    answer = post(administrator, "/schedules", {"name": "Gym", "weekday_2": "all day", "weekday_4": "8-7"})
    assert answer.status_code == 422
    assert "is no time span" in refusals(answer)[0]
    overlap = post(administrator, "/schedules", {"name": "Gym", "weekday_2": "7:00-9:00, 8:00-10:00"})
    assert "overlap" in refusals(overlap)[0]


def test_two_people_edit_one_schedule(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    path = f"/schedules/{furnished.arrival}"
    assert post(administrator, path, {"name": "Arrival", "weekday_0": "7:00-8:00"}, version="1").status_code == 303
    answer = post(administrator, path, {"name": "Arrival", "weekday_0": "6:00-8:00"}, version="1")
    assert answer.status_code == 409
    assert "7 am to 8 am" in answer.text
    assert "6:00-8:00" in answer.text


def test_installers_look_and_do_not_touch(installer: FlaskClient, desk: FlaskClient, furnished: ConsoleSchool) -> None:
    path = f"/schedules/{furnished.arrival}"
    assert "Save schedule" not in installer.get(path).text
    assert post(installer, path, {"name": "x"}, version="1").status_code == 403
    assert desk.get("/schedules").status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    fields = ["name", "version", "always", "weekday_0", "weekday_6", f"day_type_{furnished.holiday}"]
    assert nonsense(administrator, "/schedules", fields) == []
    assert nonsense(administrator, f"/schedules/{furnished.arrival}", fields) == []
    assert administrator.get("/schedules/99").status_code == 404


def test_a_right_in_one_building_changes_no_hours_of_all(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    moved_clock.go_on(minutes=1)
    with database.writing() as session:
        row = session.get_one(Grant, OPERATORS[Role.ADMINISTRATOR][0].replace("-7000-", "-7001-"))
        row.scope = f"{SITE}/1"
    hours = {"name": "Always", "weekday_0": "12 am to 11 pm", "version": "1"}
    assert post(administrator, f"/schedules/{furnished.arrival}", hours).status_code == 403
    for path in ("/calendar", "/calendar/clear", "/calendar/kinds"):
        assert post(administrator, path).status_code == 403
