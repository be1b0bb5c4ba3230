"""The page of faults: a button for each, pressed while it is broken; what bridges say, which here are not running."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from access_control.database.engine import Database
from access_control.demo.errors import StageError
from access_control.demo.faults import SWITCHES
from access_control.demo.panel.faults import FIRST_WORDS, FaultPage
from tests.building.panel_school import panel_school


@pytest.fixture
def page(database: Database) -> Iterator[FaultPage]:
    with panel_school(database) as answers:
        yield answers.faults


def button(html: str, key: str) -> str:
    found = re.search(rf'<button id="{key}".*?</button>', html)
    assert found is not None, key
    return found[0]


def test_every_fault_is_a_button_that_is_not_pressed(page: FaultPage) -> None:
    html = page.html("a-secret")
    for key, switch in SWITCHES.items():
        assert switch.where in button(html, key)
    assert 'aria-pressed="false"' in button(html, "fire-main")
    assert html.count('name="csrf" value="a-secret"') == html.count("<form")
    assert FIRST_WORDS in html
    assert "Nobody answers: its bridge is not running." in html


def test_a_pressed_button_says_since_when_and_offers_to_mend(page: FaultPage) -> None:
    said = page.do({"switch": "contact_stuck-3 1"})
    pressed = button(page.html("a-secret"), "contact_stuck-3")
    assert 'aria-pressed="true"' in pressed
    assert re.search(r"<time>\d+:\d\d:\d\d [ap]m</time>", pressed)
    assert 'value="contact_stuck-3 0"' in pressed
    assert said in unescape(page.html("a-secret"))
    state = page.state()
    assert set(state["pressed"]) >= {"contact_stuck-3"}
    assert "door 3, Playground" in state["pieces"]["broken"]
    assert state["doors"]["3"] == {"state": "unknown", "word": "Nobody says", "reader": ""}
    assert page.do({"switch": "contact_stuck-3 0"}) == "Mended: door 3, Playground."
    assert "contact_stuck-3" not in page.state()["pressed"]


def test_a_card_is_tried_at_a_door(page: FaultPage) -> None:
    assert page.do({"card": "14"}) == "A card is presented to the reader at door 7, Arts entrance."


@pytest.mark.parametrize(
    "fields", [{}, {"switch": "meteor 1"}, {"card": "99"}, {"card": "<b>"}, {"switch": "wedged-14"}]
)
def test_nonsense_is_refused_or_breaks_nothing(page: FaultPage, fields: dict[str, str]) -> None:
    before = page.broken()
    try:
        page.do(fields)
    except StageError as error:
        assert "There is no" in str(error)  # noqa: PT017 - only some of it is refused
    assert page.broken() == before
