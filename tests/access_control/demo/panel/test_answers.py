"""The panel does what it says at simulated doors, and says so plainly when it cannot."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from access_control.database.engine import Database
from access_control.demo.errors import StageError
from access_control.demo.panel.answers import SchoolAnswers
from access_control.demo.plan import DOORS
from access_control.demo.population import called
from access_control.people.models import Cardholder
from access_control.readers.models import Badge
from tests.building.panel_school import panel_school


@pytest.fixture
def answers(database: Database) -> Iterator[SchoolAnswers]:
    with panel_school(database) as found:
        yield found


def do(answers: SchoolAnswers, **asked: Any) -> str:
    return answers.do(json.dumps(asked).encode())


def seen(look: Callable[[], bool]) -> None:
    for _ in range(600):
        if look():
            return
        time.sleep(0.02)
    raise AssertionError("it was not seen")


def door(answers: SchoolAnswers, number: str) -> dict[str, Any]:
    return dict(next(row for row in answers.state(0)["doors"] if row["number"] == number))


def words(answers: SchoolAnswers, number: str) -> list[str]:
    return [line["words"] for line in answers.state(0)["feed"] if line["door"] == number]


def test_cards_passes_and_leaving_reach_the_doors_of_both_buildings(answers: SchoolAnswers) -> None:
    assert len(answers.state(0)["doors"]) == len(DOORS)
    assert not door(answers, "103")["released"]
    assert "door 103, Science lab" in do(answers, do="present", person=called("Tom Alvarado").ref, door=10)
    seen(lambda: "A card is presented to the reader." in words(answers, "103"))
    assert "unknown card" in do(answers, do="present", person=0, door=13)
    seen(lambda: "A card is presented to the reader." in words(answers, "6"))
    do(answers, do="scan", text="6BFOXN*TS0BI$ZD")
    seen(lambda: "A code is shown to the scanner." in words(answers, "1"))
    assert "the lever" in do(answers, do="door", door=8, action="leave")
    seen(lambda: "The door opens." in words(answers, "101"))
    assert "it is locked" in do(answers, do="door", door=1, action="open")


def test_how_much_is_broken_is_told(answers: SchoolAnswers) -> None:
    before = answers.state(0)["broken"]
    answers.faults.do({"switch": "wedged-14 1"})
    assert answers.state(0)["broken"] == before + 1


NONSENSE = (
    (b"{", "does not understand"),
    (b'{"do": "fly"}', "does not understand"),
    (b'{"do": "present", "person": 1, "door": 99}', "There is no door 99"),
    (b'{"do": "scan", "text": "  "}', "There is no pass"),
    (b'{"do": "scan", "picture": "!"}', "This is no picture"),
    (b'{"do": "scan", "picture": "YWJj"}', "This is no picture"),
    (b'{"do": "program", "name": "washing", "action": "stop"}', "no program washing"),
)


def test_nonsense_is_one_sentence(answers: SchoolAnswers) -> None:
    for asked, sentence in NONSENSE:
        with pytest.raises(StageError, match=sentence):
            answers.do(asked)


def test_somebody_without_a_badge_cannot_present_one(answers: SchoolAnswers, database: Database) -> None:
    person = called("Tom Alvarado").ref
    with database.writing() as session:
        session.execute(delete(Badge).where(Badge.person_ref == person))
    with pytest.raises(StageError, match="has no badge"):
        do(answers, do="present", person=person, door=1)


def test_people_are_found_by_any_part_of_their_name(answers: SchoolAnswers, database: Database) -> None:
    worth_trying = answers.people("")
    assert worth_trying[0]["ref"] == 0
    assert {"Hannah Whitfield", "Kira Donnelly"} <= {row["name"] for row in worth_trying}
    assert [row["name"] for row in answers.people("thorn ava")] == ["Ava Thornton"]
    with database.reading() as session:
        assert session.get_one(Cardholder, answers.people("alvarado tom")[0]["ref"]).given_name == "Tom"
    assert answers.people("%") == answers.people("")
    assert answers.people("nobodyatall") == []


def test_programs_are_listed_and_a_stopped_one_can_be_seen(answers: SchoolAnswers) -> None:
    assert [row["running"] for row in answers.state(0)["programs"]] == [False, False, False]
    assert do(answers, do="program", name="service", action="stop") == "The service was stopped."
