"""The programs of the school of 64 doors, and one lockdown of it after another."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update

from access_control.clock import monotonic_s, utc_now
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.events import start_of
from access_control.database.errors import DatabaseBusyError
from access_control.database.ids import new_id
from access_control.demo.children import Child
from access_control.demo.here import reserve_port
from access_control.demo.http import Browser
from access_control.demo.programs import commands
from access_control.demo.sockets import answers
from access_control.emergency.models import PendingRelease
from access_control.readers.enrolment import confirm_bridge, fingerprint
from access_control.readers.models import Bridge
from access_control.readers.records import EventRow
from bench._lockdown_school import DOORS, LOGIN, BenchSchool, Wing, bench_school
from firmware_bridge.local.client import LocalClient
from firmware_bridge.simulator.relay_log import read_relay_log

PORT: Final = 18_064
LOOK_S: Final = 0.05
START_S: Final = 180.0
ROUND_S: Final = 60.0
_CONFIRMED: Final = re.compile(r'class="cell-word" data-result="secured">(\d+) ms')
WHY: Final = "The round of the measurement is over"
_pause = threading.Event()


@dataclass(frozen=True, slots=True)
class Round:
    """When what happened, in seconds after the request was sent.

    Attributes:
        answered: The request was answered.
        heard: The last bridge had the directive in force.
        relay: The last lock that was open let go of its relay, as the buildings say.
        proved: The last door was proved secure at its bridge.
        confirmed: The proof of the last door had arrived at the service; the milliseconds of the board end there.
        shown: Whoever looks at the board 50 ms after its last answer was shown all doors, each with its milliseconds.
    """

    answered: float
    heard: float
    relay: float
    proved: float
    confirmed: float
    shown: float


@dataclass(frozen=True, slots=True)
class Running:
    """The school with all its programs."""

    school: BenchSchool
    console: Browser
    clients: tuple[LocalClient, ...] = field(repr=False)

    def wait_until_ready(self) -> None:
        """Until nothing is in force, every second door is unlocked, and every lock has proved itself."""
        _until(lambda: all(_ready(wing, client) for wing, client in self._pairs()), "the doors are as before", ROUND_S)

    def once(self) -> Round:
        """A real lockdown of the site, from the request that the button sends; it is in force afterwards."""
        wanted = {"id": new_id(utc_now()), "action": "lockdown", "scope": "site", "drill": False}
        sent_at, sent_s = utc_now(), monotonic_s()
        page = self.console.post_json("/emergency/start", wanted)
        answered = monotonic_s() - sent_s
        if page.status not in {201, 202}:
            raise RuntimeError(f"The lockdown was answered with {page.status}: {page.text()[:300]}")
        directive = str(wanted["id"])
        shown = _until(lambda: self._shown(directive) == DOORS, "all doors are confirmed", ROUND_S) - sent_s
        heard, proved, confirmed = self._told(directive, sent_at)
        return Round(answered, heard, self._relays(sent_s) - sent_s, proved, confirmed, shown)

    def release(self, directive: str) -> None:
        """As an administrator does it; only the ten seconds to think better of it are cut short, in the database."""
        self.console.get(f"/emergency/{directive}")
        form = {"id": new_id(utc_now()), "directive": directive, "part": "all", "why": WHY}
        page = self.console.post("/emergency/release", **form, password=self.school.password)
        if page.status != 200:
            raise RuntimeError(f"The release was answered with {page.status}: {page.text()[:300]}")
        _until(lambda: self._hurry(str(form["id"])), "the release is hurried", ROUND_S)

    def _hurry(self, pending: str) -> bool:
        """Have a release due now, beside a service that writes all the time just then: SQLite lets nobody queue."""
        try:
            with self.school.database.writing() as session:
                due = update(PendingRelease).where(PendingRelease.id == pending).values(due_at=utc_now())
                session.execute(due)
        except DatabaseBusyError:
            return False
        return True

    def directive(self) -> str:
        """The one in force at the first bridge."""
        found: list[dict[str, Any]] = self.clients[0].status()["emergencies"]
        return str(found[0]["directive"])

    def _pairs(self) -> Iterator[tuple[Wing, LocalClient]]:
        return zip(self.school.wings, self.clients, strict=True)

    def _shown(self, directive: str) -> int:
        """How many doors the board shows as confirmed secure, each with its milliseconds."""
        return len(_CONFIRMED.findall(self.console.get(f"/emergency/{directive}/now").body))

    def _told(self, directive: str, sent_at: datetime) -> tuple[float, float, float]:
        """From the events: when the last bridge had it in force, the last proof was made, and it had arrived."""
        start = start_of(EmergencyAction.LOCKDOWN).value
        wanted = EventRow.code.in_([start, EventCode.DOOR_SECURED.value])
        with self.school.database.reading() as session:
            query = (
                select(EventRow).where(wanted, EventRow.received_at >= sent_at).order_by(EventRow.received_at.desc())
            )
            mine = [row for row in session.scalars(query) if row.detail.get("directive") == directive]
            starts = [row.at for row in mine if row.code == start]
            # The first proof of each door: one that loses its link in between proves itself again.
            first = {row.door_id: row for row in mine if row.code == EventCode.DOOR_SECURED.value}
            if len(starts) != len(self.clients) or len(first) != DOORS:
                raise RuntimeError(f"{len(starts)} bridges and {len(first)} doors told of the lockdown.")
            times = max(starts), max(row.at for row in first.values()), max(row.received_at for row in first.values())
        heard, proved, confirmed = ((at - sent_at).total_seconds() for at in times)
        return heard, proved, confirmed

    def _relays(self, sent_s: float) -> float:
        """When the last open lock let go, by the buildings' own record, in which every lock must be at rest now."""
        last_s = sent_s
        for wing in self.school.wings:
            state: dict[object, bool] = {}
            moved = set()
            for line in read_relay_log(wing.relay_log):
                if line["what"] != "output":
                    continue
                state[line["door"]] = bool(line["on"])
                at_s = float(str(line["mono_s"]))
                if at_s >= sent_s and not line["on"]:
                    moved.add(line["door"])
                    last_s = max(last_s, at_s)
            expected = {wiring.door for wiring in wing.doors if wiring.open_before}
            if any(state.values()) or moved != expected:
                raise RuntimeError(f"The relays of wing {wing.number} say otherwise: {moved} of {expected} let go.")
        return last_s


@contextmanager
def running_school(folder: Path) -> Iterator[Running]:
    """Start everything as it is in a school: enrolled over the API, confirmed by a person, doors proved."""
    with ExitStack() as ending:
        port = reserve_port(PORT, ending)
        school = ending.enter_context(bench_school(folder, utc_now(), port))
        url = f"http://127.0.0.1:{port}"
        service = Child("service", "access_control", ["serve", "--config", str(school.service_toml)], folder / "log")
        simulators = [
            Child(
                f"simulator {wing.number}", "firmware_bridge", ["simulate", str(wing.building)], wing.folder / "s.log"
            )
            for wing in school.wings
        ]
        bridges = [
            Child(
                f"bridge {wing.number}",
                "firmware_bridge",
                ["run", "--config", str(wing.bridge_toml)],
                wing.folder / "log",
            )
            for wing in school.wings
        ]
        for child in (service, *simulators):
            _begin(ending, child)
        console = Browser(url)
        _until(lambda: _answers(console), "the service answers", START_S)
        lines = [
            ["enroll", code, "--config", str(wing.bridge_toml)]
            for wing, code in zip(school.wings, school.codes, strict=True)
        ]
        commands(lines)
        with school.database.writing() as session:
            for bridge in session.scalars(select(Bridge)).all():
                shown = fingerprint(bridge.public_key or b"")
                confirm_bridge(session, school.keys, utc_now(), bridge_id=bridge.id, compared=shown, by="cli")
        for child, wing in zip(bridges, school.wings, strict=True):
            _begin(ending, child)
            _until(partial(answers, wing.bridge_socket), "the bridge answers", START_S)
        console.get("/sign-in")
        console.post("/sign-in", login=LOGIN, password=school.password)
        console.get("/")
        clients = tuple(ending.enter_context(LocalClient(wing.bridge_socket)) for wing in school.wings)
        yield Running(school, console, clients)


def _begin(ending: ExitStack, child: Child) -> None:
    child.start()
    ending.callback(child.stop)


def _answers(console: Browser) -> bool:
    try:
        return console.get("/health").status == 200
    except Exception:  # noqa: BLE001 - not there yet, in whatever way
        return False


def _ready(wing: Wing, client: LocalClient) -> bool:
    status = client.status()
    doors = {door["door"]: door for door in status["doors"]}
    return not status["emergencies"] and all(
        (door := doors.get(wiring.door)) is not None
        and door["proved"]
        and door["command"] == ("unlock" if wiring.open_before else "lock")
        for wiring in wing.doors
    )


def _until(true: Callable[[], bool], what: str, within_s: float) -> float:
    """Wait until it is; the monotonic second at which it was found so."""
    began_s = monotonic_s()
    while monotonic_s() - began_s < within_s:
        if true():
            return monotonic_s()
        _pause.wait(LOOK_S)
    raise RuntimeError(f"waited {within_s} s in vain until {what}")
