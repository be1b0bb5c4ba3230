"""An event that vanishes from a bridge's disk before it was sent is named by the service; nothing else ever is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import select

from access_control.clock import utc_now
from access_control.core.wire.events import EventCode
from access_control.readers.events import EventFilter, recent_events
from access_control.readers.records import EventGap
from access_control.readers.status import site_overview
from tests.building.processes import until
from tests.system.test_uplink import all_there, bridge, joined, service  # noqa: F401 - fixtures are found so

if TYPE_CHECKING:
    from tests.building.service_process import BridgeProcess, ServiceProcess


def missing(service: ServiceProcess) -> list[tuple[int, int]]:  # noqa: F811 - the fixture's value
    """What a person would read in the strip."""
    with closing(service.opened()) as database, database.reading() as session:
        return [run for one in site_overview(session, utc_now()).bridges for run in one.missing]


def noted(service: ServiceProcess) -> int:  # noqa: F811 - the fixture's value
    """How many gaps are kept, certain or not."""
    with closing(service.opened()) as database, database.reading() as session:
        return len(session.scalars(select(EventGap)).all())


def test_what_was_cut_out_of_a_disk_is_named(
    service: ServiceProcess,  # noqa: F811 - the fixture
    bridge: BridgeProcess,  # noqa: F811 - the fixture
) -> None:
    joined(service, bridge)
    all_there(service, bridge)
    assert noted(service) == 0
    service.kill()
    before = len(bridge.outbox())
    bridge.make_events(20)
    until(lambda: len(bridge.outbox()) >= before + 20, "the bridge has stored them")
    bridge.kill()
    place = bridge.place / "state" / "outbox.db"
    with closing(sqlite3.connect(place)) as db:
        (newest,) = db.execute("SELECT MAX(seq) FROM events").fetchone()
        cut = (newest - 12, newest - 9)
        assert db.execute("DELETE FROM events WHERE seq BETWEEN ? AND ?", cut).rowcount == 4
        db.commit()
    service.start()
    bridge.start()
    until(lambda: missing(service) == [cut], "the service names them")
    assert noted(service) == 1
    with closing(service.opened()) as database, database.reading() as session:
        (told,) = recent_events(session, EventFilter(codes=[EventCode.LOG_GAP]))
        assert (told.detail["from_seq"], told.detail["to_seq"]) == cut
        assert all(-2 < (one.clock_off_s or 0) < 2 for one in site_overview(session, utc_now()).bridges)
