"""The emergency sections in rail and dock follow what is in force on every open page, whoever started or ended it."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from access_control.core.decision.model import EmergencyAction
from access_control.database.ids import new_id
from access_control.emergency.releasing import Wanted, ask_release
from access_control.emergency.starting import Start
from access_control.people.permissions import Role
from access_control.readers.records import DirectiveRow
from access_control.web.services import EXTENSION, Services
from tests.access_control.emergency.test_starting import until
from tests.access_control.web.conftest import Served
from tests.browser.test_emergency_screens import who
from tests.building.browser import Chrome, complaints, violations
from tests.building.emergencies import enrol


class Elsewhere:
    """Somebody at another screen."""

    def __init__(self, app: Flask) -> None:
        self.services: Services = app.extensions[EXTENSION]
        with self.services.database.writing() as session:
            enrol(session, self.services.keys)
        self.emergencies = self.services.more["emergencies"]
        self.emergencies.refresh()

    def starts(self, *, drill: bool = False) -> str:
        at = self.services.clock()
        start = Start(new_id(at), EmergencyAction.LOCKDOWN, "site", drill=drill)
        id_: str = self.emergencies.start(at, start, who(self.services)).directive.id
        assert until(lambda: self.emergencies.is_saved(id_))
        self.emergencies.refresh()
        return id_

    def releases(self, directive: str, part: str = "all") -> None:
        at = self.services.clock()
        wanted = Wanted(new_id(at), directive, part, "Police gave the all clear.", alone=False)
        with self.services.database.writing() as session:
            ask_release(session, self.services.keys, at, self.emergencies.school(), wanted, who(self.services))
        self.emergencies.refresh()

    def started(self) -> list[str]:
        with self.services.database.reading() as session:
            return list(session.scalars(select(DirectiveRow.id)))


def held(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.dataset.mine || document.activeElement.localName")
    return found


def test_after_a_release_a_screen_that_nobody_touched_can_start_a_lockdown(
    served: Served, chrome: Chrome, app: Flask
) -> None:
    elsewhere = Elsewhere(app)
    first = elsewhere.starts()
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/")
    rail = page.locator(".respond[data-place=rail]")
    expect(rail).to_contain_text("Lockdown is active")
    search = page.locator("[data-search]")
    search.fill("gy")
    search.evaluate("(field) => { field.dataset.mine = 'search'; field.setSelectionRange(1, 1); }")
    elsewhere.releases(first)
    button = rail.locator("[data-press]")
    expect(button).to_be_visible()
    expect(rail).not_to_contain_text("Lockdown is active")
    assert held(page) == "search"
    assert search.evaluate("(field) => [field.value, field.selectionStart]") == ["gy", 1]
    assert violations(page) == []
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.wait_for_url("**/emergency/0*-*")
    page.mouse.up()
    assert len(elsewhere.started()) == 2
    assert complaints(page) == []


def test_on_a_phone_the_dock_follows_too(served: Served, chrome: Chrome, app: Flask) -> None:
    elsewhere = Elsewhere(app)
    page = served.sign_in(chrome.page(size="phone"), Role.FRONT_DESK, "/emergency/new?action=hold")
    dock = page.locator(".respond[data-place=dock]")
    expect(dock.locator("[data-press]")).to_be_visible()
    first = elsewhere.starts()
    expect(dock.get_by_role("link")).to_have_text("Lockdown is active")
    elsewhere.releases(first)
    expect(dock.locator("[data-press]")).to_be_visible()
    box = dock.locator("[data-press]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    expect(page.locator(".press-screen")).to_be_visible()
    page.mouse.up()
    expect(dock.locator("[data-press-said]")).to_have_text("Stopped. Nothing has been sent.")


def test_a_release_of_a_part_brings_the_control_back(served: Served, chrome: Chrome, app: Flask) -> None:
    elsewhere = Elsewhere(app)
    first = elsewhere.starts()
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/")
    rail = page.locator(".respond[data-place=rail]")
    expect(rail).to_contain_text("Lockdown is active")
    elsewhere.releases(first, "door:1")
    expect(rail.locator("[data-press]")).to_be_visible()


def test_a_start_elsewhere_leaves_a_press_alone_and_keeps_the_focus(served: Served, chrome: Chrome, app: Flask) -> None:
    elsewhere = Elsewhere(app)
    page = chrome.page()
    page.clock.install()
    served.sign_in(page, Role.FRONT_DESK, "/emergency/new?action=secure")
    page.clock.pause_at(page.evaluate("Date.now() + 1000") / 1000)
    rail = page.locator(".respond[data-place=rail]")
    button = rail.locator("[data-press]")
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    expect(button).to_have_class("lockdown is-pressed")
    elsewhere.starts()
    page.evaluate("document.dispatchEvent(new CustomEvent('live:emergency'))")
    expect(page.locator(".band-title")).to_contain_text("LOCKDOWN, whole school")
    page.clock.run_for(1000)
    expect(button).to_have_class("lockdown is-pressed")
    page.mouse.up()
    page.clock.run_for(1000)
    expect(rail).to_contain_text("Lockdown is active")
    expect(rail.locator("[data-press-said]")).to_have_text("Stopped. Nothing has been sent.")
    assert page.evaluate("document.activeElement.closest('.respond')?.dataset.place") == "rail"
    assert complaints(page) == []
