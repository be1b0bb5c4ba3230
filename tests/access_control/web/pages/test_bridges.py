from __future__ import annotations

import re
from html import unescape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from access_control.core.wire.release_codes import code_digest
from access_control.database.engine import Database
from access_control.readers.digests import digest_key_of
from access_control.readers.enrolment import add_bridge, confirm_bridge, enroll, fingerprint
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.release_codes import codes_made, unused_digests
from access_control.web.services import Services
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.said import a_status
from tests.building.tiny_school import BRIDGE, PASSWORD


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
    assert post(administrator, f"{path}/confirm").status_code == 409
    compared = re.search(r'/confirm">.*?name="fingerprint" value="([^"]+)"', administrator.get(path).text)
    assert compared is not None
    assert post(administrator, f"{path}/confirm", fingerprint=compared[1]).status_code == 303
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


def test_release_codes_are_made_with_the_password_again_and_shown_once(
    administrator: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    del furnished
    path = f"/bridges/{BRIDGE}"
    assert "None were made yet" in administrator.get(path).text
    assert "Release codes" not in installer.get(path).text
    wrong = post(administrator, f"{path}/release-codes", {"codes-password": "not this one"})
    assert wrong.status_code == 422
    assert "That is not your password" in refusals(wrong)[0]
    assert post(administrator, f"{path}/release-codes").status_code == 422
    with services.database.reading() as session:
        assert codes_made(session, BRIDGE) is None
    shown = post(administrator, f"{path}/release-codes", {"codes-password": PASSWORD})
    assert shown.headers["Cache-Control"] == "no-store"
    codes = re.findall(r"\b(?:[A-Z2-7]{4}-){2}[A-Z2-7]{4}\b", shown.text)
    assert len(set(codes)) == 10
    page = administrator.get(path).text
    assert "10 of 10 left" in page
    assert not any(code in page for code in codes)
    with services.database.reading() as session:
        key = digest_key_of(session.get_one(Bridge, BRIDGE), services.keys)
        assert sorted(unused_digests(session, BRIDGE)) == sorted(code_digest(key, code) for code in codes)
    assert "made codes that end an emergency for the bridge" in administrator.get("/audit").text


def test_neighbours_are_shown_with_where_they_listen_and_whether_they_are_reached(
    administrator: FlaskClient, furnished: ConsoleSchool, services: Services, moved_clock: MovedClock
) -> None:
    del furnished
    path = f"/bridges/{BRIDGE}"
    assert "There is no other bridge in use." in administrator.get(path).text
    with services.database.writing() as session:
        made = add_bridge(session, services.keys, services.clock(), name="Gym bridge", building_id=2, by="operator:1")
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        enroll(session, services.keys, services.clock(), code=made.text, public_key=key, address="gym")
        shown, at = fingerprint(key), services.clock()
        confirm_bridge(session, services.keys, at, bridge_id=made.bridge_id, compared=shown, by="operator:1")

    def say(gym: object, address: str | None = "gym.school.lan:4711") -> str:
        with services.database.writing() as session:
            session.get_one(Bridge, made.bridge_id).neighbour_address = address
            row = session.get_one(Bridge, BRIDGE)
            row.status = {**(row.status or {}), "neighbours": gym}
            row.status_at = services.clock()
        return administrator.get(path).text.split("neighbours-panel", 1)[1].split("codes-panel", 1)[0]

    def one(*, reachable: bool, **more: object) -> object:
        return {"bridges": [{"bridge": made.bridge_id, "reachable": reachable, **more}]}

    assert "does not listen" in say(None, None)
    assert "not known" in say(None)
    assert "<span>reached</span>" in say(one(reachable=True))
    assert "gym.school.lan:4711" in say(one(reachable=True))
    assert "<span>not reached</span>" in say(one(reachable=False))
    for nonsense_said in ("x", {"bridges": 1}, {"bridges": ["x"]}, {"bridges": [{"bridge": made.bridge_id}]}):
        assert "<span>reached</span>" not in say(nonsense_said)
    say(one(reachable=True))
    moved_clock.go_on(minutes=3)
    assert "not known" in administrator.get(path).text
    assert "40 s ago" in say(one(reachable=True, heard_age_s=40.2))
    assert "not since it started" in say(one(reachable=False, heard_age_s=None))
    assert "not since it started" in say(one(reachable=False, heard_age_s="x"))
    say(one(reachable=True, heard_age_s=40.2))
    moved_clock.go_on(minutes=3)
    assert "3 min ago" in administrator.get(path).text, "its word is that old at the least"


def test_where_neighbours_reach_a_bridge_is_written_down_once_at_a_time(
    installer: FlaskClient, desk: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    del furnished
    path = f"/bridges/{BRIDGE}"

    def save(address: str, version: str, who: FlaskClient = installer) -> TestResponse:
        return post(who, f"{path}/neighbours", {"neighbours-address": address, "neighbours-version": version})

    assert 'name="neighbours-version" value="0"' in installer.get(path).text
    assert save("10.0.0.7:4711", "0", desk).status_code == 403
    assert save("10.0.0.7:4711", "0").status_code == 303
    page = installer.get(path).text
    assert "10.0.0.7:4711 (written down here; it says nothing itself)" in page
    assert 'name="neighbours-version" value="1"' in page
    late = save("10.0.0.8:4711", "0")
    assert late.status_code == 409
    assert "10.0.0.7:4711" in late.text
    assert "10.0.0.8:4711" in late.text
    assert "the very machine that calls" in refusals(save("127.0.0.1:4711", "1"))[0]
    assert "is not an address" in refusals(save("the cupboard", "1"))[0]
    assert nonsense(installer, f"{path}/neighbours", ["neighbours-address", "neighbours-version"]) == []
    assert save("", "1").status_code == 303
    with services.database.reading() as session:
        assert session.get_one(Bridge, BRIDGE).called_at is None


def test_wires_and_a_disk_in_trouble_are_shown_as_long_as_the_bridge_is_heard(
    administrator: FlaskClient, furnished: ConsoleSchool, services: Services, moved_clock: MovedClock
) -> None:
    del furnished
    contact = {"point": "board 1.3", "use": "contact of door 1", "rests_closed": True, "state": "open", "since_s": 61.0}
    cut = {"point": "board 1.4", "use": "Office button", "rests_closed": False, "state": "cut", "since_s": 5.0}
    said = a_status(wires=[contact, cut], outbox={"trouble": True, "read_only": True, "waiting": 12}).status
    with services.database.writing() as session:
        row = session.get_one(Bridge, BRIDGE)
        row.status, row.status_at = said, services.clock()
    page = " ".join(re.sub("<[^>]+>", " ", unescape(administrator.get(f"/bridges/{BRIDGE}").text)).split())
    assert re.search(r"board 1\.3 contact of door 1 Rests closed Open 61 s", page)
    assert re.search(r"board 1\.4 Office button Rests open Cable cut \d+ s", page)
    assert "Can only be read. Exchange it; a restart would forget 12 events" in page
    assert "disk can only be read" in administrator.get("/").text
    moved_clock.go_on(hours=1)
    page = administrator.get(f"/bridges/{BRIDGE}").text
    assert "Cable cut" not in page
    assert "Not known" in page
