"""Starting over HTTP: from a press, from a form, in a drill, and while the database is locked."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.config import Config
from access_control.core.wire.directives import Authority, open_directive
from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.people.models import Operator
from access_control.people.permissions import Role
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.readers.records import DirectiveRow
from access_control.web.app import make_app
from access_control.web.services import EXTENSION, Services
from tests.access_control.emergency.test_starting import HOLDS_THE_DATABASE, postgresql_shut, until
from tests.access_control.web.conftest import session_of
from tests.building.emergencies import enrol
from tests.building.tiny_school import BRIDGE, OPERATORS, SITE, make_school

NEW = "/emergency/new?action=lockdown"


@pytest.fixture
def school_keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def services(services: Services) -> Services:
    with services.database.writing() as session:
        enrol(session, services.keys)
    return services


def press(client: FlaskClient, **more: Any) -> Any:
    wanted = {"id": new_id(utc_now()), "action": "lockdown", "scope": "site", "drill": False, "on_the_way_ms": 3}
    return client.post(
        "/emergency/start",
        json=wanted | more,
        headers={"X-CSRFToken": client.token, "Accept": "application/json"},  # type: ignore[attr-defined] # a fixture's
    )


def fill_in(client: FlaskClient, **more: str) -> Any:
    form = {"id": new_id(utc_now()), "action": "secure", "scope": "site", "drill": "real"}
    form["csrf_token"] = client.token  # type: ignore[attr-defined] # a fixture's
    return client.post("/emergency/start", data={name: value for name, value in (form | more).items() if value})


def directives(app: Flask) -> list[DirectiveRow]:
    services: Services = app.extensions[EXTENSION]
    with services.database.reading() as session:
        return list(session.scalars(select(DirectiveRow).order_by(DirectiveRow.started_at)))


def test_a_press_starts_a_lockdown_and_says_where_to_look(app: Flask, desk: FlaskClient) -> None:
    answer = press(desk)
    assert answer.status_code in {201, 202}
    services: Services = app.extensions[EXTENSION]
    assert until(lambda: services.more["emergencies"].is_saved(answer.json["id"]))
    (row,) = directives(app)
    assert answer.json["id"] == row.id
    assert answer.json["url"] == f"/emergency/{row.id}"
    assert answer.json["bridges"] == [BRIDGE]
    page = desk.get(answer.json["url"])
    assert page.status_code == 200
    assert "LOCKDOWN, whole school" in page.text


def test_sending_it_twice_starts_one(app: Flask, desk: FlaskClient) -> None:
    id_ = new_id(utc_now())
    assert press(desk, id=id_).json["started_at"] == press(desk, id=id_, on_the_way_ms=5000).json["started_at"]
    assert len(directives(app)) == 1


def test_a_form_starts_the_other_actions(app: Flask, desk: FlaskClient) -> None:
    assert "Start Secure" in desk.get("/emergency/new?action=secure").text
    answer = fill_in(desk, scope="building:1", drill="drill")
    assert answer.status_code == 303
    (row,) = directives(app)
    assert (row.action, row.scope, row.drill) == ("secure", "building:1", True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"drill": ""}, "Say whether it is a drill or real."),
        ({"drill": "perhaps"}, "Say whether it is a drill or real."),
        ({"scope": "building:77"}, "is no part of this school"),
        ({"scope": "building:" + "7" * 5000}, "is no part of this school"),
        ({"scope": "zone:" + "7" * 5000}, "is no part of this school"),
        ({"scope": "building:\u0661"}, "is no part of this school"),
        ({"scope": "building:01"}, "is no part of this school"),
        ({"id": "7"}, "no proper identifier"),
    ],
)
def test_nonsense_in_the_form_starts_nothing_and_says_so(
    app: Flask, desk: FlaskClient, wrong: dict[str, str], sentence: str
) -> None:
    answer = fill_in(desk, **wrong)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert directives(app) == []


def test_nonsense_in_json_starts_nothing(app: Flask, desk: FlaskClient) -> None:
    assert press(desk, action="panic").status_code == 400
    assert press(desk, drill=None).json["detail"] == "Say whether it is a drill or real."
    assert desk.post("/emergency/start", json=[], headers={"X-CSRFToken": desk.token}).status_code == 400  # type: ignore[attr-defined] # a fixture's
    assert press(desk, on_the_way_ms="soon").status_code in {201, 202}
    assert len(directives(app)) == 1


def test_who_may_not_start_is_told(app: Flask, installer: FlaskClient, anonymous: FlaskClient) -> None:
    assert press(installer).status_code == 403
    anonymous.token = ""  # type: ignore[attr-defined] # a fixture's
    assert press(anonymous).status_code == 401
    assert directives(app) == []


def test_without_its_token_a_press_from_elsewhere_starts_nothing(app: Flask, desk: FlaskClient) -> None:
    desk.token = "x"  # type: ignore[attr-defined] # a fixture's
    assert press(desk).json["code"] == "stale_form"
    assert directives(app) == []


def test_every_page_shows_what_is_in_force(desk: FlaskClient) -> None:
    assert desk.get("/emergency/bands.json").json == {"bands": ""}
    first = press(desk, scope="building:2").json["id"]
    fill_in(desk)
    page = desk.get("/emergency/new?action=hold").text
    assert "LOCKDOWN, Gym" in page
    assert "Secure, whole school" in page
    assert first in desk.get("/emergency/bands.json").text
    assert "LOCKDOWN, Gym" in desk.get("/emergency/bands").text


def test_the_control_locks_down_what_its_operator_may(app: Flask, signed_in: Callable[[Role], FlaskClient]) -> None:
    services: Services = app.extensions[EXTENSION]
    assert 'data-press data-scope="site" data-where="whole school"' in signed_in(Role.FRONT_DESK).get(NEW).text
    for scope, expected in (
        (f"{SITE}/2", 'data-press data-scope="building:2" data-where="Gym"'),
        (f"{SITE}/1/1", 'type="submit" data-scope=""'),
    ):
        with services.database.writing() as session:
            session.get_one(Operator, OPERATORS[Role.FRONT_DESK][0]).grants[0].scope = scope
        services.actors.forget(OPERATORS[Role.FRONT_DESK][0])
        desk = signed_in(Role.FRONT_DESK)
        assert expected in desk.get(NEW).text
        assert press(desk).status_code == 403
    assert directives(app) == []


def test_a_lockdown_while_another_process_holds_the_database(
    app: Flask, signed_in: Callable[[Role], FlaskClient]
) -> None:
    services: Services = app.extensions[EXTENSION]
    emergencies = services.more["emergencies"]
    desk = signed_in(Role.FRONT_DESK)
    file = services.database.url.removeprefix("sqlite:///")
    arguments = [sys.executable, "-c", HOLDS_THE_DATABASE, file]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with services.database.changes.listen(f"bridge:{BRIDGE}") as topic:
            answer = press(desk)
            change = topic.get(0.0)
        assert change is not None, "the bridge was told before the answer"
        sealed = b64decode(json.loads(change.payload)["directive"])
        heard = open_directive(sealed, Authority(service=services.keys.document_public()), site=SITE)
        assert (answer.status_code, answer.json["saved"]) == (202, False)
        assert heard.id == answer.json["id"]
        assert answer.json["sentence"].startswith(
            "The lockdown is on its way to the doors, but could not be saved yet."
        )
        page = desk.get(answer.json["url"])
        assert page.status_code == 200, "the incident screen is there although nothing is saved"
        assert "could not be saved yet" in page.text
        assert directives(app) == []
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert until(lambda: emergencies.is_saved(heard.id))
    assert [row.id for row in directives(app)] == [heard.id]
    assert until(lambda: "could not be saved yet" not in desk.get(answer.json["url"]).text)


def test_a_lockdown_while_postgresql_is_dead(pg_database: Database, tmp_path: Path, school_keys: SchoolKeys) -> None:
    with pg_database.writing() as session:
        make_school(session)
        enrol(session, school_keys)
    config = Config(state_dir=tmp_path, database_url=pg_database.url)
    app = make_app(Services(config, pg_database, school_keys, session_secret=b"s" * 32))
    emergencies = app.extensions[EXTENSION].more["emergencies"]
    desk = app.test_client()
    cookie, token = session_of(app, Role.FRONT_DESK)
    desk.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    desk.token = token  # type: ignore[attr-defined] # as the fixtures do
    assert desk.get("/emergency/new?action=secure").status_code == 200, "whoever was seen is known later"
    with postgresql_shut(pg_database):
        with pg_database.changes.listen(f"bridge:{BRIDGE}") as topic:
            answer = press(desk)
            change = topic.get(0.0)
        assert change is not None
        assert (answer.status_code, answer.json["saved"]) == (202, False)
        page = desk.get(answer.json["url"])
        assert page.status_code == 200
        assert "The directive is sent to the doors all the same. Walk to every door." in page.text
        assert "LOCKDOWN, whole school" in desk.get("/emergency/new?action=hold").text
    assert until(lambda: emergencies.is_saved(answer.json["id"]))
    with pg_database.reading() as rows:
        assert rows.get(DirectiveRow, answer.json["id"]) is not None
    emergencies.close()
