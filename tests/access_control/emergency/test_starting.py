"""A lockdown starts within memory: it is at the doors before it is saved, and also when it cannot be saved."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from access_control.audit.models import AuditRecord
from access_control.clock import monotonic_s, utc_now
from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import Authority, open_directive, open_release
from access_control.database.changes import Listener
from access_control.database.engine import Database, open_database
from access_control.emergency.errors import BadRequestError, EmergencyError, MayNotError, UnknownScopeError
from access_control.emergency.starting import Emergencies, Start
from access_control.people.permissions import Place, Role
from access_control.readers.keys import SchoolKeys
from access_control.readers.records import DirectiveRow, ReleaseRow
from tests.access_control.emergency.conftest import Opener, furnish
from tests.building.databases import new_postgresql, new_sqlite
from tests.building.emergencies import MAIN_BRIDGE, SITE, SOUTH_BRIDGE, actor, fresh_id

LOCKDOWN = EmergencyAction.LOCKDOWN
WAIT_S = 60.0  # a bound on a loaded machine, not a measure


def wanted(action: EmergencyAction = LOCKDOWN, scope: str = "site", *, drill: bool = False, id_: str = "") -> Start:
    return Start(id_ or fresh_id(), action, scope, drill)


def heard(listener: Listener, keys: SchoolKeys, timeout_s: float = WAIT_S) -> Directive:
    """The next directive that a bridge's topic hears."""
    end = monotonic_s() + timeout_s
    while monotonic_s() < end:
        change = listener.get(1.0)
        if change is not None and "directive" in json.loads(change.payload):
            sealed = b64decode(json.loads(change.payload)["directive"])
            return open_directive(sealed, Authority(service=keys.document_public()), site=SITE)
    raise AssertionError("the bridge heard no directive")


def until(true: Callable[[], bool], timeout_s: float = WAIT_S) -> bool:
    from threading import Event

    end = monotonic_s() + timeout_s
    while monotonic_s() < end:
        if true():
            return True
        Event().wait(0.05)
    return False


def stored(database: Database, id_: str) -> DirectiveRow | None:
    with database.reading() as session:
        return session.get(DirectiveRow, id_)


def test_a_lockdown_is_pushed_to_every_bridge_and_saved(
    emergencies: Emergencies, school_database: Database, keys: SchoolKeys
) -> None:
    start = wanted()
    with (
        school_database.changes.listen(f"bridge:{MAIN_BRIDGE}") as main,
        school_database.changes.listen(f"bridge:{SOUTH_BRIDGE}") as south,
    ):
        at = utc_now()
        started = emergencies.start(at, start, actor())
        directives = {heard(main, keys), heard(south, keys)}
    assert directives == {started.directive}
    assert started.directive.doors == frozenset(range(1, 7))
    assert started.bridges == (MAIN_BRIDGE, SOUTH_BRIDGE)
    assert until(lambda: emergencies.is_saved(start.id))
    row = stored(school_database, start.id)
    assert row is not None
    assert (row.by_name, row.action, row.drill) == ("A. Rivera", LOCKDOWN, False)
    with school_database.reading() as session:
        assert session.scalars(select(AuditRecord.action)).all() == ["emergency.started"]


def test_only_the_bridges_in_scope_are_told(emergencies: Emergencies, school_database: Database) -> None:
    with school_database.changes.listen(f"bridge:{MAIN_BRIDGE}") as main:
        started = emergencies.start(utc_now(), wanted(scope="building:2"), actor())
        assert until(lambda: emergencies.is_saved(started.directive.id))
        assert started.bridges == (SOUTH_BRIDGE,)
        assert main.get(0.0) is None


def test_the_same_id_twice_is_the_same_emergency(emergencies: Emergencies, school_database: Database) -> None:
    start = wanted()
    first = emergencies.start(utc_now(), start, actor())
    again = emergencies.start(utc_now() + timedelta(seconds=5), wanted(scope="building:1", id_=start.id), actor())
    assert again.directive == first.directive
    assert until(lambda: emergencies.is_saved(start.id))
    with school_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DirectiveRow)) == 1


def test_milliseconds_count_from_the_end_of_the_press(emergencies: Emergencies) -> None:
    at = utc_now()
    late = Start(fresh_id(), LOCKDOWN, "site", drill=False, on_the_way=timedelta(seconds=3))
    absurd = Start(fresh_id(), LOCKDOWN, "site", drill=False, on_the_way=timedelta(days=3))
    assert abs(emergencies.start(at, late, actor()).directive.started_at - (at - timedelta(seconds=3))) < timedelta(
        milliseconds=1
    )
    assert emergencies.start(at, absurd, actor()).directive.started_at >= at - timedelta(seconds=61)


@pytest.mark.parametrize("action", EmergencyAction)
def test_all_five_actions_start(emergencies: Emergencies, action: EmergencyAction) -> None:
    started = emergencies.start(utc_now(), wanted(action, "building:1", drill=True), actor())
    assert [one.directive.action for one in emergencies.running()] == [action]
    assert started.directive.drill


@pytest.mark.parametrize(
    ("start", "error"),
    [
        (wanted(scope="building:9"), UnknownScopeError),
        (wanted(scope="door:1"), UnknownScopeError),
        (wanted(id_="1"), BadRequestError),
        (wanted(id_="01939a5e-7c00-4000-8000-0000000000d1"), BadRequestError),
    ],
)
def test_nonsense_starts_nothing(emergencies: Emergencies, start: Start, error: type[EmergencyError]) -> None:
    with pytest.raises(error):
        emergencies.start(utc_now(), start, actor())
    assert emergencies.running() == ()


def test_who_may_start_where_is_judged_by_the_grant(emergencies: Emergencies) -> None:
    south_only = actor(Role.FRONT_DESK, Place(SITE, 2))
    with pytest.raises(MayNotError):
        emergencies.start(utc_now(), wanted(), south_only)
    with pytest.raises(MayNotError):
        emergencies.start(utc_now(), wanted(), actor(Role.INSTALLER))
    assert emergencies.start(utc_now(), wanted(scope="building:2"), south_only).directive.scope == "building:2"


def test_a_real_lockdown_ends_the_drill_keeps_its_record_and_loosens_no_door(
    emergencies: Emergencies, school_database: Database, keys: SchoolKeys
) -> None:
    drill = emergencies.start(utc_now(), wanted(drill=True), actor()).directive
    assert until(lambda: emergencies.is_saved(drill.id))
    emergencies.refresh()
    with school_database.changes.listen(f"bridge:{MAIN_BRIDGE}") as main:
        real = emergencies.start(utc_now(), wanted(scope="building:2"), actor()).directive
        assert heard(main, keys) == real, "doors that the drill locked elsewhere stay locked"
        change = main.get(WAIT_S)
    assert change is not None
    release = open_release(
        b64decode(json.loads(change.payload)["release"]), Authority(service=keys.document_public()), site=SITE
    )
    assert release.directive == drill.id
    assert drill.doors <= real.doors
    assert until(lambda: emergencies.is_saved(real.id))
    with school_database.reading() as session:
        assert session.get_one(DirectiveRow, drill.id).ended_at is not None
        assert session.get_one(ReleaseRow, release.id).why == "A real lockdown was started during the drill."
    emergencies.refresh()
    assert [one.directive.id for one in emergencies.running()] == [real.id]


def test_a_drill_or_another_action_ends_no_drill(emergencies: Emergencies) -> None:
    emergencies.start(utc_now(), wanted(drill=True), actor())
    emergencies.start(utc_now(), wanted(drill=True), actor())
    emergencies.start(utc_now(), wanted(EmergencyAction.SECURE), actor())
    emergencies.refresh()
    assert len(emergencies.running()) == 3


HOLDS_THE_DATABASE = """
import sqlite3, sys
link = sqlite3.connect(sys.argv[1], isolation_level=None)
link.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
link.execute("ROLLBACK")
link.close()
"""


def test_a_database_that_another_process_holds_stops_no_lockdown(
    tmp_path: Path, keys: SchoolKeys, open_emergencies: Opener
) -> None:
    url = new_sqlite(tmp_path)
    database = open_database(url)
    furnish(database, keys)
    emergencies = open_emergencies(database)
    arguments = [sys.executable, "-c", HOLDS_THE_DATABASE, str(tmp_path / "school.db")]
    start = wanted()
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with database.changes.listen(f"bridge:{MAIN_BRIDGE}") as main:
            started = emergencies.start(utc_now(), start, actor())
            assert heard(main, keys).id == start.id
            assert not started.saved
            assert started.sentence == (
                "The lockdown is on its way to the doors, but could not be saved yet. It is sent again until it is."
            )
            assert heard(main, keys).id == start.id, "it is pushed again while it is not saved"
        assert stored(database, start.id) is None
        assert [(one.directive.id, one.saved) for one in emergencies.running()] == [(start.id, False)]
        again = emergencies.start(utc_now(), start, actor())
        assert again.directive == started.directive
        left = tmp_path / "emergencies" / f"{start.id}.started.json"
        assert until(left.exists), "a crash of the service now would lose nothing"
        assert left.stat().st_mode & 0o077 == 0
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert until(lambda: emergencies.is_saved(start.id))
    row = stored(database, start.id)
    assert row is not None
    assert row.started_at == started.directive.started_at
    assert until(lambda: not left.exists())
    emergencies.close()
    database.close()


def test_what_could_not_be_saved_is_taken_up_by_the_next_run(
    school_database: Database, keys: SchoolKeys, open_emergencies: Opener, tmp_path: Path
) -> None:
    from access_control.core.wire.directives import seal_directive
    from access_control.emergency.unsaved import Unsaved, UnsavedFiles
    from tests.building.emergencies import directive

    left = directive(id=fresh_id(), scope="building:1", doors=frozenset({1, 2, 3}))
    sealed = seal_directive(left, keys.document, site=SITE)
    UnsavedFiles(tmp_path / "emergencies").put(Unsaved(left, (sealed,), "A. Rivera"))
    forged = tmp_path / "emergencies" / "forged.started.json"
    forged.write_text((tmp_path / "emergencies" / f"{left.id}.started.json").read_text().replace("QU", "QV", 1))
    with school_database.changes.listen(f"bridge:{MAIN_BRIDGE}") as main:
        emergencies = open_emergencies(school_database)
        assert heard(main, keys) == left
    assert until(lambda: stored(school_database, left.id) is not None)
    assert [one.directive for one in emergencies.running()] == [left]
    assert forged.exists(), "what nobody signed is neither believed nor thrown away"


@contextmanager
def postgresql_shut(database: Database) -> Iterator[None]:
    """A PostgreSQL database that lets nobody in and has thrown everybody out."""
    address = database.writer.url
    plain = address.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as link:
        link.execute(f"ALTER DATABASE {address.database} WITH ALLOW_CONNECTIONS false".encode())
        link.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [address.database])
        yield
        link.execute(f"ALTER DATABASE {address.database} WITH ALLOW_CONNECTIONS true".encode())


def test_a_dead_postgresql_stops_no_lockdown(keys: SchoolKeys, open_emergencies: Opener) -> None:
    start = wanted()
    with new_postgresql() as url:
        database = open_database(url)
        furnish(database, keys)
        emergencies = open_emergencies(database)
        with postgresql_shut(database):
            with database.changes.listen(f"bridge:{MAIN_BRIDGE}") as main:
                started = emergencies.start(utc_now(), start, actor())
                assert heard(main, keys).id == start.id
            assert not started.saved
            assert [one.directive.id for one in emergencies.running()] == [start.id]
        assert until(lambda: emergencies.is_saved(start.id))
        assert stored(database, start.id) is not None
        emergencies.close()
        database.close()


def test_another_worker_knows_at_once(keys: SchoolKeys, open_emergencies: Opener) -> None:
    with new_postgresql() as url:
        one, other = open_database(url), open_database(url)
        furnish(one, keys)
        first, second = open_emergencies(one), open_emergencies(other)
        start = wanted()
        first.start(utc_now(), start, actor())
        assert until(lambda: [running.directive.id for running in second.running()] == [start.id])
        again = second.start(utc_now(), start, actor())
        assert again.directive.started_at == first.running()[0].directive.started_at
        first.close()
        second.close()
        one.close()
        other.close()
