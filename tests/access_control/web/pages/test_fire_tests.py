from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from access_control.people.models import Operator
from access_control.people.permissions import Place, Role
from access_control.readers.fire_reports import note_fires
from access_control.web.services import Services
from access_control.web.words import long_day
from tests.building.console_school import ConsoleSchool
from tests.building.pages import post, refusals
from tests.building.said import an_event
from tests.building.tiny_school import BRIDGE, OPERATORS, SITE


@pytest.fixture
def report(services: Services, furnished: ConsoleSchool) -> str:
    """An alarm in which door 1 released, door 2 failed and one that is gone stayed."""
    assert furnished.reader
    at, wire = services.clock(), {"input": "board 1.7"}
    events = [
        an_event(BRIDGE, 1, "FIRE_INPUT_ON", at, detail=wire),
        an_event(BRIDGE, 2, "FIRE_DOOR_RELEASED", at, door=1, detail={**wire, "ms": 183}),
        an_event(BRIDGE, 3, "FIRE_DOOR_FAILED", at, door=2, detail={**wire, "ms": 0, "why": "It is open."}),
        an_event(BRIDGE, 4, "FIRE_DOOR_STAYED", at, door=99, detail={**wire, "ms": 512}),
    ]
    with services.database.writing() as session:
        note_fires(session, BRIDGE, events)
    return f"/fire-tests/{events[0].id}"


def test_the_list_has_counts_and_the_page_every_door(
    administrator: FlaskClient, report: str, services: Services
) -> None:
    listed = administrator.get("/fire-tests").text
    assert "Not said yet" in listed
    assert report in listed
    page = administrator.get(report).text
    day = long_day(services.clock(), ZoneInfo("America/Chicago"))
    assert f"Input board 1.7, {day} 20" in page, "for paper, with its year"
    assert "-11-" not in page.partition("<h1")[2].partition("<time")[0]
    for words in ("183 ms", "It is open.", "1 NOT proved", "A door that is gone", "The slowest proof took 512 ms."):
        assert words in page
    assert page.index("It is open.") < page.index("183 ms"), "what failed comes first"


def test_somebody_says_what_it_was(administrator: FlaskClient, report: str) -> None:
    good = {"what": "test", "why": "Yearly test by the alarm company"}
    assert refusals(post(administrator, f"{report}/mark", good, version="1", what=""))
    assert refusals(post(administrator, f"{report}/mark", good, version="1", why=""))
    assert "Say a little more" in refusals(post(administrator, f"{report}/mark", good, version="1", why="Test"))[0]
    assert post(administrator, f"{report}/mark", good, version="1").status_code == 303
    page = administrator.get(report).text
    assert "A test, says" in page
    assert "Yearly test by the alarm company" in page
    assert "A test" in administrator.get("/fire-tests").text
    assert post(administrator, f"{report}/mark", good, version="1").status_code == 409
    again = {"what": "real", "why": "A toaster in the staff room"}
    assert post(administrator, f"{report}/mark", again, version="2").status_code == 303
    assert "A real alarm, says" in administrator.get(report).text


def test_who_may_not_does_not(installer: FlaskClient, desk: FlaskClient, report: str) -> None:
    for client in (installer, desk):
        assert client.get("/fire-tests").status_code == 403
        assert client.get(report).status_code == 403


def test_another_building_s_are_not_there(
    services: Services, signed_in: Callable[[Role], FlaskClient], report: str
) -> None:
    with services.database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    gym = signed_in(Role.ADMINISTRATOR)
    assert report not in gym.get("/fire-tests").text
    assert gym.get(report).status_code == 403


def test_without_any_the_page_says_what_to_do(administrator: FlaskClient) -> None:
    assert "No fire input has been active yet" in administrator.get("/fire-tests").text
    assert administrator.get("/fire-tests/01935c00-0000-7000-8000-00000000ffff").status_code == 404
