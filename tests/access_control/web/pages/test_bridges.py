from __future__ import annotations

import re
from html import unescape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import select

from access_control.database.engine import Database
from access_control.readers.enrolment import enroll, fingerprint
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.web.services import Services
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import BRIDGE


def test_a_bridge_is_added_enrolled_and_confirmed(
    installer: FlaskClient, administrator: FlaskClient, services: Services, furnished: ConsoleSchool
) -> None:
    del furnished
    shown = post(installer, "/bridges", name="Gym bridge", building_id="2")
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    code = re.search(r"enroll (SAC1-[A-Z0-9-]+)", shown.text)
    assert code is not None
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with services.database.writing() as session:
        row = session.scalars(select(Bridge).where(Bridge.name == "Gym bridge")).one()
        enroll(session, services.keys, services.clock(), code=code[1], public_key=key, address="10.0.0.9")
    path = f"/bridges/{row.id}"
    page = installer.get(path).text
    assert code[1] not in page
    assert fingerprint(key) in page
    assert post(installer, f"{path}/confirm").status_code == 403
    assert post(administrator, f"{path}/confirm").status_code == 303
    with services.database.reading() as session:
        assert session.get_one(Bridge, row.id).state is BridgeState.CONFIRMED


def test_a_lost_code_is_made_anew_until_the_bridge_has_come(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    del furnished
    post(administrator, "/bridges", name="Gym bridge", building_id="2")
    with database.reading() as session:
        row = session.scalars(select(Bridge).where(Bridge.name == "Gym bridge")).one()
    assert "SAC1-" in post(administrator, f"/bridges/{row.id}/code").text
    assert post(administrator, f"/bridges/{BRIDGE}/code").status_code == 409
    assert post(administrator, f"/bridges/{row.id}/confirm").status_code == 409


def test_a_silent_bridge_is_named(
    administrator: FlaskClient, furnished: ConsoleSchool, moved_clock: MovedClock
) -> None:
    del furnished
    assert re.search(r"heard \d+ s ago", administrator.get("/bridges").text)
    moved_clock.go_on(minutes=3)
    assert "silent for 3 min" in administrator.get("/bridges/part").text


def test_a_bridge_is_revoked(
    administrator: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    del furnished
    assert post(installer, f"/bridges/{BRIDGE}/revoke").status_code == 403
    answer = post(administrator, f"/bridges/{BRIDGE}/revoke")
    assert answer.status_code == 303
    with database.reading() as session:
        assert session.get_one(Bridge, BRIDGE).state is BridgeState.REVOKED
        assert set(session.scalars(select(Door.bridge_id))) == {None}
    assert "No bridge runs this door" in administrator.get("/doors/1").text


def test_a_name_is_taken_once(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert "already a bridge" in refusals(post(administrator, "/bridges", name="Front bridge", building_id="1"))[0]
    assert post(administrator, f"/bridges/{BRIDGE}/name", {"rename-name": "Main bridge"}).status_code == 303


def test_nonsense_is_refused(administrator: FlaskClient, desk: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert nonsense(administrator, "/bridges", ["name", "building_id"]) == []
    assert nonsense(administrator, f"/bridges/{BRIDGE}/name", ["rename-name"]) == []
    assert administrator.get(f"/bridges/{BRIDGE[:-1]}f").status_code == 404
    assert desk.get("/bridges").status_code == 403


def test_a_clock_that_is_wrong_is_said_in_the_list_and_on_the_page(
    administrator: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    del furnished

    def clock(ahead_s: float | None) -> None:
        with services.database.writing() as session:
            row = session.get_one(Bridge, BRIDGE)
            row.status = {**(row.status or {}), "clock_ahead_s": ahead_s}
            row.status_at = services.clock()
            row.in_force = {**row.in_force, "clock_wrong": ahead_s is not None and abs(ahead_s) > 2}

    clock(None)
    assert "not known" in administrator.get(f"/bridges/{BRIDGE}").text
    clock(0.4)
    assert "agrees with the service's within 2 s" in unescape(administrator.get(f"/bridges/{BRIDGE}").text)
    assert "Clock" not in administrator.get("/bridges/part").text
    clock(-7.2)
    assert "7 s slow" in administrator.get(f"/bridges/{BRIDGE}").text
    assert "Clock 7 s slow" in administrator.get("/bridges/part").text
