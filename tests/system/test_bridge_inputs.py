"""Inputs of a whole bridge over real lines: loops that are closed at rest, cut cables, panic buttons."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access_control.core.decision.building import Timetable
from access_control.core.decision.model import AlarmInput, Board, EmergencyAction, InputKind, InputNormal
from access_control.core.wire.directives import decode_directive
from access_control.core.wire.policy_draft import PolicyDraft
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.simulator.config import BoardConfig, BuildingConfig
from tests.building.killing import is_locked, present
from tests.building.processes import Site, finished, until
from tests.building.signed import BEN, BOARDS_LINE, FRONT, OFFICE_DOOR, Installation, School, point
from tests.firmware_bridge.uplink.conftest import Script, told
from tests.firmware_bridge.uplink.wicked import wicked

LATCH, BUTTON, LOOPED_BUTTON, MAINS = 3, 5, 6, 7


def building(installation: Installation) -> BuildingConfig:
    """The front door's contact and latch monitor are loops that are closed at rest; the board has eight inputs."""
    plain = installation.building()
    front = replace(plain.doors[0], latch=point(LATCH), rests_closed=("contact", "latch"))
    return replace(plain, boards=(BoardConfig(1, BOARDS_LINE, 1, 4, 8),), doors=(front, *plain.doors[1:]))


def draft(school: School) -> PolicyDraft:
    """What an installer declares of it; the office corridor stands open all day."""
    plain = school.draft(1)
    front, office, room = plain.doors
    front = replace(front, latch=point(LATCH), rests_closed=frozenset({point(0), point(LATCH)}))
    office = replace(office, scheduled_unlock=Timetable(always=True))
    closed, panic = InputNormal.NORMALLY_CLOSED, InputKind.PANIC
    lockdown = EmergencyAction.LOCKDOWN
    return replace(
        plain,
        doors=[front, office, room],
        boards=[Board(1, "Board", BOARDS_LINE, 1, 4, 8)],
        inputs=[
            AlarmInput(1, "Office button", panic, point(BUTTON), action=lockdown, scope="site"),
            AlarmInput(2, "Desk button", panic, point(LOOPED_BUTTON), closed, lockdown, "site"),
            AlarmInput(3, "Supply", InputKind.MAINS_FAIL, point(MAINS), closed),
        ],
    )


@contextmanager
def running(place: Path, service: str = "") -> Iterator[Site]:
    """Building, bridge and documents; nothing is pressed, and every cable is whole."""
    installation = Installation(place)
    installation.install()
    if service:
        with installation.settings.open("a", encoding="utf-8") as settings:
            settings.write(f'\n[service]\nurl = "{service}"\n')
    with Site(installation, building(installation)) as site:
        for looped in (LOOPED_BUTTON, MAINS):
            move(site, looped, closed=True)
        site.start_bridge()
        school = School()
        site.apply(school.keys(), school.policy(draft=draft(school)), school.orders())
        until(lambda: is_ready(site), "readers are secure, the front door is secured and the office door unlocked")
        yield site


def is_ready(site: Site) -> bool:
    status = site.status()
    doors = {door["door"]: door for door in status["doors"]}
    links = {reader["link"] for reader in status["readers"]}
    quiet = {one["state"] for one in status["inputs"]} == {"normal"}
    return links == {"secure"} and doors[FRONT]["security"] == "secured" and quiet and not is_locked(site, OFFICE_DOOR)


def move(site: Site, index: int, *, closed: bool) -> None:
    site.remote.ask("input", point=str(point(index)), active=closed)


def door(site: Site, number: int) -> dict[str, Any]:
    return next(one for one in site.status()["doors"] if one["door"] == number)


def wire(site: Site, index: int) -> tuple[str, bool]:
    found = next(one for one in site.status()["wires"] if one["point"] == str(point(index)))
    return found["state"], found["rests_closed"]


def printed(site: Site, *words: str) -> str:
    done = finished([*words, "--config", str(site.installation.settings)], cwd=site.installation.place)
    return " ".join(done.stdout.split())


def test_a_cut_cable_of_a_loop_that_rests_closed_is_an_open_door(place: Path) -> None:
    with running(place) as site:
        assert (wire(site, 0), wire(site, LATCH), wire(site, 1)) == (
            ("closed", True),
            ("closed", True),
            ("open", False),
        )
        site.remote.ask("cut", point=str(point(0)))
        until(lambda: door(site, FRONT)["position"] == "open", "the door counts as open")
        until(lambda: door(site, FRONT)["alarm"] == "forced", "and as forced")
        assert door(site, FRONT)["security"] == "not_secure"
        assert wire(site, 0) == ("open", True)
        assert "board 1.0 contact of door E1 closed (nc) open" in printed(site, "status")
        sheets = printed(site, "wiring", "--all")
        assert "at rest closed (nc); measured: open" in sheets
        assert "mains fail Supply; board 1.7; at rest at rest closed (nc); measured: closed" in sheets
        assert "Office button panic board 1.5 open open at rest" in printed(site, "wiring")
        site.remote.ask("cut", point=str(point(0)), cut=False)
        until(lambda: door(site, FRONT)["position"] == "closed", "the cable is mended")

        site.remote.ask("cut", point=str(point(LATCH)))
        until(lambda: "LATCH_FAULT" in site.codes(), "a cut cable of the latch monitor is a latch that is not thrown")
        assert door(site, FRONT)["security"] == "not_secure"


@pytest.mark.parametrize(("button", "name"), [(BUTTON, "Office button"), (LOOPED_BUTTON, "Desk button")])
def test_a_panic_button_locks_the_doors_survives_a_kill_and_is_told_to_the_service(
    place: Path, button: int, name: str
) -> None:
    script = Script()
    script.instead["directives"] = lambda _: told({"taken": 1, "refused": []})
    with wicked(script.serve) as server, running(place, server.service.url) as site:
        move(site, button, closed=button == BUTTON)
        until(lambda: site.status()["emergencies"], "the emergency stands")
        until(lambda: is_locked(site, OFFICE_DOOR), "the door that stood open is locked")
        until(lambda: site.status()["emergencies"][0]["secured"] == [1, 2, 3], "every door proves it")
        (standing,) = site.status()["emergencies"]
        assert (standing["action"], standing["drill"]) == ("lockdown", False)
        until(lambda: "PANIC_ACTIVATED" in {event["code"] for event in script.taken}, "the service has the event")
        assert next(e for e in script.taken if e["code"] == "PANIC_ACTIVATED")["detail"]["name"] == name
        until(lambda: standing["directive"] in raised(script), "the service has the lockdown itself")

        move(site, button, closed=button != BUTTON)
        until(lambda: "PANIC_RESTORED" in site.codes(), "the button is let go, and that ends nothing")
        site.kill_bridge()
        site.start_bridge()
        (again,) = site.status()["emergencies"]
        assert (again["directive"], again["restored"]) == (standing["directive"], True)
        assert is_locked(site, OFFICE_DOOR)
        until(lambda: {reader["link"] for reader in site.status()["readers"]} == {"secure"}, "readers are there again")
        present(site, OFFICE_DOOR, BEN)
        until(lambda: "DENIED_LOCKDOWN" in site.codes(), "a student is refused")
        assert site.codes().count("SRP_LOCKDOWN_START") == 1


def raised(script: Script) -> set[str]:
    """The directives that the bridge told its service of, by their ids."""
    with script.lock:
        bodies = [json.loads(body) for path, body in script.asked if path == "directives"]
    sealed = [b64decode(text) for body in bodies for text in body["directives"]]
    return {decode_directive(reread(one, kind=Kind.DIRECTIVE)).id for one in sealed}
