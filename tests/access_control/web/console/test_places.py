"""A right in one building shows and changes nothing of another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from access_control.people.models import Operator
from access_control.people.permissions import Place, Role
from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool
from tests.building.pages import post
from tests.building.tiny_school import OPERATORS, SITE

ELSEWHERE = ("Main entrance", "Room 101", "North corridor")


@pytest.fixture
def gym(services: Services, signed_in: Callable[[Role], FlaskClient]) -> FlaskClient:
    """An administrator of the gym and of nothing else."""
    with services.database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    return signed_in(Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    "path", ["/doors", "/doors/part", "/why", "/presence", "/events", "/", "/schedules", "/levels"]
)
def test_lists_show_only_what_lies_within_the_right(gym: FlaskClient, furnished: ConsoleSchool, path: str) -> None:
    answer = gym.get(path)
    assert furnished.person
    assert answer.status_code in {200, 403}, answer.text
    assert [name for name in ELSEWHERE if name in answer.text] == []


def test_pages_of_things_elsewhere_are_refused(gym: FlaskClient, furnished: ConsoleSchool) -> None:
    pages = (
        *("/doors/1", "/doors/1/now", "/doors/1/edit", f"/why?badge={furnished.badge}&door=1"),
        *(f"/why?event={furnished.event}", f"/readers/{furnished.reader}", "/boards/1", "/audit"),
    )
    assert {path: gym.get(path).status_code for path in pages} == dict.fromkeys(pages, 403)


def test_what_is_elsewhere_is_not_changed(gym: FlaskClient, furnished: ConsoleSchool) -> None:
    changes = ("/doors/1/release", "/doors/1/override", "/doors/1/edit", f"/readers/{furnished.reader}")
    assert {path: post(gym, path, {"version": "1"}).status_code for path in changes} == dict.fromkeys(changes, 403)


def test_what_lies_within_it_is_there(gym: FlaskClient, furnished: ConsoleSchool) -> None:
    assert furnished.person
    assert gym.get("/doors/4").status_code == 200
    assert "Loading dock" in gym.get("/doors").text
    assert "Loading dock" in gym.get("/").text
