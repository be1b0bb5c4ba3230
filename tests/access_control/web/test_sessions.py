"""Sessions end after 12 h without a request, and with the salt."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from access_control.people.models import Operator
from access_control.people.operators import sign_out_everywhere
from access_control.people.permissions import Role
from access_control.web.services import Services
from tests.access_control.web.conftest import MovedClock
from tests.building.tiny_school import OPERATORS


def test_a_page_that_lay_open_for_9_hours_still_works(desk: FlaskClient, moved_clock: MovedClock) -> None:
    moved_clock.go_on(hours=9)
    form = {"csrf_token": desk.token, "theme": "dark", "single_key_shortcuts": "y"}  # type: ignore[attr-defined] # the fixture sets it
    assert desk.post("/me/settings", data=form).status_code == 303
    assert 'data-theme="dark"' in desk.get("/me").text


def test_it_ends_after_12_hours_without_a_request(desk: FlaskClient, moved_clock: MovedClock) -> None:
    moved_clock.go_on(hours=11)
    assert desk.get("/").status_code == 200
    moved_clock.go_on(hours=11)
    assert desk.get("/").status_code == 200
    moved_clock.go_on(hours=12)
    assert desk.get("/").status_code == 401


def test_what_a_page_asks_by_itself_does_not_keep_it_alive(desk: FlaskClient, moved_clock: MovedClock) -> None:
    for _ in range(3):
        moved_clock.go_on(hours=4)
        desk.get("/live/state.json")
    assert desk.get("/").status_code == 401


def test_signing_out_everywhere_ends_other_sessions(
    services: Services, signed_in: Callable[[Role], FlaskClient], moved_clock: MovedClock
) -> None:
    client = signed_in(Role.FRONT_DESK)
    assert client.get("/").status_code == 200
    with services.database.writing() as session:
        sign_out_everywhere(session, services.clock(), operator_id=OPERATORS[Role.FRONT_DESK][0], by="cli")
    moved_clock.go_on(seconds=11)
    assert client.get("/").status_code == 401


def test_a_closed_account_changes_nothing_from_memory(desk: FlaskClient, services: Services) -> None:
    assert desk.get("/").status_code == 200
    with services.database.writing() as session:  # as another worker does, whose word this one does not hear
        session.get_one(Operator, OPERATORS[Role.FRONT_DESK][0]).active = False
    form = {"csrf_token": desk.token, "theme": "dark"}  # type: ignore[attr-defined] # the fixture sets it
    assert desk.post("/me/settings", data=form).status_code == 401
    with services.database.reading() as session:
        assert session.get_one(Operator, OPERATORS[Role.FRONT_DESK][0]).settings.get("theme") != "dark"


def test_another_secret_signs_nobody_in(anonymous: FlaskClient) -> None:
    anonymous.set_cookie("session", "eyJfdXNlcl9pZCI6IngifQ.aaaa.bbbb")
    assert anonymous.get("/").status_code == 401


def test_cookies_are_kept_from_scripts_and_other_sites(anonymous: FlaskClient) -> None:
    cookie = anonymous.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # plain http, on loopback only
