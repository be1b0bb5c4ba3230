"""A disk that can only be read: noticing it, reading databases from it, and what to tell whoever looks after it."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

EXCHANGE: Final = "The disk can only be read: exchange it, or make its folder writable again."
MAKE_ROOM: Final = "Make room on the disk."
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def read_only(directory: Path) -> bool:
    """Whether nothing can be written into a directory that is there: its disk or its mode does not let us.

    A disk that does not even say is another fault.
    """
    try:
        return directory.is_dir() and not os.access(directory, os.W_OK)
    except OSError:
        return False


def remedy(error: OSError) -> str:
    """What to do about a write that failed."""
    return EXCHANGE if error.errno in _READ_ONLY else MAKE_ROOM


def copy_in_memory(path: Path) -> sqlite3.Connection:
    """A copy, in memory, of a SQLite database that cannot be written, with what its WAL still holds.

    Raises:
        sqlite3.Error: There is none, or it cannot be read.
    """
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        with closing(open_to_read(path)) as stored:
            stored.backup(copy)
    except BaseException:
        copy.close()
        raise
    return copy


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a database that is never written by this connection, also where SQLite cannot make its companions.

    Raises:
        sqlite3.Error: There is none, or it cannot be read.
    """
    address = f"{path.absolute().as_uri()}?mode=ro"
    # SQLite would make the companions of a database in WAL mode. What is immutable needs none, and loses nothing where
    # no WAL waits.
    alone = f"{address}&immutable=1"
    if not _has_wal(path) and read_only(path.parent):
        return _opened(alone)
    try:
        return _opened(address)
    except sqlite3.OperationalError:  # there may be no room for them
        if _has_wal(path):
            raise
        return _opened(alone)


def _opened(address: str) -> sqlite3.Connection:
    db = sqlite3.connect(address, uri=True, timeout=1.0)
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def _has_wal(path: Path) -> bool:
    with suppress(OSError):
        return path.with_name(path.name + "-wal").stat().st_size > 0
    return False
