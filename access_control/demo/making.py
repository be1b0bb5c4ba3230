"""Makes the demo's school, once: its database with everything in it, its keys, and two bridges that may enrol."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.engine import Database, open_database
from access_control.database.errors import DatabaseError
from access_control.database.schema import current, upgrade
from access_control.database.tables import Table
from access_control.demo.accounts import add_accounts, renew_installer
from access_control.demo.errors import StageError
from access_control.demo.history import week_before
from access_control.demo.places import Places
from access_control.demo.plan import BRIDGE_NAMES, Side
from access_control.demo.rows_building import add_doors, add_hours, add_levels, add_site, keep_school_on
from access_control.demo.rows_people import add_history, add_people
from access_control.demo.rows_visitors import add_visitors, expect_today
from access_control.readers.bridges import get_bridge
from access_control.readers.enrolment import add_bridge, confirm_bridge, fingerprint
from access_control.readers.keys import SchoolKeys, load_keys, make_keys
from access_control.readers.models import Bridge, Site
from access_control.readers.staleness import mark_all_stale
from access_control.readers.statements import issue_statement
from access_control.visitors.models import Visit
from access_control.visitors.passes import pass_text

READY: Final = "ready"
"""A file of this name says that a demo was made completely; without it, it is made again."""


@dataclass(frozen=True, slots=True)
class School:
    """An open demo school. ``codes`` are there while its bridges have not enrolled."""

    database: Database
    keys: SchoolKeys
    codes: Mapping[Side, str]


def open_school(places: Places, at: datetime, zone: str) -> School:
    """Open the demo's school as of ``at``, or make it if there is none.

    Raises:
        StageError: What is there is not a demo's, or cannot be opened.
    """
    try:
        if (places.state / READY).exists():
            return _reopen(places, at)
        _forget(places)
        return _make(places, at, zone)
    except DatabaseError as error:
        raise StageError(f"{error}") from error


def is_ready(places: Places) -> None:
    """Remember that the school is complete and its bridges have enrolled."""
    (places.state / READY).touch()


def confirm_bridges(school: School, at: datetime) -> None:
    """Say of the bridges that have enrolled that they are the right ones, as an administrator would on their page."""
    with school.database.writing() as session:
        for bridge in _bridges(session).values():
            shown = fingerprint(get_bridge(session, bridge).public_key or b"")
            confirm_bridge(session, school.keys, at, bridge_id=bridge, compared=shown, by="demo")


def require_mark(file: Path) -> None:
    """See that a database, if there is one, is a demo's: only such a one is the demo's to use, and to forget.

    Raises:
        StageError: It is another, or cannot be read.
    """
    if not file.exists():
        return
    try:
        database = open_database(f"sqlite:///{file}")
        try:
            if current(database) is None:
                return
            upgrade(database)
            with database.reading() as session:
                marks = list(session.scalars(select(Site.demo)))
        finally:
            database.close()
    except DatabaseError as error:
        raise StageError(f"{error}") from error
    if not all(marks):
        raise StageError(
            f"{file} is the database of a real school: it has no demo mark, so the demo leaves it alone. "
            "Choose another folder with --state."
        )


def require_same_tables(file: Path) -> None:
    """See that a demo's database has the tables that this program knows.

    Before the first release they change without a version of their own, and a made-up school is soon made again.

    Raises:
        StageError: They differ.
    """
    if not file.exists():
        return
    database = open_database(f"sqlite:///{file}")
    try:
        if current(database) is None:
            return
        with database.reading() as session:
            there = inspect(session.connection())
            differ = any(
                not there.has_table(table.name)
                or {column["name"] for column in there.get_columns(table.name)} != set(table.columns.keys())
                for table in Table.metadata.sorted_tables
            )
    finally:
        database.close()
    if differ:
        raise StageError(
            f"The demo in {file.parent} was made by another version of this program. "
            "Start it with --fresh (make demo ARGS=--fresh): a new school is made up."
        )


def pass_of(school: School, visit: str) -> str:
    """What stands in the newest pass of a visit. The service does not keep it; signed anew, it is the same text.

    Raises:
        StageError: There is no such pass.
    """
    with school.database.reading() as session:
        found = session.get(Visit, visit)
        if found is None or not found.passes:
            raise StageError("This visitor has no pass.")
        return pass_text(session, school.keys, found.passes[-1])


def _forget(places: Places) -> None:
    """What an interrupted beginning left."""
    for name in (places.database.name, f"{places.database.name}-wal", f"{places.database.name}-shm"):
        (places.state / name).unlink(missing_ok=True)
    shutil.rmtree(places.service, ignore_errors=True)
    places.service.mkdir(mode=0o700)
    for side in Side:
        shutil.rmtree(places.side(side).state, ignore_errors=True)
        places.side(side).state.mkdir(mode=0o700)


def _make(places: Places, at: datetime, zone: str) -> School:
    places.database.touch(mode=0o600)
    database = open_database(f"sqlite:///{places.database}")
    upgrade(database)
    keys = make_keys(places.service / "keys")
    local = at.astimezone(ZoneInfo(zone))
    with database.writing() as session:
        site = add_site(session, zone)
        record(session, at, actor="demo", action="site.made_up", subject=f"site:{site.id}")
        add_accounts(session, at, site.id, places.sign_in)
        add_hours(session, local)
        keep_school_on(session, at, ZoneInfo(zone))
        codes = {
            side: add_bridge(session, keys, at, name=name, building_id=side, by="demo").text
            for side, name in BRIDGE_NAMES.items()
        }
        bridges = _bridges(session)
        add_doors(session, bridges)
        add_levels(session)
        add_people(session, at)
        add_visitors(session, at, ZoneInfo(zone))
        add_history(session, bridges, week_before(at, ZoneInfo(zone)))
        issue_statement(session, keys, at)
    return School(database, keys, codes)


def _reopen(places: Places, at: datetime) -> School:
    """Go on with the school of an earlier run: today is a school day with visitors again."""
    database = open_database(f"sqlite:///{places.database}")
    keys = load_keys(places.service / "keys")
    with database.writing() as session:
        site = session.scalars(select(Site)).one()
        zone = ZoneInfo(site.timezone)
        if keep_school_on(session, at, zone):
            mark_all_stale(session)
        expect_today(session, at, zone)
        # Every program of the last run has ended, so no bridge need wait for an earlier one of itself to fall silent.
        session.execute(update(Bridge).values(instance=None))
        renew_installer(session, at, site.id)
    return School(database, keys, {})


def _bridges(session: Session) -> Mapping[Side, str]:
    """The bridge of each building."""
    return {Side(building): bridge for bridge, building in session.execute(select(Bridge.id, Bridge.building_id))}
