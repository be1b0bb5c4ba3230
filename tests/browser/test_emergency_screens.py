"""The emergency screens in a browser: nothing for axe to find, and what stands on them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from access_control.clock import utc_now
from access_control.core.decision.model import DoorClass, EmergencyAction
from access_control.database.ids import new_id
from access_control.emergency.starting import Start
from access_control.emergency.walking import say_going
from access_control.people.actors import actor_of
from access_control.people.permissions import Actor, Role
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.records import DirectiveRow, EventRow
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.conftest import Served
from tests.building.browser import Chrome, Theme, complaints, looks, violations
from tests.building.emergencies import enrol, status
from tests.building.tiny_school import BRIDGE, OPERATORS

GYM_BRIDGE = "01935c00-0000-7000-8000-0000000000b2"
MORE = (
    ("1V", "Vestibule"), ("1W", "Office"), ("3", "North west"), ("4", "Gym north"), ("5", "Gym east"),
    ("6", "Playground"), ("7", "Kitchen"), ("9", "Cafeteria south"), ("10", "Staff"), ("102", "Room 102"),
    ("103", "Room 103"), ("104", "Room 104"), ("105", "Room 105"), ("106", "Room 106"), ("107", "Room 107"),
    ("108", "Room 108"), ("109", "Room 109"), ("LIB", "Library"), ("GYM", "Gym inner"), ("NUR", "Nurse"),
)  # fmt: skip
SILENT = (7, 8)  # doors 4 and 5 are the gym bridge's


def shoot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them."""
    folder = os.environ.get("SCREENS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def who(services: Services, role: Role = Role.ADMINISTRATOR) -> Actor:
    with services.database.reading() as session:
        found = actor_of(session, OPERATORS[role][0], services.clock())
    assert found is not None
    return found


@pytest.fixture
def lockdown(app: Flask) -> Callable[..., str]:
    """Start an emergency 48 s ago, with answers of the bridges as in the pictures; its id."""
    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        session.add(
            Bridge(id=GYM_BRIDGE, building_id=2, name="Gym bridge", state=BridgeState.CONFIRMED, created_at=utc_now())
        )
        session.flush()
        enrol(session, services.keys)
        for place, (number, name) in enumerate(MORE, 5):
            bridge = GYM_BRIDGE if number in {"4", "5"} else BRIDGE
            class_ = DoorClass.EXTERIOR if number.isdecimal() and int(number) < 20 else DoorClass.ROOM
            output = f"board 1.{place}"
            session.add(
                Door(building_id=1, bridge_id=bridge, number=number, name=name, door_class=class_, lock_output=output)
            )
    emergencies = services.more["emergencies"]
    emergencies.refresh()

    def start(action: EmergencyAction = EmergencyAction.LOCKDOWN, *, drill: bool = False, scope: str = "site") -> str:
        at = services.clock() - timedelta(seconds=48)
        started = emergencies.start(at, Start(new_id(at), action, scope, drill), who(services))
        id_: str = started.directive.id
        answer(services, id_)
        emergencies.refresh()
        return id_

    return start


def answer(services: Services, id_: str) -> None:
    """What the bridges say: doors 8 and 9 are not secure, the gym bridge is silent, all others are."""
    now = services.clock()
    with services.database.writing() as session:
        doors = {door.id: door for door in session.query(Door)}
        judged = {door: "secured" for door, row in doors.items() if row.bridge_id == BRIDGE}
        number = {row.number: door for door, row in doors.items()}
        judged |= {number["8"]: "not_secure", number["9"]: "not_secure"}
        latch = {number["9"]: "The door is shut but its latch is not thrown. Pull it shut."}
        front = session.get_one(Bridge, BRIDGE)
        front.status, front.status_at = status(id_, judged, open_doors=[number["8"]], why=latch), now
        gym = session.get_one(Bridge, GYM_BRIDGE)
        gym.status = status("another", {number["4"]: "secured", number["5"]: "secured"})
        gym.status_at = now - timedelta(seconds=61)
        started = session.get_one(DirectiveRow, id_).started_at
        for place, door in enumerate(door for door, word in judged.items() if word == "secured"):
            at = started + timedelta(milliseconds=137 + place * 24)
            session.add(
                EventRow(
                    bridge_id=BRIDGE,
                    stream=id_,
                    seq=place + 1,
                    id=new_id(at),
                    at=at,
                    received_at=at,
                    code="DOOR_SECURED",
                    severity="info",
                    door_id=door,
                    drill=False,
                    flagged=False,
                    detail={"directive": id_, "ms": 100},
                )
            )
        school = services.more["emergencies"].school()
        dock = number["8"]
        if dock in session.get_one(DirectiveRow, id_).doors:
            say_going(session, now - timedelta(seconds=31), school, directive=id_, door=dock, by=who(services))


@looks
def test_the_incident_screen(
    served: Served, chrome: Chrome, lockdown: Callable[..., str], theme: Theme, size: str
) -> None:
    id_ = lockdown()
    page = served.sign_in(chrome.page(theme=theme, size=size), path=f"/emergency/{id_}")
    expect(page).to_have_title("LOCKDOWN, whole school · Maple Hollow")
    expect(page.get_by_role("heading", name="Walk to these 4 doors")).to_be_visible()
    expect(page.locator(".count[data-result=secured]")).to_contain_text("20")
    expect(page.locator("[data-key=walk-4]")).to_contain_text("A. Rivera is going")
    expect(page.locator("[data-key=said]")).to_contain_text("NOT confirmed by Gym bridge.")
    shoot(page, f"lockdown_{size}_{theme}")
    assert violations(page) == []
    if size == "desktop":
        page.set_viewport_size({"width": 1280, "height": 800})
        shoot(page, f"lockdown_1280_{theme}")
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing scrolls sideways"
    assert complaints(page) == []


@looks
def test_a_drill(served: Served, chrome: Chrome, lockdown: Callable[..., str], theme: Theme, size: str) -> None:
    id_ = lockdown(drill=True)
    page = served.sign_in(chrome.page(theme=theme, size=size), path=f"/emergency/{id_}")
    expect(page).to_have_title("DRILL. Lockdown drill, whole school · Maple Hollow")
    expect(page.locator(".window-frame[data-look=drill]")).to_be_attached()
    expect(page.get_by_role("button", name="Real lockdown")).to_be_visible()
    shoot(page, f"drill_{size}_{theme}")
    assert violations(page) == []
    assert complaints(page) == []


@looks
def test_the_sheet(served: Served, chrome: Chrome, theme: Theme, size: str) -> None:
    page = served.sign_in(chrome.page(theme=theme, size=size), path="/emergency/new?action=secure")
    expect(page.get_by_role("radio", name="Real")).not_to_be_checked()
    expect(page.get_by_role("radio", name="Drill")).not_to_be_checked()
    shoot(page, f"new_{size}_{theme}")
    assert violations(page) == []


@looks
def test_another_page(served: Served, chrome: Chrome, lockdown: Callable[..., str], theme: Theme, size: str) -> None:
    lockdown(EmergencyAction.SECURE)
    lockdown(scope="building:2")
    lockdown(EmergencyAction.HOLD, scope="building:1")
    page = served.sign_in(chrome.page(theme=theme, size=size), path="/emergency/new?action=secure")
    bands = page.locator(".band")
    expect(bands).to_have_count(2)
    expect(bands.first).to_contain_text("LOCKDOWN")
    expect(page.get_by_text("and 1 more")).to_be_visible()
    shoot(page, f"bands_{size}_{theme}")
    assert violations(page) == []
