"""The outbox: every event of this bridge, in order, until the service has it and for a while longer.

An event is (bridge, stream, sequence): the stream is one outbox file, and sequences in it have no gaps except those
that a fold or drop event names (:mod:`firmware_bridge.store.making_room`). The file is SQLite in WAL mode with
``synchronous=NORMAL``: an append is in the operating system's hands when it returns, so it survives the death of this
process; :meth:`Outbox.sync` makes it survive the loss of power.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import takewhile
from pathlib import Path
from typing import Final, Self

from firmware_bridge.store.files import set_aside

NAME: Final = "outbox.db"  # in the state directory
SCHEMA: Final = 1
_log = logging.getLogger(__name__)
WAL_PAGES: Final = 256  # 1 MiB in WAL before it goes back into the file
TRIM_STEP: Final = 200  # events that go at once: 20 pages or so, so that a cold SD card holds up no append by 50 ms
_TABLES: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY, keep INTEGER NOT NULL, code TEXT NOT NULL, door INTEGER, at_ms INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    f"PRAGMA user_version = {SCHEMA}",
)


class Keep(IntEnum):
    """What may happen to an event when the disk is full. ``EVIDENCE`` stays, always."""

    DIAGNOSTIC = 0
    ROUTINE = 1
    EVIDENCE = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One event to store: what room-making needs to know, and its bytes once stream and sequence are known."""

    keep: Keep
    code: str
    door: int | None
    at_ms: int
    body: Callable[[str, int], bytes]


@dataclass(frozen=True, slots=True)
class Stored:
    """One event as it was stored."""

    seq: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What was found when the outbox was opened.

    Attributes:
        unclean: The bridge did not stop in order the last time.
        set_aside: Where a damaged predecessor went, if there was one.
    """

    unclean: bool
    set_aside: Path | None = None


class OutboxFullError(Exception):
    """The disk took no more; nothing was stored."""


class OutboxDamagedError(Exception):
    """The file is no longer a sound database; it has to be set aside."""


class Outbox:
    """One stream on disk. Every method may be called from any thread; each holds the lock for one short transaction."""

    def __init__(self, path: Path, *, max_pages: int | None = None) -> None:
        """Open or create the file; ``max_pages`` bounds its size in pages of 4 KiB.

        Raises:
            OutboxDamagedError: It is not a sound outbox.
            OutboxFullError: There is no room to create it.
        """
        self.path = path
        self._lock = threading.Lock()
        fresh = not path.exists()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with storage_errors():
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
            try:
                self._prepare(fresh=fresh, max_pages=max_pages)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, *, fresh: bool, max_pages: int | None) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA wal_autocheckpoint = 0")  # a checkpoint waits for the disk: never while a door does
        if max_pages is not None:
            self._db.execute(f"PRAGMA max_page_count = {int(max_pages)}")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0 and (fresh or not self._db.execute("SELECT 1 FROM sqlite_master").fetchone()):
            self._create()
        elif version != SCHEMA:
            raise OutboxDamagedError(f"{self.path} has layout {version}, and this program writes {SCHEMA}.")
        self.stream = str(self._meta("stream"))
        if self._meta("clean") is None or not self.stream:
            raise OutboxDamagedError(f"{self.path} does not say which stream it is.")
        (newest,) = self._db.execute("SELECT COALESCE(MAX(seq), 0) FROM events").fetchone()
        self._next = max(int(newest), self._number("removed_through")) + 1
        self._acknowledged = self._number("acknowledged")
        self.unclean = not fresh and not self._number("clean")
        self._set("clean", 0)

    def _create(self) -> None:
        self._next = 1
        with self._transaction():
            for statement in _TABLES:
                self._db.execute(statement)
            self._db.execute("INSERT INTO meta VALUES ('stream', ?), ('clean', 1)", (str(uuid.uuid4()),))

    @property
    def last_seq(self) -> int:
        """The newest sequence number given out; 0 before the first event."""
        return self._next - 1

    def append(self, row: Row) -> int:
        """Store one event without waiting for the disk and return its sequence number.

        Raises:
            OutboxFullError: Nothing was stored and no number was used.
            OutboxDamagedError: As above, and the file has to be set aside.
        """
        with self._lock, storage_errors():
            return self._insert(row)

    def _insert(self, row: Row) -> int:
        seq = self._next
        values = (seq, int(row.keep), row.code, row.door, row.at_ms, row.body(self.stream, seq))
        self._db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", values)
        self._next = seq + 1
        return seq

    def replace(self, gone: list[int], row: Row) -> int:
        """Put one event in the place of several, all or nothing; return its sequence number.

        Raises:
            OutboxFullError, OutboxDamagedError: Nothing changed.
        """
        with self._lock, storage_errors(), self._transaction():
            self._db.executemany("DELETE FROM events WHERE seq = ?", ((seq,) for seq in gone))
            self._set("removed_through", max(self._number("removed_through"), *gone))
            return self._insert(row)

    def begin_anew(self, after: int, moved: Callable[[bytes, str, int], bytes]) -> None:
        """Go on as a new stream of what comes after number ``after``, in its order and as far apart; all or nothing.

        ``moved`` spells an event anew for a stream in which its number is lower by so much.

        Raises:
            OutboxFullError, OutboxDamagedError: Nothing changed.
        """
        stream, last = str(uuid.uuid4()), after
        with self._lock:
            with storage_errors(), self._transaction():
                self._db.execute("DELETE FROM events WHERE seq <= ?", (after,))
                query = "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT 500"
                while rows := self._db.execute(query, (last,)).fetchall():
                    last = rows[-1][0]
                    # From the oldest on, so that the number which each takes is free.
                    values = ((seq - after, moved(body, stream, after), seq) for seq, body in rows)
                    self._db.executemany("UPDATE events SET seq = ?, body = ? WHERE seq = ?", values)
                self._set("removed_through", max(self._number("removed_through") - after, 0))
                self._set("acknowledged", 0)
                self._db.execute("UPDATE meta SET value = ? WHERE key = 'stream'", (stream,))
            self.stream, self._acknowledged, self._next = stream, 0, self._next - after

    def sync(self) -> int:
        """Wait until everything appended before this call survives power loss; return the newest such sequence.

        Raises:
            OSError: The disk reported an error.
        """
        newest = self.last_seq
        with suppress(FileNotFoundError):
            # The lock is not held: appending goes on while the disk works. SQLite never locks the -wal file itself,
            # so that opening and closing it here drops none of its locks.
            descriptor = os.open(self.path.with_name(self.path.name + "-wal"), os.O_RDONLY)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        return newest

    def checkpoint(self) -> None:
        """Move WAL into the file so that WAL stays small. Appending goes on meanwhile.

        Raises:
            OutboxFullError, OutboxDamagedError: See :meth:`append`.
        """
        with storage_errors():
            db = sqlite3.connect(self.path, isolation_level=None, timeout=0.0)
            try:
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                db.close()

    def wal_bytes(self) -> int:
        """How much waits in WAL."""
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size
        except OSError:
            return 0

    def free_bytes_inside(self) -> int:
        """How much the file can take before it grows."""
        with self._lock, storage_errors():
            (pages,) = self._db.execute("PRAGMA freelist_count").fetchone()
            (size,) = self._db.execute("PRAGMA page_size").fetchone()
            return int(pages) * int(size)

    def unsent(self, limit: int = 500) -> list[Stored]:
        """The oldest events that the service has not acknowledged, in order."""
        return self.after(self.acknowledged, limit)

    def after(self, seq: int, limit: int = 500) -> list[Stored]:
        """The oldest events after ``seq``, acknowledged or not: what a restored service asks for."""
        with self._lock, storage_errors():
            query = "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
            return [Stored(*row) for row in self._db.execute(query, (seq, limit))]

    @property
    def acknowledged(self) -> int:
        """The newest sequence number that the service has acknowledged, and everything before it; never waits."""
        return self._acknowledged

    def acknowledge(self, stream: str, seq: int) -> None:
        """Note that the service stores everything up to ``seq``; another stream or a future number changes nothing.

        Raises:
            OutboxFullError, OutboxDamagedError: The disk does not take that. It counts all the same, until a restart.
        """
        with self._lock:
            if stream == self.stream and self._acknowledged < seq < self._next:
                self._acknowledged = seq
                with storage_errors(), self._transaction():
                    self._set("acknowledged", seq)

    def trim(self, older_than: datetime, most: int, step: int = TRIM_STEP) -> int:
        """Remove the oldest acknowledged events that are too old or too many, ``step`` at most; return how many went.

        Call again until it is 0: between two steps others have the lock. It looks from the oldest on and stops at the
        first that stays, so that what it reads does not grow with what is kept. Where a clock was set back, an event
        before that keeps the older ones after it until it is too old itself or they are too many, which is harmless.
        Unacknowledged events stay.
        """
        with self._lock, storage_errors(), self._transaction():
            limit_ms, limit_seq = int(older_than.timestamp() * 1000), self._next - 1 - most
            query = "SELECT seq, at_ms FROM events WHERE seq <= ? ORDER BY seq LIMIT ?"
            oldest = self._db.execute(query, (self._number("acknowledged"), step))
            gone = [seq for seq, _ in takewhile(lambda row: row[1] < limit_ms or row[0] <= limit_seq, oldest)]
            oldest.close()
            if gone:
                self._db.execute("DELETE FROM events WHERE seq <= ?", (gone[-1],))
                self._set("removed_through", max(self._number("removed_through"), gone[-1]))
            return len(gone)

    def candidates(self, keep: Keep, limit: int) -> list[tuple[int, str, int | None, int]]:
        """The oldest events of one kind: sequence, code, door and UTC milliseconds."""
        with self._lock, storage_errors():
            query = "SELECT seq, code, door, at_ms FROM events WHERE keep = ? ORDER BY seq LIMIT ?"
            return self._db.execute(query, (int(keep), limit)).fetchall()

    def newest_ms(self) -> int:
        """When the newest event happened, in UTC milliseconds; 0 without any."""
        with self._lock, storage_errors():
            row = self._db.execute("SELECT at_ms FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            return int(row[0]) if row else 0

    def examine(self) -> None:
        """Look through the whole file for damage; takes about a second for a million events.

        Raises:
            OutboxDamagedError: There is some.
        """
        with storage_errors():
            db = sqlite3.connect(self.path, isolation_level=None)
            try:
                (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            finally:
                db.close()
        if verdict != "ok":
            raise OutboxDamagedError(f"{self.path}: {verdict}.")

    def close(self, *, clean: bool = True) -> None:
        """Close the file; ``clean`` leaves the mark of an orderly stop.

        Whoever still uses it gets :class:`OutboxDamagedError`. SQLite's own answer to a connection that is closed
        under a thread that reads would be a crash, so the lock is held.
        """
        with self._lock:
            if clean:
                with suppress(sqlite3.Error):
                    self._set("clean", 1)
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _meta(self, key: str) -> object:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _number(self, key: str) -> int:
        value = self._meta(key)
        return value if isinstance(value, int) else 0

    def _set(self, key: str, value: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        before = self._next
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._next = before
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise


@contextmanager
def storage_errors() -> Iterator[None]:
    """Tell a full disk from a damaged file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OutboxFullError(str(error)) from error
    except sqlite3.DatabaseError as error:
        raise OutboxDamagedError(str(error)) from error


@contextmanager
def going_on() -> Iterator[None]:
    """Let care for the file fail without an end to the thread that takes it; a full disk is told by whoever appends."""
    try:
        yield
    except (OutboxFullError, OutboxDamagedError, OSError):
        return
    except Exception:  # noqa: BLE001 - nothing would be brought to safety any more
        _log.exception("Caring for the record of events met a fault of its own and goes on.")


def open_outbox(path: Path, at: datetime, *, max_pages: int | None = None) -> tuple[Outbox, Opened]:
    """Open the outbox, or set a damaged one aside and begin a new stream.

    Raises:
        OutboxFullError: There is no room for a new file.
    """
    existed = path.exists()
    try:
        outbox = Outbox(path, max_pages=max_pages)
    except OutboxDamagedError:
        place = set_aside(path, at)
        return Outbox(path, max_pages=max_pages), Opened(unclean=existed, set_aside=place)
    return outbox, Opened(unclean=outbox.unclean)
