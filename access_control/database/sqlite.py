"""SQLite: how its connections are set up, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event

from access_control.database.errors import DatabaseDownError, DatabaseError

BUSY_MS: Final = 5000
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_TAKEN: Final = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_DOWN: Final = {
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk does not answer",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_NOTADB: "its file is not a database",
    sqlite3.SQLITE_READONLY: "its file cannot be written",
    sqlite3.SQLITE_PERM: "its file cannot be written",
}


@dataclass
class WriterLock:
    """Held by the thread of this process that writes to one file."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    holder: int | None = None
    __hash__ = object.__hash__


_LOCKS: WeakValueDictionary[str, WriterLock] = WeakValueDictionary()
_LOCKS_LOCK: Final = threading.Lock()


def writer_lock(url: str) -> WriterLock:
    """The one lock of this process for the file behind a URL."""
    with _LOCKS_LOCK:
        return _LOCKS.setdefault(url, WriterLock())


def engines(url: URL) -> tuple[Engine, Engine]:
    """One engine that cannot write and one that can, over the same file, which is made if it is missing.

    Raises:
        DatabaseError: The URL names no absolute path, or its folder is missing.
    """
    path = database_path(url)
    _make(path)
    plain = URL.create("sqlite", database=str(path))
    # Threads bound the number of connections: each request has one thread, each stream reads for moments only.
    reader = create_engine(plain, pool_size=8, max_overflow=-1)
    event.listen(reader, "connect", _set_up_reader)
    event.listen(reader, "begin", _begin_reading)
    writer = create_engine(plain, pool_size=1, max_overflow=-1)
    event.listen(writer, "connect", _set_up)
    event.listen(writer, "begin", _begin_writing)
    try:
        with writer.connect() as connection:
            connection.connection.cursor().execute("PRAGMA journal_mode = WAL").close()
    except BaseException:
        writer.dispose()
        raise
    return reader, writer


def database_path(url: URL) -> Path:
    """The file behind a URL.

    Raises:
        DatabaseError: It names no absolute path.
    """
    path = Path(url.database or "")
    if not url.database or not path.is_absolute() or url.query:
        raise DatabaseError(
            "The address of the database names no file.",
            "Write the absolute path after three slashes: sqlite:////var/lib/access-control/school.db.",
        )
    return Path(os.path.realpath(path))


def is_busy(error: BaseException | None) -> bool:
    """Whether the file is locked by somebody else."""
    return isinstance(error, sqlite3.Error) and _code(error) in _BUSY


def is_taken(error: BaseException | None) -> bool:
    """Whether there is a row already that may be there only once."""
    return getattr(error, "sqlite_errorcode", 0) in _TAKEN


def why_down(error: BaseException | None) -> str | None:
    """Why the file cannot be used, if the error says so."""
    return _DOWN.get(_code(error)) if isinstance(error, sqlite3.Error) else None


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code without its extension


def _make(path: Path) -> None:
    """Make the file before SQLite does: it holds names, so nobody else may read it, nor the log that inherits this."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except FileNotFoundError as error:
        raise DatabaseError(
            f"The folder of the database, {path.parent}, is not there.", "Make it, or name another file."
        ) from error
    except OSError as error:
        raise DatabaseDownError(f"{path} cannot be opened: {error.strerror}") from error


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin ourselves
    for pragma in ("synchronous = FULL", f"busy_timeout = {BUSY_MS}", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _set_up_reader(connection: sqlite3.Connection, record: Any) -> None:
    _set_up(connection, record)
    connection.execute("PRAGMA query_only = ON").close()


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
