"""What a bridge must still know after a crash: emergencies, cancelled overrides, used passes, proof of its clock.

A small SQLite file with ``synchronous=FULL``: whatever a method kept survives the loss of power once it returns.
Emergencies are kept a second time as single files, and reading takes the union, so that damage to one copy cannot end
one: nothing but a release does.

Whoever keeps something, or looks up anything but a fact, waits for the disk and for all who came before: one lock is
held meanwhile. Facts are read once and answered from memory.

On a disk that can only be read, or that is so full that the file cannot even be opened, a copy in memory answers;
nothing is kept before :meth:`BridgeMemory.reopen` succeeds.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from access_control.core.decision.emergency import Directive, Release
from firmware_bridge.store.files import set_aside, write_durably
from firmware_bridge.store.read_only import EXCHANGE, MAKE_ROOM, copy_in_memory, read_only, remedy

SCHEMA: Final = 1
_TABLES: Final = (
    "CREATE TABLE emergency (kind TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE cancelled (override TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE used_pass (pass TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE action (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {SCHEMA}",
)
USED_PASS_KEPT_S: Final = 24 * 3600  # after its expiry, when nothing admits it any more
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_SQLITE_NO_ROOM: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
)
MOST_ACTIONS: Final = 20_000  # by number and not by time: a clock that is set back must not carry one out again


class EmergencyKind(StrEnum):
    """The two phases of an emergency."""

    DIRECTIVE = "directive"
    RELEASE = "release"

    @classmethod
    def of(cls, record: Directive | Release) -> EmergencyKind:
        """Which phase a record belongs to."""
        return cls.DIRECTIVE if isinstance(record, Directive) else cls.RELEASE


class MemoryFullError(Exception):
    """The disk took nothing; the sentence says what was not kept."""


@dataclass(frozen=True, slots=True)
class ClockProof:
    """When this bridge's clock was last known to be right, and in which boot of the machine.

    ``mono_s`` is what the monotonic clock said then, ``doubted_s`` what it said when the service has contradicted the
    other one since. ``accepted``: a person has said that an earlier time than what is stored here is right, and
    documents that bear a later one say nothing of the clock.
    """

    boot_id: str
    at: datetime
    mono_s: float
    doubted_s: float | None = None
    accepted: bool = False


class BridgeMemory:
    """The file and the second copies. Every method may be called from any thread.

    Attributes:
        damaged: What could not be used.
        read_only: Whether a copy in memory answers, and nothing is kept.
    """

    def __init__(self, directory: Path, at: datetime) -> None:
        """Open or create ``memory.db`` in ``directory``; a damaged one is set aside and named in ``damaged``.

        Raises:
            MemoryFullError: Something is in its way.
        """
        self._path = directory / "memory.db"
        self._copies = directory / "emergencies"
        self._lock = threading.Lock()
        self.damaged: tuple[Path, ...] = ()
        self.read_only = read_only(directory)
        if self.read_only:
            self._db = self._copy()
        else:
            self._open_or_copy(at)
        self._facts = self._read_facts()

    def _open_or_copy(self, at: datetime) -> None:
        """After an orderly stop SQLite needs room to open the file; without it the doors must work all the same."""
        try:
            self._open(at)
        except (sqlite3.Error, OSError) as error:
            if not _no_room(error):
                raise MemoryFullError(f"{self._path} cannot be opened ({error}). Make room on the disk.") from error
            self.read_only = True
            self._db = self._copy()

    def _open(self, at: datetime) -> None:
        self._copies.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._db = self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self.damaged = (set_aside(self._path, at),)
            self._db = self._connect()

    def _copy(self) -> sqlite3.Connection:
        """What is on a disk that takes nothing; nothing, and the file counts as damaged, where that cannot be."""
        try:
            db = copy_in_memory(self._path)
            _check(db)
        except sqlite3.Error:
            if not self.damaged and self._path.exists() and self._path.stat().st_size:
                self.damaged = (self._path,)
            db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            _make_tables(db)
        return db

    def reopen(self) -> None:
        """Work with the file itself again, once the disk can be written; harmless where that is so already.

        Raises:
            MemoryFullError: It still can only be read.
        """
        with self._lock:
            if not self.read_only:
                return
            try:
                self._copies.mkdir(mode=0o700, parents=True, exist_ok=True)
                fresh = self._connect()
            except (sqlite3.Error, OSError) as error:
                raise MemoryFullError(f"{self._path} cannot be written ({error}). {self._remedy()}") from error
            self._db.close()
            self._db, self.read_only = fresh, False
            self._facts = self._read_facts()

    def _connect(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=1.0)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            if db.execute("PRAGMA user_version").fetchone() == (0,):
                _make_tables(db)
            _check(db)
        except BaseException:
            db.close()
            raise
        return db

    def keep_emergency(self, kind: EmergencyKind, identity: str, body: bytes) -> None:
        """Keep a directive or release for ever; the same one twice is harmless, and two under one id are both kept.

        Raises:
            MemoryFullError: Not both copies could be written, or not the single file.
        """
        why: MemoryFullError | None = None
        identity = self._place(kind, identity, body)
        try:
            self._run("INSERT OR IGNORE INTO emergency VALUES (?, ?, ?)", (kind.value, identity, body))
        except MemoryFullError as error:
            why = error
        copy = self._copies / f"{kind}-{identity}"
        try:
            # Also where it is there already: a disk that failed in the middle may hold it and not its name.
            write_durably(copy, body)
        except OSError as error:
            why = why or MemoryFullError(f"{copy} cannot be written ({error.strerror}). {remedy(error)}")
            raise MemoryFullError(f"The {kind} could not be kept, so a restart would forget it. {why}") from error

    def _place(self, kind: EmergencyKind, identity: str, body: bytes) -> str:
        """Under which name to keep it: its id, unless another document has that already."""
        rows = self._all("SELECT body FROM emergency WHERE kind = ? AND id = ?", (kind.value, identity))
        there = [bytes(row[0]) for row in rows]
        with suppress(OSError):
            there.append((self._copies / f"{kind}-{identity}").read_bytes())
        return f"{identity}+{sha256(body).hexdigest()[:16]}" if there and body not in there else identity

    def repair_emergency(self, kind: EmergencyKind, identity: str, body: bytes) -> None:
        """Write both copies anew after one was damaged.

        Raises:
            MemoryFullError: One could not be written; the other stays.
        """
        self._run("INSERT OR REPLACE INTO emergency VALUES (?, ?, ?)", (kind.value, identity, body))
        try:
            write_durably(self._copies / f"{kind}-{identity}", body)
        except OSError as error:
            raise MemoryFullError(f"A second copy of the {kind} could not be written ({error.strerror}).") from error

    def emergencies(self, kind: EmergencyKind) -> dict[str, list[bytes]]:
        """Every directive or release ever kept, by id, with each copy that can be read: two unless one is damaged."""
        found: dict[str, list[bytes]] = {}
        with self._lock, suppress(sqlite3.Error):
            for identity, body in self._db.execute("SELECT id, body FROM emergency WHERE kind = ?", (kind.value,)):
                found.setdefault(identity, []).append(body)
        for copy in self._copies.glob(f"{kind}-*"):
            if copy.suffix == ".new":
                continue
            with suppress(OSError):
                found.setdefault(copy.name.removeprefix(f"{kind}-"), []).append(copy.read_bytes())
        return found

    def cancel_override(self, identity: str) -> None:
        """Keep that an emergency cancelled this override for good.

        Raises:
            MemoryFullError: It could not be kept.
        """
        self._run("INSERT OR IGNORE INTO cancelled VALUES (?)", (identity,))

    def cancelled_overrides(self) -> frozenset[str]:
        """Every override that an emergency cancelled."""
        return frozenset(identity for (identity,) in self._all("SELECT override FROM cancelled"))

    def use_pass(self, pass_id: int, until: int) -> None:
        """Keep that a single-entry pass, valid until that UTC second, has opened its door.

        Raises:
            MemoryFullError: It could not be kept.
        """
        self._run("INSERT OR REPLACE INTO used_pass VALUES (?, ?)", (f"{pass_id:016x}", until))

    def used_passes(self, now: int) -> dict[int, int]:
        """Used passes and their expiry; those expired for a day are forgotten, since nothing admits them any more."""
        with suppress(MemoryFullError):
            self._run("DELETE FROM used_pass WHERE until < ?", (now - USED_PASS_KEPT_S,))
        return {int(pass_id, 16): int(until) for pass_id, until in self._all("SELECT pass, until FROM used_pass")}

    def begin_action(self, identity: str, until: int) -> bool:
        """Keep that an action, good until that UTC second, is carried out now; ``False`` if it was before.

        Raises:
            MemoryFullError: It could not be kept, so it must not be carried out.
        """
        if self._all("SELECT 1 FROM action WHERE id = ?", (identity,)):
            return False
        self._run("INSERT INTO action VALUES (?, ?)", (identity, until))
        with suppress(MemoryFullError):
            gone = "SELECT id FROM action ORDER BY until DESC LIMIT -1 OFFSET ?"
            self._run(f"DELETE FROM action WHERE id IN ({gone})", (MOST_ACTIONS,))  # noqa: S608 - nothing from outside
        return True

    def prove_clock(self, proof: ClockProof) -> None:
        """Keep that the clock was right.

        Raises:
            MemoryFullError: It could not be kept.
        """
        at = proof.at.astimezone(UTC).isoformat()
        self.keep_fact("clock", json.dumps([proof.boot_id, at, proof.mono_s, proof.doubted_s, proof.accepted]).encode())

    def clock_proof(self) -> ClockProof | None:
        """The last proof of the clock, if there ever was one that can be read; an earlier version's cannot."""
        with suppress(ValueError, TypeError):
            boot_id, at, mono_s, doubted_s, accepted = json.loads(self.fact("clock") or b"")
            return ClockProof(boot_id, datetime.fromisoformat(at), float(mono_s), doubted_s, accepted)
        return None

    def keep_fact(self, name: str, value: bytes) -> None:
        """Keep one named value, in place of an earlier one.

        Raises:
            MemoryFullError: It could not be kept.
        """
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))
            self._facts[name] = value

    def fact(self, name: str) -> bytes | None:
        """The value that is on the disk under that name; never waits, also while something is being kept."""
        return self._facts.get(name)

    def _read_facts(self) -> dict[str, bytes]:
        with suppress(sqlite3.Error):
            return {name: bytes(value) for name, value in self._db.execute("SELECT name, value FROM fact")}
        return {}

    def close(self) -> None:
        """Close the file; under the lock, for SQLite crashes where a connection is closed while a thread reads."""
        with self._lock:
            self._db.close()

    def _run(self, statement: str, values: tuple[str | int | bytes, ...]) -> None:
        with self._writing() as db:
            db.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                if self.read_only:
                    raise MemoryFullError(f"{self._path} takes nothing. {self._remedy()}")
                yield self._db
        except sqlite3.Error as error:
            raise MemoryFullError(f"{self._path} takes nothing more ({error}). {self._remedy()}") from error

    def _remedy(self) -> str:
        return EXCHANGE if read_only(self._path.parent) else MAKE_ROOM

    def _all(self, query: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error:
                return []


def _no_room(error: Exception) -> bool:
    """Whether it is the disk that keeps a file from being opened, and not its owner or somebody who holds it."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    code = getattr(error, "sqlite_errorcode", None)  # the upper bits say more than anybody here asks
    return code is not None and code & 0xFF in _SQLITE_NO_ROOM


def _make_tables(db: sqlite3.Connection) -> None:
    with _transaction(db):
        for statement in _TABLES:
            db.execute(statement)


def _check(db: sqlite3.Connection) -> None:
    """Treat another layout like any other damage."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA:
        raise sqlite3.DatabaseError(f"layout {version}")
    if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("damaged")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
