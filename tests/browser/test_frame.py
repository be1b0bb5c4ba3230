"""The frame, Live, the event log, signing in and one's own settings in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from access_control.people.permissions import Role
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.conftest import Served
from tests.building.bridge_words import door_said, speak
from tests.building.browser import PATIENCE_MS, Chrome, Theme, complaints, looks, violations

expect.set_options(timeout=PATIENCE_MS)
PAGES = ("/", "/events", "/me", "/nowhere")


def said(app: Flask, *doors: dict[str, Any]) -> None:
    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        speak(session, services.clock(), *doors)
        services.database.changes.tell(session, "live", '{"what":"status"}')


@looks
def test_nothing_is_out_of_reach(chrome: Chrome, served: Served, app: Flask, theme: Theme, size: str) -> None:
    said(app, door_said(4, position="open", alarm="held", security="not_secure"))
    page = chrome.page(theme=theme, size=size)
    for path in PAGES:
        served.sign_in(page, Role.ADMINISTRATOR, path)
        expect(page.locator("main")).to_be_visible()
        assert violations(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    about_404 = [line for line in complaints(page) if "404" not in line]
    assert about_404 == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in(chrome: Chrome, served: Served, theme: Theme) -> None:
    from tests.building.tiny_school import PASSWORD

    page = chrome.page(theme=theme, size="phone")
    page.goto(served.url + "/me")
    assert violations(page) == []
    page.keyboard.type("dana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(served.url + "/me")
    expect(page.locator("h1")).to_have_text("My settings")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_lost_at_320_pixels(chrome: Chrome, served: Served, path: str) -> None:
    page = served.sign_in(chrome.page(), path=None)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(served.url + path)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    expect(page.get_by_role("button", name="More")).to_be_visible()


def test_live_follows_what_bridges_say(chrome: Chrome, served: Served, app: Flask) -> None:
    said(app)
    page = served.sign_in(chrome.page(), Role.FRONT_DESK)
    expect(page.locator("#sentence")).to_have_text("4 of 4 doors secured")
    said(app, door_said(4, position="open", alarm="held", security="not_secure"))
    door = page.locator('[data-door="4"]')
    expect(door.locator(".word")).to_have_text("Propped open")
    expect(page.locator("#strip")).to_contain_text("Loading dock is propped open")
    expect(page.locator("#said-now")).to_contain_text("Loading dock is propped open")
    expect(page.locator("#sentence")).to_have_text("3 of 4 doors secured")
    page.get_by_role("button", name="I see it").click()
    expect(page.locator("#strip")).to_contain_text("Dana Whitfield sees it")
    assert complaints(page) == []


def test_without_a_word_every_state_is_unknown_and_the_screen_says_so(
    chrome: Chrome, served: Served, app: Flask
) -> None:
    said(app)
    page = served.sign_in(chrome.page())
    expect(page.locator("#sentence")).to_have_text("4 of 4 doors secured")
    page.context.set_offline(True)
    page.route("**/live/**", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # takes the stream anew, and finds nobody
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#stale-said")).to_contain_text("Do not trust the states below.")
    expect(page.locator("#sentence")).to_have_text("Last known: 4 of 4 doors secured")
    expect(page.locator('[data-door="1"] .word')).to_have_text("Unknown")
    expect(page.locator('[data-door="1"] .age')).to_contain_text("was secured")
    expect(page.locator("#freshness")).to_contain_text("Not updating for")
    page.unroute("**/live/**")
    page.context.set_offline(False)
    said(app)
    # The screen may have found out by itself meanwhile, and the button is gone then.
    page.locator("#stale-try").evaluate("button => button.click()")
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator("#sentence")).to_have_text("4 of 4 doors secured")


def test_new_rows_wait_while_somebody_points_at_the_list(chrome: Chrome, served: Served, app: Flask) -> None:
    from access_control.core.wire.events import EventCode
    from access_control.readers.events import record_own

    services: Services = app.extensions[EXTENSION]

    def happen() -> None:
        with services.database.writing() as session:
            record_own(session, services.clock(), EventCode.DOOR_FORCED, door=1)

    happen()
    page = served.sign_in(chrome.page())
    rows = page.locator("#happened > li")
    expect(rows).to_have_count(1)
    rows.first.hover()
    happen()
    waiting = page.locator("#waiting")
    expect(waiting).to_have_text("1 new")
    expect(rows).to_have_count(1)
    waiting.click()
    expect(rows).to_have_count(2)


def test_keys_lead_to_pages_and_can_be_switched_off(chrome: Chrome, served: Served) -> None:
    page = served.sign_in(chrome.page())
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("dock")
    expect(page.locator(".door:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("#find").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("/people$"))
    page.goto(served.url + "/me")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Keep settings").click()
    expect(page.get_by_role("status").filter(has_text="Your settings are kept.")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.keyboard.press("?")
    expect(page).to_have_url(re.compile("/me$"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_emergency_control_is_two_f6_away(chrome: Chrome, served: Served) -> None:
    page = served.sign_in(chrome.page())
    page.locator("body").click(position={"x": 700, "y": 10})
    for _ in range(2):
        page.keyboard.press("F6")
        if _focused(page) == "rail":
            break
    assert _focused(page) == "rail"
    expect(page.locator("#rail .lockdown")).to_be_visible()


def _focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id")
    return found


def test_what_one_chose_wins_over_the_system(chrome: Chrome, served: Served) -> None:
    page = served.sign_in(chrome.page(theme="light"), path="/me")
    body = page.locator("body")
    expect(body).to_have_css("background-color", "rgb(245, 244, 239)")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Keep settings").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(body).to_have_css("background-color", "rgb(14, 17, 22)")


def test_forced_colours_hide_nothing(chrome: Chrome, served: Served, app: Flask) -> None:
    said(app, door_said(4, position="open", alarm="held", security="not_secure"))
    page = served.sign_in(chrome.page(forced_colors="active"))
    for part in ("#strip .alarm-row", '[data-door="4"] .tag', '[data-door="1"] .plate', "#rail .lockdown"):
        expect(page.locator(part).first).to_be_visible()
    border = page.evaluate("getComputedStyle(document.querySelector('[data-door=\"4\"] .tag')).borderTopStyle")
    assert border == "solid"


def test_paper_is_light_and_without_controls(chrome: Chrome, served: Served) -> None:
    page = served.sign_in(chrome.page(theme="dark"))
    page.emulate_media(media="print")
    expect(page.locator("#rail")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_session_that_ended_says_so_on_the_screen(chrome: Chrome, served: Served) -> None:
    page = served.sign_in(chrome.page())
    expect(page.locator("#sentence")).to_be_visible()
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#freshness")).to_contain_text("You are signed out on this screen")


@pytest.mark.parametrize("width", [1100, 1300])
def test_lockdown_stays_in_sight_on_a_low_screen(chrome: Chrome, served: Served, width: int) -> None:
    """The pages of the rail scroll; the emergency control never does."""
    page = chrome.page()
    page.set_viewport_size({"width": width, "height": 560})
    served.sign_in(page, Role.ADMINISTRATOR, "/me")
    box = page.locator("#rail .lockdown").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 560
    page.get_by_role("link", name="Settings").first.focus()
    expect(page.get_by_role("link", name="Settings").first).to_be_in_viewport()


def test_pages_below_a_section_have_nothing_for_axe_to_find(chrome: Chrome, served: Served) -> None:
    page = chrome.page()
    for path in ("/emergency/", "/groups", "/doors", "/doors/1", "/schedules", "/desk/banned", "/why", "/bridges"):
        served.sign_in(page, Role.ADMINISTRATOR, path)
        assert violations(page) == [], path
