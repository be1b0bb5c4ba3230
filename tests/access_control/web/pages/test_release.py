"""Releasing over HTTP: the password again, a reason, the wait with its Cancel, and the preview."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from access_control.clock import utc_now
from access_control.database.ids import new_id
from access_control.emergency.releasing import waiting_releases
from access_control.jobs.emergencies import finish_releases
from access_control.jobs.running import run_due
from access_control.people.models import Operator
from access_control.people.permissions import Place, Role
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.pages.test_incident import start  # noqa: F401 - a fixture is found by being imported
from tests.building.emergencies import enrol
from tests.building.tiny_school import OPERATORS, PASSWORD, SITE

WHY = "Police gave the all clear."


@pytest.fixture
def school_keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def services(services: Services) -> Services:
    with services.database.writing() as session:
        enrol(session, services.keys)
    return services


def ask(client: FlaskClient, directive: str, **more: str) -> Any:
    form = {"id": new_id(utc_now()), "directive": directive, "part": "all", "why": WHY, "password": PASSWORD}
    form["csrf_token"] = client.token  # type: ignore[attr-defined] # a fixture's
    return client.post("/emergency/release", data=form | more)


def running(app: Flask) -> list[str]:
    emergencies = app.extensions[EXTENSION].more["emergencies"]
    emergencies.refresh()
    return [one.directive.id for one in emergencies.running()]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "wrong"}, "That is not your password. Nothing was released."),
        ({"password": ""}, "That is not your password."),
        ({"why": "short"}, "a release needs 10"),
        ({"part": "building:9"}, "is no part of this school"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_released(
    app: Flask,
    administrator: FlaskClient,
    start: Callable[..., str],  # noqa: F811 - the fixture
    wrong: dict[str, str],
    sentence: str,
) -> None:
    id_ = start()
    answer = ask(administrator, id_, **wrong)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert PASSWORD not in answer.text
    assert running(app) == [id_]


def test_a_release_waits_ten_seconds_and_can_be_cancelled(
    app: Flask,
    administrator: FlaskClient,
    moved_clock: Any,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start()
    release = new_id(utc_now())
    assert ask(administrator, id_, id=release).status_code == 303
    page = administrator.get(f"/emergency/{id_}").text
    assert "Cancel the release" in page
    form = {"id": release, "directive": id_, "csrf_token": administrator.token}  # type: ignore[attr-defined] # a fixture's
    assert administrator.post("/emergency/release/cancel", data=form).status_code == 303
    moved_clock.go_on(seconds=11)
    assert "Cancel the release" not in administrator.get(f"/emergency/{id_}").text
    assert running(app) == [id_]


def test_whoever_may_not_release_there_takes_no_release_back(
    app: Flask,
    services: Services,
    administrator: FlaskClient,
    moved_clock: Any,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start()
    release = new_id(utc_now())
    assert ask(administrator, id_, id=release).status_code == 303
    form = {"id": release, "directive": id_, "csrf_token": administrator.token}  # type: ignore[attr-defined] # a fixture's
    with services.database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    moved_clock.go_on(seconds=5)
    answer = administrator.post("/emergency/release/cancel", data=form)
    assert (answer.status_code, "Nothing was taken back." in answer.text) == (403, True)
    assert running(app) == [id_]


def test_the_server_finishes_the_release(
    app: Flask,
    administrator: FlaskClient,
    moved_clock: Any,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start()
    assert ask(administrator, id_).status_code == 303
    assert running(app) == [id_]
    moved_clock.go_on(seconds=11)
    services: Services = app.extensions[EXTENSION]
    assert run_due(services.database, moved_clock(), [finish_releases(services.keys)], "worker")
    assert running(app) == []
    assert "This record is kept." in administrator.get(f"/emergency/{id_}").text


def test_a_release_that_could_not_be_carried_out_is_told_on_the_page(
    services: Services,
    administrator: FlaskClient,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start()
    assert ask(administrator, id_).status_code == 303
    with services.database.writing() as session:
        (pending,) = waiting_releases(session)
        pending.cancelled_at, pending.cancelled_why = pending.due_at, "This is too large."
    page = administrator.get(f"/emergency/{id_}").text
    assert "it could not be carried out. This is too large. The doors stay as they are." in page
    assert ask(administrator, id_).status_code == 303
    assert "could not be carried out" not in administrator.get(f"/emergency/{id_}").text


def test_who_has_one_building_is_offered_no_more_when_the_rest_is_released(
    services: Services,
    administrator: FlaskClient,
    moved_clock: Any,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start(drill=True)
    assert ask(administrator, id_, part="building:1").status_code == 303
    with services.database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 2).path
    moved_clock.go_on(seconds=60)
    page = administrator.get(f"/emergency/{id_}").text
    assert '<option value="all">' not in page
    assert '<option value="building:2">' in page
    assert ask(administrator, id_, part="building:2").status_code == 303


def test_a_drill_ends_at_once(
    app: Flask,
    administrator: FlaskClient,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start(drill=True)
    assert ask(administrator, id_).status_code == 303
    assert running(app) == []


def test_one_door_can_be_released_by_itself(
    app: Flask,
    administrator: FlaskClient,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start(drill=True)
    page = administrator.get(f"/emergency/{id_}").text
    assert '<option value="door:4">Door 8, Loading dock</option>' in page
    assert ask(administrator, id_, part="door:4").status_code == 303
    assert running(app) == [id_]
    page = administrator.get(f"/emergency/{id_}").text
    assert '<option value="door:4">' not in page
    assert "1 door is released already." in page


def test_only_who_may_releases(
    app: Flask,
    signed_in: Callable[[Role], FlaskClient],
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start()
    for role in (Role.FRONT_DESK, Role.INSTALLER):
        client = signed_in(role)
        assert ask(client, id_).status_code == 403
        assert client.get(f"/emergency/release/preview?directive={id_}").status_code == 403
    assert running(app) == [id_]


def test_the_preview_names_every_door(
    administrator: FlaskClient,
    start: Callable[..., str],  # noqa: F811 - the fixture
) -> None:
    id_ = start()
    page = administrator.get(f"/emergency/release/preview?directive={id_}&part=building:2").text
    assert "Loading dock" in page
    assert "Main entrance" not in page
    assert administrator.get(f"/emergency/release/preview?directive={id_}&part=zone:9").status_code == 400
    assert administrator.get("/emergency/release/preview?directive=x").status_code == 404
