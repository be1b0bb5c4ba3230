"""The tables' version: up, down, and a refusal of databases that belong to another version of this program."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url

from access_control.database import sqlite
from access_control.database.engine import Database, plain_errors
from access_control.database.errors import DatabaseError, NewerDatabaseError, OlderDatabaseError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
EMPTY: Final = "base"
"""The version without any table, as :func:`downgrade` takes it."""


def head() -> str:
    """The version that this program needs."""
    return str(_scripts().get_current_head())


def current(database: Database) -> str | None:
    """The version of a database; ``None`` when it has no tables of ours.

    Raises:
        DatabaseError: It cannot be read.
    """
    with plain_errors(), database.reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(database: Database) -> None:
    """See that a database has exactly the tables that this program knows.

    Raises:
        NewerDatabaseError: A newer program made it.
        OlderDatabaseError: It is empty or an older program made it.
    """
    found = current(database)
    if found == head():
        return
    if found is not None and not _known(found):
        raise NewerDatabaseError(found, head())
    raise OlderDatabaseError(found, head())


def check(database: Database, revision: str | None = None) -> str | None:
    """See that a database can be brought to a version: that of this program, if none is named.

    Returns:
        The version that it has now; ``None`` when it has no tables of ours.

    Raises:
        NewerDatabaseError: A newer program made it.
        DatabaseError: There is no such version, or the database cannot be read.
    """
    found = current(database)
    if found is not None and not _known(found):
        raise NewerDatabaseError(found, head())
    if revision not in {None, EMPTY} and not _known(str(revision)):
        known = ", ".join([EMPTY, *sorted(script.revision for script in _scripts().walk_revisions())])
        raise DatabaseError(f"There is no version {revision}.", f"These are: {known}.")
    return found


def upgrade(database: Database) -> None:
    """Bring a database to the version of this program; one that has it already is left alone.

    All steps are one transaction: it has the new version or the old one.

    Raises:
        NewerDatabaseError: A newer program made it.
        DatabaseError: It cannot be written.
    """
    check(database)
    scripts = _scripts()
    _migrate(database, scripts, lambda now, _context: scripts._upgrade_revs("head", now))  # noqa: SLF001 - alembic's own commands do the same


def downgrade(database: Database, revision: str) -> None:
    """Take a database back to an older version, or with :data:`EMPTY` to no tables at all. Data of ours is lost.

    Raises:
        NewerDatabaseError: A newer program made it.
        DatabaseError: There is no such version, or the database cannot be written.
    """
    check(database, revision)
    scripts = _scripts()
    _migrate(database, scripts, lambda now, _context: scripts._downgrade_revs(revision, now))  # noqa: SLF001 - as above


def back_up(database: Database, copy: Path) -> None:
    """Copy a SQLite database into a new file that only its owner may read, while others go on using it.

    Raises:
        DatabaseError: The copy cannot be written, or the database is not SQLite.
    """
    if database.dialect != "sqlite":
        raise DatabaseError("Only SQLite is copied by this program.", "Use pg_dump for PostgreSQL.")
    source = sqlite.database_path(make_url(database.url))
    try:
        copy.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"The copy {copy} cannot be written: {error}.", "Make room, or name another place.") from (
            error
        )


def mark_current(connection: Connection) -> None:
    """Note that a database has the tables of this program already, made without the steps."""
    MigrationContext.configure(connection).stamp(_scripts(), "head")


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


def _known(revision: str) -> bool:
    return any(script.revision == revision for script in _scripts().walk_revisions())


def _migrate(database: Database, scripts: ScriptDirectory, steps: Callable[[Any, MigrationContext], Any]) -> None:
    with plain_errors(), database.alone(), database.writer.connect() as connection:
        _foreign_keys(connection, on=False)  # tables are rebuilt on SQLite, which only works without them
        try:
            with connection.begin():
                with EnvironmentContext(Config(), scripts, fn=steps) as environment:
                    environment.configure(connection, transactional_ddl=True, render_as_batch=True)
                    environment.run_migrations()
                _check_foreign_keys(connection)
        finally:
            _foreign_keys(connection, on=True)


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """Only outside a transaction does SQLite listen to this, so it goes around SQLAlchemy, which would begin one."""
    driver = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}").close()


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            table = broken[0][0]
            raise DatabaseError(
                f"The new version would leave rows of {table} that point to nothing, so nothing was changed.",
                "Keep this database as it is and ask for help with it.",
            )
