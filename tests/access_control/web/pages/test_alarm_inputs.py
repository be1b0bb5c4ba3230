from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.people.models import Operator
from access_control.people.permissions import Place, Role
from access_control.readers.alarm_inputs import list_alarm_inputs
from access_control.readers.models import Bridge
from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.said import a_status
from tests.building.tiny_school import BRIDGE, OPERATORS, SITE

MAINS = {
    "name": "Cabinet supply",
    "kind": "mains_fail",
    "bridge_id": BRIDGE,
    "point": "board 1.14",
    "normal": "normally_closed",
}
BUTTON = {
    **MAINS,
    "name": "Gym",
    "kind": "panic",
    "point": "board 1.13",
    "normal": "normally_open",
    "action": "lockdown",
    "scope": "site",
}


def test_they_are_listed_added_changed_and_removed(
    installer: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    assert furnished.reader
    assert "Lockdown, whole school" in installer.get("/inputs").text
    assert post(installer, "/inputs", MAINS).status_code == 303
    assert "Cabinet supply" in installer.get("/inputs").text
    with database.reading() as session:
        number = next(row.id for row in list_alarm_inputs(session) if row.name == "Cabinet supply")
    path = f"/inputs/{number}"
    assert "Cabinet supply" in installer.get(path).text
    assert post(installer, path, {**MAINS, "name": "Supply"}, version="1").status_code == 303
    assert post(installer, path, {**MAINS, "name": "Mains"}, version="1").status_code == 409
    assert post(installer, f"{path}/remove", version="1").status_code == 409
    assert post(installer, f"{path}/remove", version="2").status_code == 303
    assert installer.get(path).status_code == 404


def test_each_refusal_stands_at_its_field(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert furnished.reader
    assert "Choose what" in refusals(post(administrator, "/inputs", {**BUTTON, "action": ""}))[0]
    assert "Choose where" in refusals(post(administrator, "/inputs", {**BUTTON, "scope": ""}))[0]
    assert "both use board 1.15" in refusals(post(administrator, "/inputs", {**BUTTON, "point": "board 1.15"}))[0]
    assert "names no input" in refusals(post(administrator, "/inputs", {**BUTTON, "point": "the roof"}))[0]


def test_who_may_not_does_not(desk: FlaskClient, furnished: ConsoleSchool) -> None:
    assert furnished.reader
    for path in ("/inputs", "/inputs/1", "/inputs/new"):
        assert desk.get(path).status_code == 403


def test_a_right_in_one_building_sets_up_no_button_for_the_whole_school(
    services: Services, signed_in: Callable[[Role], FlaskClient], furnished: ConsoleSchool
) -> None:
    assert furnished.reader
    with services.database.writing() as session:
        place = Place(SITE, session.get_one(Bridge, BRIDGE).building_id)
        session.get_one(Operator, OPERATORS[Role.INSTALLER][0]).grants[0].scope = place.path
    here = signed_in(Role.INSTALLER)
    assert "Whole school" not in here.get("/inputs/new").text
    assert post(here, "/inputs", BUTTON).status_code == 422
    assert post(here, "/inputs/1", {**BUTTON, "point": "board 1.15"}, version="1").status_code == 403
    assert post(here, "/inputs", MAINS).status_code == 303


def test_the_list_says_what_each_bridge_says_now(
    services: Services, installer: FlaskClient, furnished: ConsoleSchool
) -> None:
    assert furnished.reader
    assert "Not known" in installer.get("/inputs").text

    def said(**more: object) -> str:
        given = {"input": 1, "name": "Button", "kind": "panic", "active": False, "state": "normal", "why": "", **more}
        with services.database.writing() as session:
            bridge = session.get_one(Bridge, BRIDGE)
            bridge.status, bridge.status_at = a_status(inputs=[given]).status, services.clock()
        return installer.get("/inputs").text

    assert "At rest" in said()
    assert "Its wire is cut." in said(state="cut", why="Its wire is cut.")
    assert "Alarm, unknown" in said(active=True, state="unknown", why="Its device does not answer.")
    assert "Button: panic button pressed" in (said(active=True, state="active"), installer.get("/").text)[1]


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert furnished.reader
    assert nonsense(administrator, "/inputs", [*BUTTON]) == []
    assert nonsense(administrator, "/inputs/1", [*BUTTON, "version"]) == []
    assert nonsense(administrator, "/inputs/1/remove", ["version"]) == []
    assert administrator.get("/inputs/99").status_code == 404
