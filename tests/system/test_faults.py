"""What goes wrong around a bridge while people pass its doors; docs/faults.md lists it all."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from access_control.core.wire.event_codes import EventCode
from tests.building.databases import new_sqlite
from tests.building.entering import enters
from tests.building.processes import Process, Site, until
from tests.building.service_process import BridgeProcess, ServiceProcess
from tests.building.signed import FRONT, Installation, School
from tests.firmware_bridge.uplink.wicked import Visit, wicked
from tests.system.test_uplink import all_there, joined


def running(site: Site, school: School) -> Process:
    """A bridge with its documents, its readers and its doors ready."""
    bridge = site.start_bridge()
    site.apply(school.keys(), school.policy(), school.orders())
    site.wait_for_readers()
    return bridge


def says_nothing(visit: Visit) -> None:
    """Takes the connection and is never heard of again: half open, or a service that hangs."""
    visit.stopping.wait(60)


def answers_drop_by_drop(visit: Visit) -> None:
    """An answer that takes for ever."""
    visit.request()
    visit.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 1000, 0.5)


def hangs_up(visit: Visit) -> None:
    """Closes at once."""
    assert visit.number


@pytest.mark.parametrize("service", [says_nothing, answers_drop_by_drop, hangs_up])
def test_doors_do_not_wait_for_a_service_that_misbehaves(place: Path, service: Callable[[Visit], None]) -> None:
    installation = Installation(place)
    installation.install()
    with wicked(service) as server, Site(installation) as site:
        with installation.settings.open("a", encoding="utf-8") as settings:
            settings.write(f'\n[service]\nurl = "{server.service.url}"\n')
        bridge = running(site, School())
        until(lambda: server.visits, "the bridge calls its service")
        enters(site, FRONT)
        with site.client() as client:
            assert client.start_emergency("local:principal")["kept"]
        until(lambda: {door["security"] for door in site.status()["doors"]} == {"secured"}, "all doors are locked")
        assert bridge.stop() == 0


def test_events_go_once_to_a_service_that_was_restored_from_an_old_backup(place: Path) -> None:
    service = ServiceProcess(place / "service", new_sqlite(place))
    bridge = BridgeProcess(place / "bridge")
    with ExitStack() as stack:
        stack.callback(service.kill)
        stack.callback(bridge.kill)
        service.start()
        joined(service, bridge)
        all_there(service, bridge)
        with closing(sqlite3.connect(place / "school.db")) as db, closing(sqlite3.connect(place / "old.db")) as backup:
            db.backup(backup)
        bridge.make_events(120)
        all_there(service, bridge)
        service.kill()
        for name in ("school.db-wal", "school.db-shm"):
            (place / name).unlink(missing_ok=True)
        shutil.copy(place / "old.db", place / "school.db")
        service.start()
        assert service.own_events() == []
        bridge.make_events(10)
        all_there(service, bridge)
        assert service.own_events() == [EventCode.SERVICE_RESTORED]
