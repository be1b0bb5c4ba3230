"""The Live page, its stream, and the same by polling."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from typing import Any

from flask.testing import FlaskClient

from access_control.people.operators import sign_out_everywhere
from access_control.people.permissions import Role
from access_control.web.budget import ThreadBudget
from access_control.web.pages import live
from access_control.web.services import Services
from tests.access_control.web.conftest import MovedClock
from tests.building.bridge_words import door_said, speak
from tests.building.console_school import ConsoleSchool
from tests.building.tiny_school import OPERATORS


def said(services: Services, *doors: dict[str, Any]) -> None:
    assert isinstance(services.clock, MovedClock)
    services.clock.go_on(seconds=1)  # a page may show a picture that is a quarter of a second old
    with services.database.writing() as session:
        speak(session, services.clock(), *doors)
        services.database.changes.tell(session, "live", '{"what":"status"}')


def messages(client: FlaskClient) -> Generator[tuple[str, Any], None, None]:
    """The stream's messages, one after the other; a busy machine sends beats in between."""
    response = client.get("/live/stream", buffered=False)
    assert response.status_code == 200, response.text
    assert response.mimetype == "text/event-stream"
    try:
        for chunk in response.iter_encoded():
            kind, _, data = chunk.decode().partition("\ndata: ")
            if kind.startswith("event: ") and kind != "event: beat":
                yield kind.removeprefix("event: "), json.loads(data)
    finally:
        response.close()


def test_doors_are_unknown_until_their_bridge_spoke(desk: FlaskClient) -> None:
    page = desk.get("/").text
    assert "0 of 4 doors secured" in page
    assert page.count('class="door" data-door') == 4
    assert 'data-state="secured" data-age' not in page


def test_every_door_is_shown_as_its_bridge_said(desk: FlaskClient, services: Services) -> None:
    said(services, door_said(4, position="open", alarm="held", security="not_secure"))
    page = desk.get("/").text
    assert "3 of 4 doors secured" in page
    assert "Loading dock is propped open" in page
    assert "I see it" in page


def test_what_schedules_change_next_is_one_line(desk: FlaskClient, furnished: ConsoleSchool) -> None:
    assert furnished.arrival
    for path in ("/", "/live/coming"):
        page = desk.get(path).text
        line = page[page.index("Coming up") :].partition("</p>")[0]
        assert re.findall(r"door 1, Main entrance, (unlocks|locks)", line) in (
            ["unlocks", "locks", "unlocks"],
            ["locks", "unlocks", "locks"],
        )
        assert re.search(r"7:30|8:15", line)
        assert "emergency" not in line


def test_without_schedules_nothing_is_coming_up(desk: FlaskClient) -> None:
    assert "No schedule changes a door" in desk.get("/").text


def test_a_state_grows_old(desk: FlaskClient, services: Services, moved_clock: MovedClock) -> None:
    said(services)
    assert "4 of 4 doors secured" in desk.get("/").text
    moved_clock.go_on(seconds=11)
    page = desk.get("/").text
    assert "0 of 4 doors secured" in page
    assert "Front bridge is silent" in page
    assert "was secured" in page


def test_polling_gives_the_same(desk: FlaskClient, services: Services) -> None:
    said(services)
    now = desk.get("/live/state.json").get_json()
    assert now["state"]["sentence"] == "4 of 4 doors secured"
    assert now["state"]["doors"][0]["state"] == "secured"
    assert now["events"] == []


def test_the_stream_tells_of_changes(desk: FlaskClient, services: Services) -> None:
    said(services)
    stream = messages(desk)
    kind, first = next(stream)
    assert kind == "state"
    assert first["sentence"] == "4 of 4 doors secured"
    said(services, door_said(1, command="unlock", security="not_secure", slot="schedule"))
    for kind, data in stream:
        if kind == "state" and data["sentence"] == "3 of 4 doors secured":
            break
    stream.close()
    assert services.budget.open == 0


def test_other_pages_hear_of_their_topics(desk: FlaskClient, services: Services) -> None:
    stream = messages(desk)
    next(stream)
    services.database.changes.tell_now("live", '{"what":"desk"}')
    assert next(data for kind, data in stream if kind == "word") == {"what": "desk"}
    stream.close()


def test_when_every_thread_is_taken_screens_poll(desk: FlaskClient, services: Services) -> None:
    object.__setattr__(services, "budget", ThreadBudget(threads=19, bridges=0))
    stream = messages(desk)
    next(stream)
    refused = desk.get("/live/stream")
    assert refused.status_code == 503
    assert refused.get_json()["code"] == "poll"
    assert desk.get("/live/state.json").status_code == 200
    stream.close()
    with desk.get("/live/stream", buffered=False) as again:
        assert again.status_code == 200


def test_a_stream_ends_with_its_session(
    services: Services, signed_in: Callable[[Role], FlaskClient], moved_clock: MovedClock, monkeypatch: Any
) -> None:
    monkeypatch.setattr(live, "ASK_AGAIN_S", 0.0)
    stream = messages(signed_in(Role.FRONT_DESK))
    next(stream)
    with services.database.writing() as session:
        sign_out_everywhere(session, services.clock(), operator_id=OPERATORS[Role.FRONT_DESK][0], by="cli")
    moved_clock.go_on(seconds=11)
    assert "ended" in [kind for kind, _ in stream]
    assert services.budget.open == 0


def test_a_seen_alarm_stays_until_its_cause_is_gone(desk: FlaskClient, services: Services) -> None:
    said(services, door_said(4, position="open", alarm="held", security="not_secure"))
    form = {"csrf_token": desk.token, "alarm": "door 4 propped"}  # type: ignore[attr-defined] # the fixture sets it
    assert desk.post("/live/seen", data=form).status_code == 303
    page = desk.get("/").text
    assert "Dana Whitfield sees it" in page
    assert "I see it" not in page
    said(services)
    assert desk.post("/live/seen", data=form).status_code == 404
    said(services, door_said(4, position="open", alarm="held", security="not_secure"))
    assert "I see it" in desk.get("/").text


def test_installers_see_alarms_but_take_none(installer: FlaskClient, services: Services) -> None:
    said(services, door_said(4, position="open", alarm="held", security="not_secure"))
    assert "I see it" not in installer.get("/").text
    form = {"csrf_token": installer.token, "alarm": "door 4 propped"}  # type: ignore[attr-defined] # the fixture sets it
    assert installer.post("/live/seen", data=form).status_code == 403
