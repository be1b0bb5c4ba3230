"""The demo's panel in a browser: somebody presents a card, and nothing is there for axe to find."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from access_control.database.engine import Database
from access_control.demo.panel.server import Panel
from tests.building.browser import Chrome, Theme, complaints, looks, violations
from tests.building.panel_school import panel_school


@pytest.fixture
def panel(database: Database) -> Iterator[Panel]:
    with panel_school(database) as answers, Panel(0, "a-token-of-this-test", answers) as running:
        yield running


@looks
def test_nothing_for_axe_to_find(chrome: Chrome, panel: Panel, theme: Theme, size: str) -> None:
    page = chrome.page(theme=theme, size=size)
    page.goto(panel.url)
    expect(page.get_by_role("button", name="Tom Alvarado")).to_be_visible()
    assert violations(page) == []
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_card_is_presented_and_the_door_is_watched(chrome: Chrome, panel: Panel) -> None:
    page = chrome.page()
    page.goto(panel.url)
    page.get_by_label("Name").fill("thornton ava")
    page.get_by_role("button", name="Ava Thornton").click()
    page.get_by_role("button", name="101 Room 101").click()
    expect(page.locator("#chosen")).to_have_text("Ava Thornton, at door 101")
    page.get_by_role("button", name="Present the card").click()
    expect(page.get_by_role("status")).to_have_text("A card is presented to the reader at door 101, Room 101.")
    expect(page.locator("#feed")).to_contain_text("A card is presented to the reader.")
    page.get_by_role("button", name="Leave from inside").click()
    expect(page.locator("#feed")).to_contain_text("The door opens.")
    expect(page.locator("#feed")).to_contain_text("Somebody has left.")


@looks
def test_nothing_for_axe_to_find_among_the_faults(chrome: Chrome, panel: Panel, theme: Theme, size: str) -> None:
    page = chrome.page(theme=theme, size=size)
    page.goto(panel.url)
    page.get_by_role("link", name="Faults").click()
    page.get_by_role("button", name="2 A reader goes dead, door 2, Bus loop").click()
    expect(page.locator("#broken")).to_contain_text("A reader goes dead: door 2, Bus loop.")
    assert violations(page) == []
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_things_can_be_broken_and_mended(chrome: Chrome, panel: Panel) -> None:
    page = chrome.page()
    page.goto(panel.url)
    page.goto(panel.url.replace("/?", "/faults?"))
    broken_open = page.get_by_role("button", name="6 A door is broken open")
    broken_open.click()
    expect(page.get_by_role("status")).to_contain_text("Forced open at once")
    expect(broken_open).to_have_attribute("aria-pressed", "true")
    expect(broken_open).to_contain_text("since")
    broken_open.click()
    expect(page.get_by_role("status")).to_have_text("Mended: door 6, Gym, field side.")
    expect(broken_open).to_have_attribute("aria-pressed", "false")


def test_things_can_be_broken_and_mended_without_javascript(chrome: Chrome, panel: Panel) -> None:
    page = chrome.page(java_script_enabled=False)
    page.goto(panel.url)
    page.get_by_role("link", name="faults", exact=True).click()
    page.get_by_role("button", name="Line A Cut a line of readers, line A, readers of doors 1,").click()
    pressed = page.get_by_role("button", name="Line A Cut a line of readers, line A, readers of doors 1,")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status")).to_contain_text("the readers on the other line keep opening")
    pressed.click()
    expect(pressed).to_have_attribute("aria-pressed", "false")


def test_a_panel_that_is_gone_says_so(chrome: Chrome, database: Database) -> None:
    page = chrome.page()
    with panel_school(database) as answers:
        with Panel(0, "a-token-of-this-test", answers) as running:
            page.goto(running.url)
            page.get_by_role("button", name="Show the pass").click()
            expect(page.get_by_role("status")).to_contain_text("There is no pass")
        expect(page.get_by_role("alert")).to_contain_text("The demo does not answer")
