"""The lockdown control: only a steady press of 1.5 s sends anything, once; or two steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from access_control.people.permissions import Role
from access_control.readers.records import DirectiveRow
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.conftest import Served
from tests.building.browser import Chrome, complaints, violations
from tests.building.emergencies import enrol
from tests.building.tiny_school import PASSWORD

PRESS_MS = 1500
PAGE = "/emergency/new?action=secure"  # any page has the control


@pytest.fixture(autouse=True)
def _enrolled(app: Flask) -> None:
    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        enrol(session, services.keys)
    services.more["emergencies"].refresh()


@pytest.fixture
def started(app: Flask) -> Callable[[], list[DirectiveRow]]:
    services: Services = app.extensions[EXTENSION]

    def read() -> list[DirectiveRow]:
        with services.database.reading() as session:
            return list(session.scalars(select(DirectiveRow)))

    return read


class Control:
    """The control on a page, with the page's own clock in the test's hand."""

    def __init__(self, page: Page, *, phone: bool = False) -> None:
        self.page = page
        self.sent: list[Request] = []
        page.on("request", lambda request: self.sent.append(request) if "/emergency/start" in request.url else None)
        place = "dock" if phone else "rail"
        self.button = page.locator(f".respond[data-place={place}] [data-press]")
        self.said = page.locator(f".respond[data-place={place}] [data-press-said]")
        expect(self.button).to_be_visible()

    def pointer_down(self) -> None:
        box = self.button.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 20, box["y"] + 20)
        self.page.mouse.down()

    def go_on(self, ms: int) -> None:
        self.page.clock.run_for(ms)


@pytest.fixture
def control(served: Served, chrome: Chrome) -> Control:
    page = chrome.page()
    page.clock.install()
    served.sign_in(page, Role.FRONT_DESK, PAGE)
    page.clock.pause_at(page.evaluate("Date.now() + 1000") / 1000)
    return Control(page)


STOPPED = "Stopped. Nothing has been sent."


def test_letting_go_at_1_4_seconds_sends_nothing(control: Control, started: Callable[[], list[DirectiveRow]]) -> None:
    control.pointer_down()
    control.go_on(1400)
    control.page.mouse.up()
    control.go_on(3000)
    expect(control.said).to_have_text(STOPPED)
    assert control.sent == []
    assert started() == []


def test_1_5_seconds_send_once_and_the_incident_screen_is_there_at_once(
    control: Control, started: Callable[[], list[DirectiveRow]]
) -> None:
    page = control.page
    held: list[Callable[[], None]] = []
    page.route("**/emergency/start", lambda route: held.append(route.continue_))
    control.pointer_down()
    control.go_on(PRESS_MS)
    at_once = page.locator(".at-once")
    expect(at_once).to_contain_text("LOCKDOWN, whole school")
    expect(at_once.locator(".cell")).to_have_count(4)
    expect(at_once.locator(".cell").first).to_contain_text("commanded")
    page.mouse.up()
    page.clock.resume()
    expect(page.locator(".at-once [data-said]")).to_contain_text("NOT sent.")
    held[0]()
    page.wait_for_url("**/emergency/0*-*")
    expect(page.locator(".band-title")).to_contain_text("LOCKDOWN, whole school")
    (row,) = started()
    assert row.by_name == "Dana Whitfield"
    assert len(control.sent) == 1
    assert row.id in (control.sent[0].post_data or "")
    assert complaints(page) == []


@pytest.mark.parametrize("key", ["Enter", " "])
def test_a_key_kept_down_works_like_a_pointer(
    control: Control, started: Callable[[], list[DirectiveRow]], key: str
) -> None:
    control.button.focus()
    control.page.keyboard.down(key)
    control.go_on(1400)
    control.page.keyboard.up(key)
    control.go_on(3000)
    assert control.sent == []
    expect(control.said).to_have_text(STOPPED)
    control.page.keyboard.down(key)
    control.page.keyboard.down(key)  # a key that is kept down repeats
    control.go_on(PRESS_MS)
    control.page.keyboard.up(key)
    control.page.clock.resume()
    control.page.wait_for_url("**/emergency/0*-*")
    assert len(started()) == len(control.sent) == 1


def leave(control: Control) -> None:
    box = control.button.bounding_box()
    assert box is not None
    control.page.mouse.move(box["x"] + box["width"] + 25, box["y"] + 20)


def escape(control: Control) -> None:
    control.page.keyboard.press("Escape")


def lose_focus(control: Control) -> None:
    control.page.evaluate("window.dispatchEvent(new Event('blur'))")


def second_finger(control: Control) -> None:
    control.page.evaluate(
        "document.body.dispatchEvent(new PointerEvent('pointerdown', "
        "{pointerId: 77, isPrimary: false, bubbles: true, pointerType: 'touch'}))"
    )


def taken_away(control: Control) -> None:
    control.button.dispatch_event("pointercancel")


@pytest.mark.parametrize("stop", [leave, escape, lose_focus, second_finger, taken_away])
def test_whatever_interrupts_the_press_stops_it(control: Control, stop: Callable[[Control], None]) -> None:
    control.pointer_down()
    control.go_on(1400)
    expect(control.button).to_have_class("lockdown is-pressed")
    stop(control)
    control.go_on(3000)
    control.page.mouse.up()
    expect(control.said).to_have_text(STOPPED)
    assert control.sent == []


@pytest.mark.parametrize("size", ["desktop", "narrow"])
def test_the_control_stays_where_it_is_while_it_says_something(served: Served, chrome: Chrome, size: str) -> None:
    page = chrome.page(size=size)
    page.clock.install()
    served.sign_in(page, Role.FRONT_DESK, PAGE)
    page.clock.pause_at(page.evaluate("Date.now() + 1000") / 1000)
    control = Control(page)
    before = control.button.bounding_box()
    control.pointer_down()
    expect(control.said).to_have_text("Keep pressing. Let go to stop.")
    assert control.button.bounding_box() == before
    page.mouse.up()
    expect(control.said).to_have_text(STOPPED)
    assert control.button.bounding_box() == before
    control.go_on(15_000)
    expect(control.said).to_be_empty()
    assert control.button.bounding_box() == before


def test_leaving_by_less_than_24_does_not_stop_it(control: Control) -> None:
    control.page.route("**/emergency/start", lambda _: None)  # no answer, or it would be gone before anybody looks
    control.pointer_down()
    box = control.button.bounding_box()
    assert box is not None
    control.page.mouse.move(box["x"] + box["width"] + 20, box["y"] + 20)
    control.go_on(PRESS_MS)
    expect(control.page.locator(".at-once")).to_be_visible()


def test_a_short_click_does_nothing(control: Control) -> None:
    control.button.click()
    control.go_on(6000)
    expect(control.page.locator("[data-second-step]")).to_have_count(0)
    assert control.sent == []


def test_a_click_without_a_press_offers_the_second_step_for_5_seconds(control: Control) -> None:
    control.button.evaluate("button => button.click()")
    second = control.page.get_by_role("button", name="Start lockdown now")
    expect(second).to_be_visible()
    first_box, second_box = control.button.bounding_box(), second.bounding_box()
    assert first_box is not None
    assert second_box is not None
    apart = second_box["x"] - (first_box["x"] + first_box["width"])
    assert max(apart, first_box["y"] - (second_box["y"] + second_box["height"])) >= 100
    control.go_on(5100)
    expect(second).to_have_count(0)
    expect(control.said).to_have_text("Not started. Nothing has been sent.")
    assert control.sent == []


def test_the_second_step_starts_it(control: Control, started: Callable[[], list[DirectiveRow]]) -> None:
    control.button.evaluate("button => button.click()")
    second = control.page.get_by_role("button", name="Start lockdown now")
    control.go_on(100)
    second.evaluate("button => button.click()")
    assert control.sent == [], "a double click is no second step"
    control.go_on(500)
    second.evaluate("button => button.click()")
    control.page.clock.resume()
    control.page.wait_for_url("**/emergency/0*-*")
    assert len(started()) == 1


def test_whoever_chose_two_steps_presses_nothing_for_long(
    served: Served, chrome: Chrome, app: Flask, started: Callable[[], list[DirectiveRow]]
) -> None:
    from access_control.people.models import Operator
    from tests.building.tiny_school import OPERATORS

    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.FRONT_DESK][0]).settings = {"two_step_lockdown": True}
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, PAGE)
    control = Control(page)
    control.pointer_down()
    page.wait_for_timeout(1700)
    page.mouse.up()
    assert control.sent == []
    page.wait_for_timeout(600)  # the second step takes no click in its first moment
    page.get_by_role("button", name="Start lockdown now").click()
    page.wait_for_url("**/emergency/0*-*")
    assert len(started()) == 1


def test_touch_shows_the_whole_screen_on_a_phone(
    served: Served, chrome: Chrome, started: Callable[[], list[DirectiveRow]]
) -> None:
    page = chrome.page(size="phone")
    page.clock.install()
    served.sign_in(page, Role.FRONT_DESK, PAGE)
    page.clock.pause_at(page.evaluate("Date.now() + 1000") / 1000)
    control = Control(page, phone=True)
    box = control.button.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (148, 60)
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 40, "y": box["y"] + 30}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    control.go_on(900)
    screen = page.locator(".press-screen")
    expect(screen).to_contain_text("Keep pressing")
    expect(screen.locator("strong[data-left]")).to_have_text("0.6 s")
    expect(screen).to_contain_text("Let go to stop. Nothing has been sent.")
    ring = screen.locator(".press-ring").bounding_box()
    assert ring is not None
    assert round(ring["width"]) == 232
    from tests.browser.test_emergency_screens import shoot

    shoot(page, "press_phone_light")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    control.go_on(3000)
    expect(screen).to_have_count(0)
    assert control.sent == []
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    control.go_on(PRESS_MS)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.clock.resume()
    page.wait_for_url("**/emergency/0*-*")
    assert len(started()) == 1


def test_a_session_that_has_ended_loses_nothing(
    served: Served, chrome: Chrome, started: Callable[[], list[DirectiveRow]]
) -> None:
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, PAGE)
    control = Control(page)
    page.context.clear_cookies()
    control.pointer_down()
    page.wait_for_timeout(1700)
    page.mouse.up()
    form = page.locator("form[data-sign-in]")
    expect(form).to_contain_text("Sign in, and the lockdown starts at once.")
    assert violations(page) == []
    form.get_by_label("Login").fill("dana")
    form.get_by_label("Password").fill("wrong password")
    form.get_by_role("button").click()
    expect(form.locator("[data-sign-in-said]")).to_contain_text("Login and password do not belong together.")
    assert started() == []
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button").click()
    page.wait_for_url("**/emergency/0*-*")
    (row,) = started()
    assert all(row.id in (request.post_data or "") for request in control.sent)


def test_it_works_without_scripts_in_two_steps(
    served: Served, chrome: Chrome, started: Callable[[], list[DirectiveRow]]
) -> None:
    page = chrome.page(java_script_enabled=False)
    served.sign_in(page, Role.FRONT_DESK, PAGE)
    page.locator(".respond[data-place=rail] [data-press]").click()
    expect(page.get_by_role("heading", name="Start Lockdown")).to_be_visible()
    assert started() == []
    page.get_by_label("Real").check()
    page.get_by_role("button", name="Start Lockdown now").click()
    expect(page.locator(".band-title")).to_contain_text("LOCKDOWN, whole school")
    (row,) = started()
    assert (row.scope, row.drill) == ("site", False)


def test_an_installer_has_no_control(served: Served, chrome: Chrome) -> None:
    page = served.sign_in(chrome.page(), Role.INSTALLER, PAGE)
    expect(page.locator("[data-press]")).to_have_count(0)
