"""``access-control db``: the version of the tables, up and down; and what a backup that was put back needs."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import make_url

from access_control.cli.line import Commands, add_config, config_of_line, current_database
from access_control.clock import utc_now
from access_control.database import schema, sqlite
from access_control.database.engine import Database, open_database
from access_control.readers.errors import NotThereError
from access_control.readers.restores import raise_epoch


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("db", help="the version of the database: upgrade, downgrade, current; restored")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    up = steps.add_parser("upgrade", help="bring the database to the version of this program, after copying it")
    up.set_defaults(run=upgrade)
    down = steps.add_parser("downgrade", help="take the database back to an older version; newer data is lost")
    down.add_argument("revision", metavar="VERSION", help=f"the version, or '{schema.EMPTY}' for no tables at all")
    down.add_argument("--yes", action="store_true", help="do not ask")
    down.set_defaults(run=downgrade)
    now = steps.add_parser("current", help="print the version of the database and that of this program")
    now.set_defaults(run=current)
    back = steps.add_parser("restored", help="after a backup was put back: have every bridge take its documents anew")
    back.set_defaults(run=restored)
    for step in (up, down, now, back):
        add_config(step)


def upgrade(asked: argparse.Namespace) -> int:
    """Copy a SQLite database beside itself, then upgrade it; makes the database if there is none."""
    config = config_of_line(asked)
    config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(config.database_url)
    try:
        before = schema.check(database)
        if before == schema.head():
            print(f"The database has version {before} already.")
            return 0
        _copy_first(database, before)
        schema.upgrade(database)
        print(f"The database has version {schema.head()} now.")
    finally:
        database.close()
    return 0


def downgrade(asked: argparse.Namespace) -> int:
    """Copy a SQLite database beside itself, then take it back."""
    database = open_database(config_of_line(asked).database_url)
    try:
        before = schema.check(database, asked.revision)
        if not asked.yes and not _sure(before, asked.revision):
            print("Nothing was changed.")
            return 1
        _copy_first(database, before)
        schema.downgrade(database, asked.revision)
        print(f"The database has version {schema.current(database) or schema.EMPTY} now.")
    finally:
        database.close()
    return 0


def current(asked: argparse.Namespace) -> int:
    """Print both versions; 1 when they differ."""
    database = open_database(config_of_line(asked).database_url)
    try:
        found = schema.current(database)
    finally:
        database.close()
    print(f"The database has version {found or schema.EMPTY}; this program needs {schema.head()}.")
    return 0 if found == schema.head() else 1


def restored(asked: argparse.Namespace) -> int:
    """Overrule what was published after the backup was made, before any bridge is told anything."""
    try:
        with current_database(asked) as database, database.writing() as session:
            epoch = raise_epoch(session, utc_now(), "cli")
    except NotThereError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"Every bridge takes its documents anew, under epoch {epoch}, when the service runs and the bridge speaks next."
    )
    print("What was changed after the backup is lost: mark lost badges again, and replace bridges again.")
    return 0


def _sure(before: str | None, after: str) -> bool:
    if not sys.stdin.isatty():
        print("This loses data: say --yes to do it without being asked.", file=sys.stderr)
        return False
    answer = input(f"Going from version {before} to {after} loses what only the newer one keeps. Go on? [y/N] ")
    return answer.strip().lower() == "y"


def _copy_first(database: Database, before: str | None) -> None:
    """A copy of SQLite beside it; PostgreSQL's is a task for pg_dump, which the person at the terminal is told."""
    if before is None:
        return
    if database.dialect == "postgresql":
        print("PostgreSQL is not copied by this program: see that there is a fresh pg_dump.")
        return
    path = sqlite.database_path(make_url(database.url))
    copy = path.with_name(f"{path.name}.{before}-{utc_now():%Y%m%dT%H%M%S%f}.backup")
    schema.back_up(database, copy)
    print(f"Copied what there was to {copy}.")
