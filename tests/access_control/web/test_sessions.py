"""Sessions end after 12 h without a request, and with the salt."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from access_control import web
from access_control.people.models import Operator
from access_control.people.operators import sign_out_everywhere
from access_control.people.permissions import Role
from access_control.web.services import Services
from access_control.web.sessions import is_by_itself
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


BY_ITSELF = {
    '"/live/stream"',
    '"/live/state.json"',
    "part.dataset.refresh",
    "part.dataset.deskPart",
    "bands.dataset.ask",
    "bands.dataset.part",
    "incident.dataset.part",
}
BY_A_PERSON = {"control.dataset.url", "form.action", "`${input.dataset.suggest}", "`${form.dataset.preview}&part"}
WEB = Path(web.__file__).parent


def asked_by_pages(app: Flask) -> dict[str, str]:
    """A path for each endpoint that scripts ask for without anybody doing anything."""
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    found = {"live.stream", "live.state_now"}
    adapter = app.url_map.bind("localhost")
    for template in (WEB / "templates").rglob("*.html"):
        for address in re.findall(r'data-(?:refresh|desk-part|part|ask)="([^"]+)"', template.read_text()):
            named = re.match(r"\{\{ url_for\('([a-z_.]+)'", address)
            path = re.sub(r"\{\{.*?\}\}", "1", address.partition("?")[0])
            tried = [path, path.replace("/1/", f"/{UUID(int=1)}/"), re.sub("/1$", f"/{UUID(int=1)}", path)]
            found.add(named[1] if named else next(adapter.match(one)[0] for one in tried if adapter.test(one)))
    made = {}
    for endpoint in sorted(found):
        kinds = rules[endpoint]._converters
        values = {name: UUID(int=1) if "UUID" in type(kind).__name__ else 1 for name, kind in kinds.items()}
        made[endpoint] = adapter.build(endpoint, values)
    return made


def test_every_address_that_a_script_asks_is_known_as_asked_by_itself_or_by_a_person() -> None:
    scripts = "\n".join(script.read_text() for script in (WEB / "static" / "js").glob("*.js"))
    asked = set(re.findall(r"(?:\bfetch|new EventSource)\(([^,?=)]+)", scripts))
    assert asked == BY_ITSELF | BY_A_PERSON


def test_no_open_page_keeps_anybody_signed_in(
    app: Flask, signed_in: Callable[[Role], FlaskClient], moved_clock: MovedClock
) -> None:
    asked = asked_by_pages(app)
    assert {"emergency.bands", "emergency.bands_part", "incident.part", "door.asked", "visits.part"} <= set(asked)
    kept = []
    for endpoint, path in asked.items():
        client = signed_in(Role.ADMINISTRATOR)
        for _ in range(3):
            moved_clock.go_on(hours=4)
            client.get(path).close()
        if client.get("/me").status_code != 401:
            kept.append(endpoint)
    assert kept == []
    assert set(asked) == {endpoint for endpoint in app.view_functions if is_by_itself(app, endpoint)}


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
