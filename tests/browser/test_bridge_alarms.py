"""Missing events and a wrong clock in the strip, on the bridge's page and in the list; what a stale screen offers."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from access_control.core.wire.spelling import write_time
from access_control.people.permissions import Role
from access_control.readers.events import take_events
from access_control.readers.models import Bridge
from access_control.readers.policy_age import CONFIRMED
from access_control.readers.records import EventGap
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.conftest import Served
from tests.building.bridge_words import speak
from tests.building.browser import PATIENCE_MS, Chrome, Theme, complaints, looks, violations
from tests.building.said import STREAM, raw_event
from tests.building.tiny_school import BRIDGE

expect.set_options(timeout=PATIENCE_MS)
PATH = f"/bridges/{BRIDGE}"
SLOW = "Front bridge's clock is 7 s slow"
LOST = "Front bridge: events 1,204 to 1,209 are missing"


WIRES = [
    {"point": "board 1.0", "use": "contact of door 1", "rests_closed": True, "state": "closed", "since_s": 4000.0},
    {"point": "board 1.1", "use": "exit of door 1", "rests_closed": False, "state": "open", "since_s": 61.0},
    {"point": "board 1.2", "use": "latch of door 1", "rests_closed": True, "state": "cut", "since_s": 5.0},
    {"point": "board 1.3", "use": "fire of door 1, fire of door 2, Fire panel", "state": "open", "since_s": 5.0},
    {"point": "board 1.7", "use": "", "state": "unknown", "since_s": None},
]
DISK = {"trouble": True, "read_only": True, "waiting": 12}


def trouble(app: Flask, clock_ahead_s: float = -7.2, **more: Any) -> None:
    """The bridge is heard with a slow clock, and events 1,204 to 1,209 are missing for certain."""
    services: Services = app.extensions[EXTENSION]
    at = services.clock()
    with services.database.writing() as session:
        speak(session, at)
        bridge = session.get_one(Bridge, BRIDGE)
        bridge.status = {**(bridge.status or {}), "clock_ahead_s": clock_ahead_s, "clock_trusted": False}
        bridge.status = {**bridge.status, **more}
        bridge.in_force = {"stream": STREAM, "clock_wrong": abs(clock_ahead_s) > 2, "acknowledged": 0}
        raw = [raw_event(BRIDGE, n, "DOOR_CLOSED", at - timedelta(seconds=1300 - n), door=1) for n in (1203, 1210)]
        take_events(session, at, BRIDGE, STREAM, 1, raw)
        session.execute(delete(EventGap).where(EventGap.from_seq == 1))
        for gap in session.scalars(select(EventGap)):
            gap.confirmed_at = gap.confirmed_at or at
        services.database.changes.tell(session, "live", '{"what":"status"}')


def keep(page: Page, name: str) -> None:
    """A picture for a person to look at, where one is wanted."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@looks
def test_all_of_it_can_be_read_everywhere(chrome: Chrome, served: Served, app: Flask, theme: Theme, size: str) -> None:
    page = chrome.page(theme=theme, size=size)
    for name, path in (("live", "/"), ("list", "/bridges"), ("bridge", PATH)):
        trouble(app, wires=WIRES, outbox=DISK)
        served.sign_in(page, Role.ADMINISTRATOR, path)
        expect(page.locator("main")).to_contain_text("Front bridge")
        keep(page, f"{name}-{size}-{theme}")
        assert violations(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    assert complaints(page) == []


def ageing(app: Flask, days: int) -> None:
    """For so many days nobody has told the bridge that its rules still hold."""
    services: Services = app.extensions[EXTENSION]
    at = services.clock()
    with services.database.writing() as session:
        speak(session, at)
        bridge = session.get_one(Bridge, BRIDGE)
        limits = {"exterior": 30, "interior": 60, "room": 90}
        age = {"policy_age_s": days * 86_400.0, "limits": limits, "steps": dict.fromkeys(limits, 0)}
        bridge.status = {**(bridge.status or {}), "policy_age": age}
        bridge.in_force = {**bridge.in_force, CONFIRMED: write_time(at - timedelta(days=days))}
        services.database.changes.tell(session, "live", '{"what":"status"}')


@looks
def test_old_rules_and_what_a_school_allows_can_be_read_everywhere(
    chrome: Chrome, served: Served, app: Flask, theme: Theme, size: str
) -> None:
    page = chrome.page(theme=theme, size=size)
    pages = (
        ("live", "/", "Front bridge's rules are not confirmed for 31 days"),
        ("bridge", PATH, "In 29 days that stops what has hours at inside doors."),
        ("settings", "/settings", "How long a bridge goes on by hours"),
        ("board", "/boards/new", "It is an OSDP module"),
    )
    for name, path, said in pages:
        ageing(app, 31)
        served.sign_in(page, Role.ADMINISTRATOR, path)
        expect(page.locator("body")).to_contain_text(said)
        keep(page, f"old-{name}-{size}-{theme}")
        assert violations(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    assert complaints(page) == []


def test_the_strip_names_it_and_lets_it_be_seen_and_it_goes_by_itself(
    chrome: Chrome, served: Served, app: Flask
) -> None:
    trouble(app)
    page = served.sign_in(chrome.page(), Role.ADMINISTRATOR)
    strip = page.locator("#strip")
    expect(strip).to_contain_text(LOST)
    expect(strip).to_contain_text(SLOW)
    expect(strip).to_contain_text("Set it, or let it follow a time server")
    strip.get_by_role("button", name="I see it").first.click()
    expect(page.locator(".alarm-row.seen")).to_contain_text(LOST)
    trouble(app, 0.2)
    expect(strip).not_to_contain_text(SLOW)
    expect(strip).to_contain_text(LOST)
    assert complaints(page) == []


def test_a_gap_is_closed_on_the_bridges_page(chrome: Chrome, served: Served, app: Flask) -> None:
    trouble(app)
    page = served.sign_in(chrome.page(), Role.ADMINISTRATOR, PATH)
    expect(page.locator("#gaps-panel")).to_have_text("Missing events")
    page.get_by_role("button", name="Close this gap").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stay on record as missing")
    keep(page, "dialog")
    dialog.get_by_role("button", name="Close events 1,204 to 1,209").click()
    expect(page.locator(".done")).to_contain_text("Events 1,204 to 1,209: closed.")
    expect(page.locator(".rows li").first).to_contain_text("Closed by A. Rivera")
    keep(page, "closed")
    page.goto(served.url + "/")
    trouble(app)
    expect(page.locator("#strip")).to_contain_text(SLOW)
    expect(page.locator("#strip")).not_to_contain_text(LOST)


@looks
def test_a_screen_that_hears_nothing_says_that_it_may_not_reach_the_doors(
    chrome: Chrome, served: Served, app: Flask, theme: Theme, size: str
) -> None:
    trouble(app, 0)
    page = served.sign_in(chrome.page(theme=theme, size=size), Role.ADMINISTRATOR, "/doors/1")
    button = page.get_by_role("button", name="Release for")
    block = page.locator(".respond-stale:visible")
    expect(button).to_be_visible()
    expect(block).to_have_count(0)
    page.context.set_offline(True)
    page.route("**/live/**", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(block).to_have_text("This screen may not reach the doors: use a wall button.")
    expect(button).to_be_hidden()
    expect(page.locator(".when-stale")).to_contain_text("This screen may not reach door 1.")
    expect(page.locator(".lockdown:visible")).to_be_visible()
    keep(page, f"stale-door-{size}-{theme}")
