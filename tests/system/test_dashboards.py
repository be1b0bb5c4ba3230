"""A wall of open dashboards: every thread for them is taken, and nothing else waits for one."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.core.decision.model import DoorClass
from access_control.database.ids import new_id
from access_control.readers.enrolment import fingerprint
from access_control.readers.models import Board, Bridge, Building, Door
from access_control.web.budget import LEAST_FOR_REQUESTS, SPARE_BRIDGES
from tests.building.console_session import TIMEOUT_S, ConsoleSession
from tests.building.databases import new_sqlite
from tests.building.processes import until
from tests.building.service_process import BridgeProcess, ServiceProcess

DASHBOARDS = 64


@pytest.fixture
def service(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceProcess]:
    """A service with threads for 64 dashboards and not one more."""
    monkeypatch.setenv("AC_THREADS", str(DASHBOARDS + LEAST_FOR_REQUESTS + SPARE_BRIDGES))
    made = ServiceProcess(place / "service", new_sqlite(place))
    with ExitStack() as stack:
        stack.callback(made.kill)
        made.start()
        yield made


@pytest.fixture
def bridge(place: Path, service: ServiceProcess, office: ConsoleSession) -> Iterator[BridgeProcess]:
    """A bridge that was confirmed in the console and has its stream open and its one door in its Policy."""
    made = BridgeProcess(place / "bridge")
    with ExitStack() as stack:
        stack.callback(made.kill)
        code = service.code("North")
        give_it_a_door(service)
        done = made.enroll(code, service.address)
        assert done.returncode == 0, done.stderr
        confirm(service, office)
        made.start()
        until(lambda: (now := made.status())["doors"] and now["service"]["stream"], "its door and its stream are there")
        yield made


@pytest.fixture
def office(service: ServiceProcess) -> ConsoleSession:
    """An administrator."""
    said = service.command("operator", "add", "office", "--name", "Olive Office", "--random-password")
    found = re.search(r"The password is (\S+) ", said)
    assert found is not None, said
    return ConsoleSession(service.address, "office", found[1])


def give_it_a_door(service: ServiceProcess) -> None:
    with closing(service.opened()) as database, database.writing() as session:
        bridge, building = session.scalars(select(Bridge.id)).one(), session.scalars(select(Building.id)).first()
        session.add(Board(id=1, bridge_id=bridge, name="Board", port="R", address=1, outputs=8, inputs=8))
        session.flush()
        fixed = {"building_id": building, "bridge_id": bridge, "door_class": DoorClass.ROOM, "lock_output": "board 1.0"}
        session.add(Door(id=1, number="101", name="Room 101", **fixed))


def confirm(service: ServiceProcess, office: ConsoleSession) -> None:
    with closing(service.opened()) as database, database.reading() as session:
        bridge = session.scalars(select(Bridge)).one()
    with closing(office.line()) as line:
        shown = fingerprint(bridge.public_key or b"")
        assert office.post(line, f"/bridges/{bridge.id}/confirm", fingerprint=shown).status == 303


class Dashboard:
    """A page of Live whose stream is open, or was refused."""

    def __init__(self, who: ConsoleSession) -> None:
        self.line = who.line()
        self.line.request("GET", "/live/stream", headers={"Cookie": who.cookie, "Accept": "text/event-stream"})
        self.response: http.client.HTTPResponse = self.line.getresponse()

    @property
    def streams(self) -> bool:
        return self.response.status == 200

    def hears(self, word: str) -> bool:
        """Read on until a message has a word in it."""
        return any(word.encode() in line for line in iter(self.response.readline, b""))

    def close(self) -> None:
        self.response.close()
        self.line.close()


def opened(stack: ExitStack, who: ConsoleSession) -> Dashboard:
    made = Dashboard(who)
    stack.callback(made.close)
    return made


def fill(stack: ExitStack, who: ConsoleSession) -> list[Dashboard]:
    """Open dashboards until all of them stream; one that finds no thread yet tries again."""
    made: list[Dashboard] = []

    def another() -> bool:
        one = Dashboard(who)
        if not one.streams:
            one.close()
            return False
        stack.callback(one.close)
        made.append(one)
        return True

    for number in range(DASHBOARDS):
        until(another, f"dashboard {number + 1} gets its stream", TIMEOUT_S)
    return made


def test_a_wall_of_dashboards_keeps_nobody_waiting(
    service: ServiceProcess, bridge: BridgeProcess, office: ConsoleSession
) -> None:
    with ExitStack() as stack:
        dashboards = [opened(stack, office) for _ in range(DASHBOARDS)]
        assert all(one.streams for one in dashboards)
        assert all(one.hears('"doors"') for one in dashboards)

        one_more = opened(stack, office)
        assert one_more.response.status == 503
        assert b'"poll"' in one_more.response.read()

        with closing(office.line()) as line:
            assert office.get(line, "/health").status == 200
            assert b"Room 101" in office.get(line, "/").body
            assert office.get(line, "/live/state.json").json()["state"]["doors"], "what it polls instead"
            assert office.post(line, "/me/settings", theme="dark").status == 303

            wanted = {"id": new_id(utc_now()), "action": "lockdown", "scope": "site", "drill": False}
            started = office.post_json(line, "/emergency/start", wanted)
            assert started.status == 201, started.body
            assert len(started.json()["bridges"]) == 1, "it is pushed, though the bridge was confirmed a moment ago"
        until(lambda: holds(bridge, wanted["id"]), "the bridge has the lockdown")
        assert all(one.hears(str(wanted["id"])) for one in dashboards), "and every screen says so"
    # All have left: their threads serve others.
    with ExitStack() as stack:
        assert all(one.hears('"doors"') for one in fill(stack, office))
    assert service.popen is not None
    assert service.popen.poll() is None


def holds(bridge: BridgeProcess, directive: object) -> bool:
    return any(one["directive"] == directive for one in bridge.status()["emergencies"])
