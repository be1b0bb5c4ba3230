from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from access_control.core.credentials.formats import FORMATS, encode
from access_control.database.engine import Database
from access_control.people.models import Cardholder
from access_control.readers.publishing import publish_policy
from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool
from tests.building.pages import post
from tests.building.tiny_school import BRIDGE

NOW = "2026-11-24T10:00:00-06:00"


def test_a_refusal_is_explained_rule_by_rule(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    page = administrator.get(f"/why?badge={furnished.badge}&door=3").text
    assert "Refused. The person&#39;s access levels do not include this door." in page
    assert "Priya Nair" in page
    assert page.count("stops here") == 1
    assert page.count('data-result="not asked"') == 1
    assert "Staff doors" in page


def test_a_person_is_found_by_name_or_card_number(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert "Admitted." in administrator.get("/why?who=nair&door=1").text
    assert "Admitted." in administrator.get("/why?who=20381&door=1").text
    assert "Admitted." in administrator.get(f"/why?person={furnished.person}&door=2&when=2026-11-24T10:00").text


def test_of_several_people_one_is_chosen(administrator: FlaskClient, database: Database) -> None:
    with database.writing() as session:
        for given in ("Ann", "Abe"):
            session.add(
                Cardholder(
                    given_name=given, family_name="Lee", search_name=f"{given.upper()} LEE", holder_class="staff"
                )
            )
    page = administrator.get("/why?who=lee&door=1").text
    assert "Whom do you mean?" in page
    assert "Ann Lee" in page
    assert "has no badge" in page


def test_another_name_typed_over_the_chosen_one_counts(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    page = administrator.get(f"/why?badge={furnished.badge}&who=Ava+Thornton&door=1").text
    assert "Ava Thornton at" in page
    assert "Priya Nair at" not in page


def test_a_lost_badge_stops_at_once(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    post(administrator, f"/badges/{furnished.badge}/status", status="lost", version="1")
    assert "Refused. The card was reported lost." in administrator.get(f"/why?badge={furnished.badge}&door=1").text


def test_the_stored_documents_answer_and_not_the_rows(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database, services: Services
) -> None:
    post(administrator, f"/levels/{furnished.level}", {"name": "Staff doors"}, version="1")
    path = f"/why?badge={furnished.badge}&door=1"
    assert "Admitted." in administrator.get(path).text
    with database.writing() as session:
        publish_policy(session, services.keys, BRIDGE, services.clock())
    assert "Refused." in administrator.get(path).text


def test_an_event_leads_to_its_explanation(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    page = administrator.get(f"/why?event={furnished.event}").text
    assert "This really happened." in page
    assert "Priya Nair" in page
    assert "stops here" in page
    bridge, stream, seq = furnished.event.split(".")
    assert "Priya Nair" in administrator.get(f"/why?bridge={bridge}&stream={stream}&seq={seq}").text
    assert administrator.get(f"/why?event={BRIDGE}.x.9").status_code == 404


def test_installers_ask_nothing(installer: FlaskClient, furnished: ConsoleSchool) -> None:
    assert installer.get(f"/why?badge={furnished.badge}&door=3").status_code == 403


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("who=nobody+here&door=1", "Nobody is found by that."),
        ("who=nair&door=x", "Choose a door from the list."),
        ("who=nair&door=99", "This door is not there"),
        ("who=nair&door=4", "has no reader that takes cards"),
        ("who=nair&door=1&when=soon", "Type a day and a time"),
        ("who=nair&door=1&when=9999-12-31T23:59", "Type a day and a time"),
        ("who=nair&door=1&when=0001-01-01T00:00", "Type a day and a time"),
    ],
)
def test_what_cannot_be_answered_is_said(
    administrator: FlaskClient, furnished: ConsoleSchool, query: str, said: str
) -> None:
    del furnished
    answer = administrator.get(f"/why?{query}")
    assert answer.status_code == 422
    assert said in answer.text


def ask(client: FlaskClient, **question: Any) -> Any:
    headers = {"X-CSRFToken": client.token}  # type: ignore[attr-defined] # set by the fixture
    return client.post("/why.json", json=question, headers=headers)


def test_a_raw_read_is_answered_for_programs(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    bits = encode(FORMATS["H10301"], 114, 20381)
    raw = {"hex": f"{bits.value:x}", "length": bits.length}
    facts = {"clock_trusted": "yes", "fire_at_door": "no"}
    answer = ask(administrator, bridge=BRIDGE, reader=furnished.reader, at=NOW, bits=raw, facts=facts).get_json()
    assert (answer["granted"], answer["reason"]) == (True, "ACCESS_GRANTED")
    assert [one["rule"] for one in answer["trace"]][:2] == ["reader known", "reader enabled"]
    assert ask(administrator, bridge=BRIDGE, reader=99, at=NOW, bits=raw).get_json()["granted"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {"bridge": "x"},
        {"reader": -1},
        {"at": "now"},
        {"at": "2026-11-24T10:00:00"},
        {"bits": {"hex": "ff", "length": 2}},
        {"bits": {"hex": "zz", "length": 26}},
        {"facts": {"clock_trusted": "maybe"}},
        {"extra": 1},
    ],
)
def test_a_raw_question_that_cannot_be_read(
    administrator: FlaskClient, furnished: ConsoleSchool, changes: dict[str, Any]
) -> None:
    answer = ask(administrator, **{"bridge": BRIDGE, "reader": furnished.reader, "at": NOW, **changes})
    assert answer.status_code == 400
    assert answer.get_json()["detail"].startswith("The question cannot be read")


def test_a_raw_question_about_no_bridge(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    nobody = f"{BRIDGE[:-1]}f"
    assert ask(administrator, bridge=nobody, reader=furnished.reader, at=NOW).status_code == 404


def test_nobody_finds_a_pin_out_by_asking(
    administrator: FlaskClient, desk: FlaskClient, furnished: ConsoleSchool
) -> None:
    raw = {"hex": "1", "length": 26}
    assert ask(desk, bridge=BRIDGE, reader=furnished.reader, at=NOW, bits=raw, pin="0000").status_code == 403
    assert ask(desk, bridge=BRIDGE, reader=furnished.reader, at=NOW, bits=raw).status_code == 200
    assert ask(administrator, bridge=BRIDGE, reader=furnished.reader, at=NOW, bits=raw, pin="0000").status_code == 200


def test_a_time_before_all_times_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    first = "0001-01-01T00:00:00+14:00"
    raw = {"hex": "1", "length": 26}
    assert ask(administrator, bridge=BRIDGE, reader=furnished.reader, at=first, bits=raw).status_code == 400
