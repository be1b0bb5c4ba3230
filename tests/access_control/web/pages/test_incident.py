"""The incident screen over HTTP: what it shows, who may go, and the record that stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from access_control.core.decision.emergency import Release
from access_control.core.decision.model import EmergencyAction, HolderClass
from access_control.core.wire.release_persons import write_person
from access_control.database.ids import new_id
from access_control.emergency.releasing import Wanted, ask_release
from access_control.emergency.starting import Start
from access_control.people.actors import actor_of
from access_control.people.cardholders import PersonDetails, add_person
from access_control.people.permissions import Actor, Role
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.readers.models import Bridge
from access_control.readers.orders import add_release
from access_control.web.services import EXTENSION, Services
from tests.access_control.emergency.test_starting import until
from tests.building.emergencies import enrol, status
from tests.building.tiny_school import BRIDGE, OPERATORS


@pytest.fixture
def school_keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def services(services: Services) -> Services:
    with services.database.writing() as session:
        enrol(session, services.keys)
    return services


def who(services: Services, role: Role = Role.ADMINISTRATOR) -> Actor:
    with services.database.reading() as session:
        found = actor_of(session, OPERATORS[role][0], services.clock())
    assert found is not None
    return found


@pytest.fixture
def start(app: Flask) -> Callable[..., str]:
    """Start an emergency 20 s ago; its id."""
    services: Services = app.extensions[EXTENSION]
    emergencies = services.more["emergencies"]

    def begin(action: EmergencyAction = EmergencyAction.LOCKDOWN, *, drill: bool = False, scope: str = "site") -> str:
        at = services.clock() - timedelta(seconds=20)
        id_: str = emergencies.start(at, Start(new_id(at), action, scope, drill), who(services)).directive.id
        assert until(lambda: emergencies.is_saved(id_))
        emergencies.refresh()
        return id_

    return begin


def said(services: Services, id_: str, judged: dict[int, str], **more: Any) -> None:
    with services.database.writing() as session:
        bridge = session.get_one(Bridge, BRIDGE)
        bridge.status, bridge.status_at = status(id_, judged, **more), services.clock()


def test_the_screen_tells_what_the_bridge_says(
    services: Services, administrator: FlaskClient, start: Callable[..., str]
) -> None:
    id_ = start()
    said(services, id_, {1: "secured", 2: "secured", 3: "not_monitored", 4: "not_secure"}, open_doors=[4])
    page = administrator.get(f"/emergency/{id_}").text
    assert "Walk to these 2 doors" in page
    assert "NOT confirmed by" not in page
    part = administrator.get(f"/emergency/{id_}/now").text
    assert "<html" not in part
    assert "All 4 commanded, 2 secure." in part


def test_a_silent_bridge_is_named(administrator: FlaskClient, start: Callable[..., str]) -> None:
    page = administrator.get(f"/emergency/{start()}").text
    assert "NOT confirmed by Front bridge. Use a wall button or a responder card now." in page


def test_who_goes_is_shown_with_a_name(
    services: Services, desk: FlaskClient, installer: FlaskClient, start: Callable[..., str]
) -> None:
    id_ = start()
    said(services, id_, {4: "not_secure"}, open_doors=[4])
    form = {"door": "4", "csrf_token": desk.token}  # type: ignore[attr-defined] # a fixture's
    assert desk.post(f"/emergency/{id_}/going", data=form).status_code == 303
    assert "Dana Whitfield is going" in desk.get(f"/emergency/{id_}").text
    assert "Dana Whitfield is going" in desk.get(f"/emergency/{id_}/walk-list").text
    assert desk.post(f"/emergency/{id_}/going", data=form | {"door": "99"}).status_code == 409
    assert desk.post(f"/emergency/{id_}/going", data=form | {"door": "x"}).status_code == 400
    theirs = {"door": "4", "csrf_token": installer.token}  # type: ignore[attr-defined] # a fixture's
    assert installer.post(f"/emergency/{id_}/going", data=theirs).status_code == 403


def test_only_who_may_release_sees_the_row(
    desk: FlaskClient, administrator: FlaskClient, start: Callable[..., str]
) -> None:
    id_ = start()
    assert "data-release" not in desk.get(f"/emergency/{id_}").text
    page = administrator.get(f"/emergency/{id_}").text
    assert "Still needed: a reason of at least 10 characters and your password." in page


def test_everything_about_a_drill_begins_with_drill(administrator: FlaskClient, start: Callable[..., str]) -> None:
    id_ = start(drill=True)
    page = administrator.get(f"/emergency/{id_}").text
    assert "<title>DRILL. Lockdown drill, whole school" in page
    assert "This is a drill.” No call to 911." in page
    assert "Real lockdown" in page
    assert "<title>DRILL. " in administrator.get(f"/emergency/{id_}/walk-list").text


def test_an_ended_emergency_keeps_its_record(
    services: Services, administrator: FlaskClient, start: Callable[..., str]
) -> None:
    id_ = start()
    with services.database.writing() as session:
        wanted = Wanted(new_id(services.clock()), id_, "all", "The police gave the all clear.", alone=False)
        school = services.more["emergencies"].school()
        ask_release(session, services.keys, services.clock(), school, wanted, who(services))
    services.more["emergencies"].refresh()
    page = administrator.get(f"/emergency/{id_}").text
    assert "This record is kept." in page
    assert "The police gave the all clear." in page
    assert administrator.get("/emergency/bands.json").json == {"bands": ""}
    assert id_ in administrator.get("/emergency/").text


def test_two_people_who_released_at_a_reader_are_named_to_those_who_may_see_people(
    services: Services, administrator: FlaskClient, desk: FlaskClient, installer: FlaskClient, start: Callable[..., str]
) -> None:
    id_ = start()
    at = services.clock()
    with services.database.writing() as session:
        people = [
            add_person(session, at, PersonDetails(given, "Ames", HolderClass.STAFF), by="demo").ref
            for given in ("Ada", "Bob")
        ]
        first, second = map(write_person, people)
        release = Release(new_id(at), id_, frozenset({1, 2}), first, second, "At the reader “Office”.", at)
        add_release(session, services.keys, at, release, b"signed", by_name="North bridge", origin=f"bridge:{BRIDGE}")
    services.more["emergencies"].refresh()
    for client in (administrator, desk):
        page = client.get(f"/emergency/{id_}").text
        assert "<strong>Ada Ames and Bob Ames (North bridge)</strong> released 2 doors" in page
        assert "At the reader “Office”." in page
    page = installer.get(f"/emergency/{id_}").text
    assert "<strong>Two people (North bridge)</strong> released 2 doors" in page
    assert "Ames" not in page


def test_what_never_was_is_not_there(administrator: FlaskClient) -> None:
    assert administrator.get("/emergency/01939a5e-7c00-7000-8000-0000000000d9").status_code == 404
    assert administrator.get("/emergency/x").status_code == 404
    assert "There was no emergency and no drill yet." in administrator.get("/emergency/").text
