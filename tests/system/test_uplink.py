"""Service and bridge as processes that speak over TLS: enrolment, the right key and a thief's, events exactly once."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.readers.models import Bridge
from tests.building.databases import new_sqlite
from tests.building.processes import NotInTimeError, finished, until
from tests.building.service_process import BridgeProcess, ServiceProcess
from tests.firmware_bridge.uplink.wicked import Visit, certificate, wicked

ROUNDS = 10 if os.environ.get("LONG") else 3


@pytest.fixture
def service(place: Path, any_url: str) -> Iterator[ServiceProcess]:
    """A running service on each kind of database."""
    made = ServiceProcess(place / "service", any_url)
    with ExitStack() as stack:
        stack.callback(made.kill)
        made.start()
        yield made


@pytest.fixture
def bridge(place: Path) -> Iterator[BridgeProcess]:
    """A machine that is to become a bridge."""
    made = BridgeProcess(place / "bridge")
    with ExitStack() as stack:
        stack.callback(made.kill)
        yield made


def joined(service: ServiceProcess, bridge: BridgeProcess) -> None:
    """Enrol, confirm and start; wait until its documents are in force."""
    done = bridge.enroll(service.code("North"), service.address)
    assert done.returncode == 0, done.stderr
    service.confirm("North")
    bridge.start()
    until(lambda: bridge.status()["policy"], "the Policy is in force")


def all_there(service: ServiceProcess, bridge: BridgeProcess) -> None:
    """Every event of the bridge is at the service, once, with nothing else."""
    try:
        until(lambda: [place[:2] for place in service.events()] == bridge.outbox(), "just these events arrive")
    except NotInTimeError as error:
        here, there = {place[:2] for place in service.events()}, set(bridge.outbox())
        error.add_note(f"missing {sorted(there - here)[:9]}, extra {sorted(here - there)[:9]}, {bridge.status()}")
        error.add_note((service.place / "log").read_text(encoding="utf-8")[-4000:])
        raise
    found = service.events()
    assert len({event for *_, event in found}) == len(found)


def test_a_bridge_is_enrolled_confirmed_and_fed(service: ServiceProcess, bridge: BridgeProcess) -> None:
    code = service.code("North")
    done = finished(["enroll", "--url", service.address], cwd=bridge.place, typed=f"{code}\n")
    assert done.returncode == 0, done.stderr
    assert "enrolled as “North”" in done.stdout
    (fingerprint,) = (line.split(": ")[1] for line in done.stdout.splitlines() if "fingerprint:" in line)
    assert fingerprint in service.command("bridge", "list")
    bridge.start()
    until(lambda: "Nobody has confirmed" in bridge.status()["service"]["trouble"], "it is told to wait")
    assert bridge.status()["policy"] is None
    service.confirm("North")
    until(lambda: bridge.status()["policy"] and bridge.status()["service"]["stream"], "its documents are in force")
    all_there(service, bridge)
    assert bridge.status()["clock_trusted"]


def test_a_code_is_good_once_for_a_while_and_at_one_school(place: Path) -> None:
    service = ServiceProcess(place / "service", new_sqlite(place))
    with ExitStack() as stack:
        stack.callback(service.kill)
        service.start()
        code = service.code("North")
        assert BridgeProcess(place / "first").enroll(code, service.address).returncode == 0
        again = BridgeProcess(place / "second")
        assert "used already" in again.enroll(code, service.address).stderr
        old = service.code("South")
        with closing(service.opened()) as database, database.writing() as session:
            row = session.scalars(select(Bridge).where(Bridge.name == "South")).one()
            row.code_until = utc_now() - timedelta(seconds=1)
        assert "older than 15 minutes" in again.enroll(old, service.address).stderr
        slip = code[:-1] + ("A" if code[-1] != "A" else "B")
        assert "a letter of it is wrong" in again.enroll(slip, service.address).stderr
        assert not (again.place / "state" / "trust.json").exists()


def test_a_code_of_another_school_is_not_even_sent(place: Path) -> None:
    one = ServiceProcess(place / "one", new_sqlite(place, "one.db"))
    other = ServiceProcess(place / "other", new_sqlite(place, "other.db"))
    with ExitStack() as stack:
        stack.callback(one.kill)
        one.start()
        done = BridgeProcess(place / "bridge").enroll(other.code("North"), one.address)
    assert done.returncode == 1
    assert "is not the service that made this code. The code was not sent." in done.stderr


def test_a_thief_at_the_services_address_hears_nothing(place: Path, bridge: BridgeProcess) -> None:
    service = ServiceProcess(place / "service", new_sqlite(place))
    with ExitStack() as stack:
        stack.callback(service.kill)
        service.start()
        joined(service, bridge)
        all_there(service, bridge)
        service.kill()
    heard: list[bytes] = []

    def answer(visit: Visit) -> None:
        heard.append(visit.socket.recv(1000))

    with wicked(answer, tls=certificate(place), port=service.port) as thief:
        bridge.make_events(3)
        until(lambda: thief.visits >= 5, "the bridge tries")
        until(lambda: "Nothing was said to it" in bridge.status()["service"]["trouble"], "the key is refused")
        assert not any(heard)
        until(lambda: "SERVICE_KEY_WRONG" in _codes(bridge), "it is an alarm")
    with ExitStack() as stack:
        stack.callback(service.kill)
        service.start()
        all_there(service, bridge)


def test_events_arrive_once_however_often_both_are_killed(service: ServiceProcess, bridge: BridgeProcess) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    joined(service, bridge)
    for _ in range(ROUNDS):
        bridge.make_events(chance.randrange(50, 200))
        if chance.random() < 0.7:
            service.kill()
        bridge.make_events(chance.randrange(1, 50))
        if chance.random() < 0.7:
            bridge.kill()
        if service.popen is None:
            service.start()
        if bridge.running is None:
            bridge.start()
    all_there(service, bridge)


def test_a_second_process_with_one_identity_gets_nothing_and_both_are_told(place: Path, bridge: BridgeProcess) -> None:
    service = ServiceProcess(place / "service", new_sqlite(place))
    twin = BridgeProcess(place / "twin")
    with ExitStack() as stack:
        stack.callback(service.kill)
        stack.callback(twin.kill)
        service.start()
        joined(service, bridge)
        shutil.copytree(bridge.place / "state" / "keys", twin.place / "state" / "keys")
        documents = Path("state", "documents")
        until(lambda: _copied(bridge.place / documents, twin.place / documents), "no document is exchanged just then")
        shutil.copy(bridge.place / "state" / "trust.json", twin.place / "state")
        shutil.copy(bridge.place / "bridge.toml", twin.place)
        (twin.place / "state").chmod(0o700)
        twin.start()
        until(lambda: "BRIDGE_DUPLICATED" in _codes(bridge) & _codes(twin), "both are told")
        assert twin.status()["service"]["heard_age_s"] is None
        assert bridge.status()["service"]["heard_age_s"] is not None


def _copied(folder: Path, to: Path) -> bool:
    """Whether all of it could be copied: a document has another name for an instant while it is exchanged."""
    try:
        shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.new"), dirs_exist_ok=True)
    except shutil.Error:
        return False
    return True


def _codes(bridge: BridgeProcess) -> set[str]:
    """The codes of all events that a bridge stored."""
    return {json.loads(body)["code"] for body in bridge.bodies()}


def test_a_new_tls_key_is_announced_before_it_is_used(place: Path, bridge: BridgeProcess) -> None:
    service = ServiceProcess(place / "service", new_sqlite(place))
    with ExitStack() as stack:
        stack.callback(service.kill)
        service.start()
        joined(service, bridge)
        for step in ("next", "switch"):
            until(lambda: service.statement() == bridge.statement(), "the bridge has the newest keys")
            service.command("tls", step)
            service.kill()
            service.start()
            bridge.make_events(3)
            all_there(service, bridge)
            until(lambda: service.statement() == bridge.statement(), "the bridge has the newest keys")
        assert "SERVICE_KEY_WRONG" not in _codes(bridge)
