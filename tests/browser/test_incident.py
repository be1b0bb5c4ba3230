"""The incident screen stays true while people read it, and ends by a person's release only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from access_control.core.decision.model import EmergencyAction
from access_control.database.ids import new_id
from access_control.emergency.starting import Start
from access_control.jobs.emergencies import finish_releases
from access_control.jobs.running import run_due
from access_control.people.permissions import Role
from access_control.readers.models import Bridge
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.conftest import MovedClock, Served
from tests.browser.test_emergency_screens import who
from tests.building.browser import Chrome, complaints, violations
from tests.building.emergencies import enrol, status
from tests.building.tiny_school import BRIDGE, PASSWORD

Say = Callable[[Mapping[int, str]], None]


@pytest.fixture
def incident(app: Flask) -> str:
    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        enrol(session, services.keys)
    at = services.clock()
    start = Start(new_id(at), EmergencyAction.LOCKDOWN, "site", drill=False)
    id_: str = services.more["emergencies"].start(at, start, who(services)).directive.id
    return id_


@pytest.fixture
def say(app: Flask, incident: str) -> Say:
    """The bridge says how the doors are."""
    services: Services = app.extensions[EXTENSION]

    def tell(judged: Mapping[int, str]) -> None:
        with services.database.writing() as session:
            bridge = session.get_one(Bridge, BRIDGE)
            opened = [door for door, word in judged.items() if word == "not_secure"]
            bridge.status, bridge.status_at = status(incident, judged, open_doors=opened), services.clock()

    return tell


def _order(page: Page) -> list[str]:
    """The doors as they follow one another. What is drawn of one differs for an instant while it changes."""
    found: list[str] = page.evaluate("[...document.querySelectorAll('.cell')].map((cell) => cell.dataset.key)")
    assert found
    return found


def test_doors_change_in_place_and_leave_the_walk_list_when_proved(
    served: Served, chrome: Chrome, incident: str, say: Say
) -> None:
    say({1: "secured", 2: "secured", 3: "not_secure", 4: "not_secure"})
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, f"/emergency/{incident}")
    dock = page.locator("[data-key=walk-4]")
    expect(dock).to_contain_text("Open")
    page.evaluate("document.querySelector('[data-key=cell-1]').dataset.mine = 'the same element'")
    dock.get_by_role("button", name="I am going").click()
    expect(dock).to_contain_text("Dana Whitfield is going")
    assert page.url.endswith(incident), "saying so leaves the screen where it is"
    order = _order(page)
    say({1: "secured", 2: "not_monitored", 3: "not_secure", 4: "secured"})
    expect(dock).to_contain_text("Secured")
    expect(page.locator("[data-left]")).to_have_text("Door 8, Loading dock is secured.")
    expect(dock).to_have_count(0)
    expect(page.locator("[data-key=cell-2]")).to_contain_text("not monitored")
    expect(page.locator("[data-key=cell-1][data-mine]")).to_have_count(1)
    assert _order(page) == order
    assert complaints(page) == []


def test_a_screen_that_hears_nothing_says_that_it_cannot_be_trusted(
    served: Served, chrome: Chrome, incident: str, say: Say
) -> None:
    say({1: "secured", 2: "secured", 3: "secured", 4: "secured"})
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, f"/emergency/{incident}")
    expect(page.locator(".count[data-result=secured]")).to_contain_text("4")
    page.context.set_offline(True)
    expect(page.get_by_text("Do not trust the states below.")).to_be_visible(timeout=30_000)
    expect(page.locator("#incident")).to_have_class("is-stale")
    page.context.set_offline(False)
    expect(page.get_by_text("Do not trust the states below.")).to_be_hidden(timeout=30_000)


def test_releasing_names_what_is_missing_waits_and_can_be_cancelled(
    served: Served, chrome: Chrome, incident: str, say: Say, moved_clock: MovedClock
) -> None:
    say({1: "secured", 2: "secured", 3: "secured", 4: "secured"})
    page = served.sign_in(chrome.page(), path=f"/emergency/{incident}")
    button = page.get_by_role("button", name="Release lockdown")
    missing = page.locator("[data-release-missing]")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(missing).to_have_text("Still needed: a reason of at least 10 characters and your password.")
    button.click(force=True)
    assert page.url.endswith(incident)
    page.get_by_label("Reason, in your words").fill("Police gave the all clear.")
    expect(missing).to_have_text("Still needed: your password.")
    page.get_by_label("Your password").fill(PASSWORD)
    expect(button).not_to_have_attribute("aria-disabled", "true")
    page.get_by_text("What each door will do then").click()
    expect(page.locator(".after li")).to_have_count(4)
    assert violations(page) == []
    button.click()
    cancel = page.get_by_role("button", name="Cancel the release")
    expect(cancel).to_be_visible()
    expect(page.locator("[data-due-ms]")).to_have_text("9", timeout=30_000)
    assert violations(page) == []
    cancel.click()
    expect(button).to_be_visible()
    page.get_by_label("Reason, in your words").fill("Police gave the all clear.")
    page.get_by_label("Your password").fill(PASSWORD)
    button.click()
    expect(cancel).to_be_visible()
    moved_clock.go_on(seconds=11)
    services: Services = served.app.extensions[EXTENSION]
    run_due(services.database, moved_clock(), [finish_releases(services.keys)], "worker")
    expect(page.get_by_text("This record is kept.")).to_be_visible(timeout=30_000)
    expect(page.locator(".band")).to_have_count(0)
    assert violations(page) == []
    assert complaints(page) == []


def test_another_page_shows_the_band_soon(served: Served, chrome: Chrome, app: Flask) -> None:
    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        enrol(session, services.keys)
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/emergency/new?action=hold")
    expect(page.locator(".band")).to_have_count(0)
    at = services.clock()
    services.more["emergencies"].start(
        at, Start(new_id(at), EmergencyAction.LOCKDOWN, "site", drill=False), who(services)
    )
    expect(page.locator(".band-title")).to_contain_text("LOCKDOWN, whole school")
    expect(page.locator(".window-frame[data-look=lockdown]")).to_be_attached()
