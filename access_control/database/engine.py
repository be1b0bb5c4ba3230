"""The engine: transactions that read, transactions that write, and what SQLite and PostgreSQL each need for that.

SQLite: write-ahead log, synced at every commit, ``BEGIN IMMEDIATE`` and one writer at a time in this process. The
driver's own way of beginning loses updates when two threads read and then write. PostgreSQL: the same code; a
transaction that reads sees one snapshot, as on SQLite.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Literal

from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from access_control.database import postgresql, sqlite
from access_control.database.changes import CHANGES, Changes
from access_control.database.errors import ConflictError, DatabaseBusyError, DatabaseDownError, DatabaseError

BUSY_S: Final = 5.0
Dialect = Literal["sqlite", "postgresql"]


class Database:
    """An open database; :func:`open_database` makes one.

    Attributes:
        url: As it was opened, without the password.
        dialect: ``sqlite`` or ``postgresql``.
        changes: Word of changes between threads and workers.
    """

    def __init__(self, url: str, dialect: Dialect, reader: Engine, writer: Engine, changes: Changes) -> None:
        self.url = url
        self.dialect: Dialect = dialect
        self.changes = changes
        self.reader = reader
        self.writer = writer
        self._readers = sessionmaker(reader, expire_on_commit=False)
        self._writers = sessionmaker(writer, expire_on_commit=False, info={CHANGES: changes})
        self._one_writer = sqlite.writer_lock(url) if dialect == "sqlite" else None
        changes.watch(self._writers)
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one state of the database and cannot change it; given up at the end.

        Raises:
            DatabaseBusyError: The database stays locked.
            DatabaseDownError: It does not answer.
        """
        self._require_open()
        with plain_errors(), self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block, or given up when the block raises.

        On SQLite one thread of this process writes at a time, so keep the block short and never open another in it.

        Raises:
            DatabaseBusyError: Somebody else holds the database for longer than 5 s.
            DatabaseDownError: It does not answer, or has no room.
            ConflictError: A record with a version was changed by somebody else meanwhile.
        """
        self._require_open()
        with plain_errors(), self.alone(), self._writers() as session:
            yield session
            session.commit()

    def close(self) -> None:
        """End listeners and connections. The database is not used after this."""
        self._closed = True
        self.changes.close()
        for engine in (self.reader, self.writer):
            # A thread in the middle of a transaction hands its connection back later, when nobody disposes any more.
            event.listen(engine.pool, "checkin", _close_late)
            engine.dispose()

    def _require_open(self) -> None:
        if self._closed:
            raise DatabaseDownError("it was closed")

    def __repr__(self) -> str:
        return f"Database({self.url!r})"

    def alone(self) -> AbstractContextManager[None]:
        """Be the only thread of this process that writes; nothing on PostgreSQL, which sorts that out itself.

        Raises:
            DatabaseBusyError: Another thread writes for longer than 5 s.
        """
        return _held(self._one_writer)


def open_database(url: str) -> Database:
    """Open ``sqlite:////absolute/path.db`` (made if it is missing) or ``postgresql+psycopg://user@host/name``.

    Raises:
        DatabaseError: The URL makes no sense, or the database cannot be opened.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseError(
            "The address of the database is not one.",
            "Write it as sqlite:////var/lib/access-control/school.db or postgresql+psycopg://user@host/name.",
        ) from error
    shown = parsed.render_as_string(hide_password=True)
    with plain_errors():
        if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
            return Database(shown, "sqlite", *sqlite.engines(parsed), Changes())
        if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
            changes = Changes(postgresql.server_words(parsed))
            return Database(shown, "postgresql", *postgresql.engines(parsed), changes)
    raise DatabaseError(
        f"{parsed.drivername} is not a kind of database that this program knows.", "Use sqlite or postgresql+psycopg."
    )


def _close_late(connection: Any, _record: object) -> None:
    """Close a connection that comes back to a pool which is no more."""
    if connection is not None:
        connection.close()


@contextmanager
def _held(lock: sqlite.WriterLock | None) -> Iterator[None]:
    if lock is None:
        yield
        return
    if lock.holder == threading.get_ident():
        raise RuntimeError("writing() inside writing(): pass the session on instead")
    if not lock.lock.acquire(timeout=BUSY_S):
        raise DatabaseBusyError
    try:
        lock.holder = threading.get_ident()
        yield
    finally:
        lock.holder = None
        lock.lock.release()


@contextmanager
def plain_errors() -> Iterator[None]:
    """The driver's errors as ours: which of them mean *busy*, and which mean *down*.

    Raises:
        DatabaseBusyError, DatabaseDownError, ConflictError: instead of the driver's or SQLAlchemy's own.
    """
    try:
        yield
    except StaleDataError as error:
        raise ConflictError from error
    except PoolTimeoutError as error:
        raise DatabaseBusyError from error
    except DBAPIError as error:
        if sqlite.is_busy(error.orig) or postgresql.is_busy(error.orig):
            raise DatabaseBusyError from error
        if sqlite.is_taken(error.orig) or postgresql.is_taken(error.orig):
            raise ConflictError from error  # two added the same at the same moment
        cause = sqlite.why_down(error.orig) or postgresql.why_down(error.orig)
        if cause is None:
            raise
        raise DatabaseDownError(cause) from error
