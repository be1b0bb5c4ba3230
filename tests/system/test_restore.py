"""A service whose database was put back from a backup: what is said next arrives at the door all the same."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.core.decision.model import BadgeStatus, OverrideEffect, Revision
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.signing import Kind
from access_control.core.wire.uplink import read_revision
from access_control.readers.events import EventFilter, recent_events
from access_control.readers.keys import SchoolKeys, load_keys
from access_control.readers.models import Badge, Door
from access_control.readers.orders import end_override, set_override
from access_control.readers.records import RevocationAt
from access_control.readers.revocations import set_badge_status
from access_control.readers.status import newest_revisions
from tests.building.databases import new_sqlite
from tests.building.processes import Site, until
from tests.building.service_process import BridgeProcess, ServiceProcess
from tests.building.signed import ADA, FRONT, Installation, card
from tests.system.test_replacement import first_bridge, front_door, is_ready

BY = "cli"


@pytest.fixture
def service(place: Path) -> Iterator[ServiceProcess]:
    made = ServiceProcess(place / "service", new_sqlite(place))
    with ExitStack() as stack:
        stack.callback(made.kill)
        made.start()
        yield made


@pytest.fixture
def site(place: Path) -> Iterator[Site]:
    installation = Installation(place)
    with Site(installation, front_door(installation)) as running:
        yield running


def keys_of(service: ServiceProcess) -> SchoolKeys:
    return load_keys(service.place / "state" / "keys")


def newest_orders(service: ServiceProcess, bridge: str) -> Revision:
    with closing(service.opened()) as database, database.reading() as session:
        found = read_revision(newest_revisions(session, bridge)[Kind.ORDERS])
    assert found is not None
    return found


def change_orders(service: ServiceProcess) -> None:
    """Lock the door by hand and let it be again, three times: Orders that the backup knows nothing of."""
    with closing(service.opened()) as database:
        for _ in range(3):
            with database.writing() as session:
                door, keys = session.scalars(select(Door)).one(), keys_of(service)
                made = set_override(
                    session, keys, utc_now(), door_id=door.id, effect=OverrideEffect.LOCK, by=BY, why="Repairs go on",
                    expires_at=None,
                )  # fmt: skip
            with database.writing() as session:
                end_override(session, keys, utc_now(), made.id, BY)


def lose(service: ServiceProcess) -> None:
    with closing(service.opened()) as database, database.writing() as session:
        badge = session.scalars(select(Badge)).one()
        set_badge_status(
            session, keys_of(service), utc_now(), badge_id=badge.id, status=BadgeStatus.LOST, version=badge.version,
            by=BY,
        )  # fmt: skip


def present(site: Site) -> None:
    site.remote.present(FRONT, card(ADA))


def in_force(bridge: BridgeProcess) -> Revision:
    return read_revision(bridge.status()["orders"]) or Revision(0, 0)


def put_back(service: ServiceProcess, place: Path) -> None:
    service.kill()
    for name in ("school.db-wal", "school.db-shm"):
        (place / name).unlink(missing_ok=True)
    shutil.copy(place / "old.db", place / "school.db")


@pytest.mark.parametrize("said", [False, True], ids=["noticed", "said by hand"])
def test_a_badge_that_is_lost_after_a_restore_is_dead_at_the_door_and_confirmed_only_then(
    service: ServiceProcess, site: Site, place: Path, *, said: bool
) -> None:
    bridge = first_bridge(service, place)
    with ExitStack() as stack:
        stack.callback(bridge.kill)
        until(lambda: is_ready(bridge), "the reader is secure and the door secured")
        me = bridge.id
        with closing(sqlite3.connect(place / "school.db")) as db, closing(sqlite3.connect(place / "old.db")) as backup:
            db.backup(backup)
        change_orders(service)
        ahead = newest_orders(service, me)
        until(lambda: in_force(bridge) == ahead, "the bridge has what the backup lacks")

        put_back(service, place)
        if said:
            service.command("db", "restored")
        lose(service)
        assert said or newest_orders(service, me) < ahead, "under a number that the bridge does not take"
        service.start()

        def confirmed() -> bool:
            with closing(service.opened()) as database, database.reading() as session:
                return session.scalars(select(RevocationAt)).one().confirmed_at is not None

        until(confirmed, "the service says that the badge is dead at the door")
        assert in_force(bridge).epoch > ahead.epoch
        present(site)
        until(lambda: b"DENIED_LOST" in b"".join(bridge.bodies()), "the badge is refused")
        until(lambda: bridge.status()["policy"].split("/")[0] != "1", "the rules are published anew as well")
        with closing(service.opened()) as database, database.reading() as session:
            told = recent_events(session, EventFilter(codes=[EventCode.SERVICE_RESTORED]))
        assert len(told) == (0 if said else 1)
