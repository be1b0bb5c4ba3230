"""A right in one building shows and changes nothing of another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from access_control.people.models import Operator
from access_control.people.permissions import Place, Role
from access_control.readers.enrolment import add_bridge
from access_control.readers.levels import LevelForm, add_level, form_of, get_level
from access_control.readers.models import Board, Bridge, BridgeState
from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool
from tests.building.pages import post
from tests.building.tiny_school import BRIDGE, MADE, OPERATORS, SITE

ELSEWHERE = (
    *("Main entrance", "Room 101", "North corridor", "Button at the counter"),
    *("Front bridge", "Cabinet", "Staff doors", "Main building"),
)
LISTS = (
    *("/doors", "/doors/part", "/why", "/presence", "/events", "/", "/schedules", "/levels", "/inputs"),
    *("/bridges", "/bridges/part", "/boards", "/boards/new", "/inputs/new", "/readers/new", "/doors/new"),
    *("/levels/new", "/bridges/recovery"),
)


@pytest.fixture
def gym(services: Services, signed_in: Callable[[Role], FlaskClient]) -> FlaskClient:
    """An administrator of the gym and of nothing else."""
    with services.database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    return signed_in(Role.ADMINISTRATOR)


@pytest.mark.parametrize("path", LISTS)
def test_lists_show_only_what_lies_within_the_right(gym: FlaskClient, furnished: ConsoleSchool, path: str) -> None:
    answer = gym.get(path)
    assert furnished.person
    assert answer.status_code in {200, 403}, answer.text
    named = [name for name in ELSEWHERE if name in answer.text]
    assert named == (["Front bridge"] if path == "/" else []), "Live says who runs the dock: the front bridge"


def test_pages_of_things_elsewhere_are_refused(gym: FlaskClient, furnished: ConsoleSchool) -> None:
    pages = (
        *("/doors/1", "/doors/1/now", "/doors/1/edit", f"/why?badge={furnished.badge}&door=1"),
        *(f"/why?event={furnished.event}", f"/readers/{furnished.reader}", "/boards/1", "/inputs/1", "/audit"),
        *(f"/bridges/{BRIDGE}", f"/levels/{furnished.level}"),
    )
    assert {path: gym.get(path).status_code for path in pages} == dict.fromkeys(pages, 403)


def test_what_is_elsewhere_is_not_changed(gym: FlaskClient, furnished: ConsoleSchool) -> None:
    changes = (
        *("/doors/1/release", "/doors/1/override", "/doors/1/edit", f"/readers/{furnished.reader}"),
        *(f"/bridges/{BRIDGE}/neighbours", f"/bridges/{BRIDGE}/name", f"/levels/{furnished.level}", "/boards/1"),
    )
    assert {path: post(gym, path, {"version": "1"}).status_code for path in changes} == dict.fromkeys(changes, 403)


def test_what_lies_within_it_is_there(gym: FlaskClient, furnished: ConsoleSchool) -> None:
    assert furnished.person
    assert gym.get("/doors/4").status_code == 200
    assert "Loading dock" in gym.get("/doors").text
    assert "Loading dock" in gym.get("/").text


def test_each_building_has_its_own_bridges_boards_and_levels(
    services: Services, signed_in: Callable[[Role], FlaskClient], furnished: ConsoleSchool
) -> None:
    with services.database.writing() as session:
        made = add_bridge(session, services.keys, services.clock(), name="Gym bridge", building_id=2, by="cli")
        board = Board(id=2, bridge_id=made.bridge_id, name="Box in the gym", port="b", address=1, outputs=8, inputs=8)
        session.add(board)
        add_level(session, services.clock(), LevelForm("Gym doors", {4: furnished.always}), "cli")
        both = add_level(
            session, services.clock(), LevelForm("Both", {1: furnished.always, 4: furnished.always}), "cli"
        ).id
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    gym = signed_in(Role.ADMINISTRATOR)
    here = {"/bridges": "Gym bridge", "/boards": "Box in the gym", "/levels": "Gym doors"}
    there = {"/bridges": "Front bridge", "/boards": "Cabinet", "/levels": "Staff doors"}
    for path, name in here.items():
        page = gym.get(path).text
        assert name in page
        assert there[path] not in page
    shared = gym.get(f"/levels/{both}").text
    assert "Loading dock" in shared
    assert "Main entrance" not in shared
    kept = {"version": "1", "name": "Both", "grant_4": str(furnished.arrival), "grant_1": ""}
    assert post(gym, f"/levels/{both}", kept).status_code == 303
    with services.database.reading() as session:
        assert form_of(get_level(session, both)).grants == {1: furnished.always, 4: furnished.arrival}


def test_a_neighbour_elsewhere_is_there_and_has_no_name(
    services: Services, signed_in: Callable[[Role], FlaskClient], furnished: ConsoleSchool
) -> None:
    assert furnished.person
    with services.database.writing() as session:
        gym_bridge = Bridge(
            id=BRIDGE.replace("b1", "b2"),
            building_id=2,
            name="Gym bridge",
            state=BridgeState.CONFIRMED,
            created_at=MADE,
        )
        session.add(gym_bridge)
        session.get_one(Bridge, BRIDGE).neighbour_address = "front.school.lan:4711"
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    page = signed_in(Role.ADMINISTRATOR).get(f"/bridges/{BRIDGE.replace('b1', 'b2')}").text
    assert "A bridge in another building" in page
    assert [name for name in ("Front bridge", "front.school.lan") if name in page] == []
