"""A disk that hangs: whatever a bridge wants to survive a crash waits, with every lock held that is held then."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from firmware_bridge.runtime.bridge import Bridge
from firmware_bridge.store.memory import BridgeMemory
from tests.building.processes import until

LONGEST_S: Final = 120.0


class HangingDisk:
    """One bridge's state directory: synchronising a file there, and changing a database, waits until it goes on."""

    def __init__(self, state: Path) -> None:
        """``waiting`` names what waits now."""
        self._state = str(state.resolve())
        self._going = threading.Event()
        self.waiting: list[str] = []

    def go_on(self) -> None:
        self._going.set()

    def until_it_holds(self, what: str) -> None:
        """Wait until something whose name contains ``what`` hangs."""
        until(lambda: any(what in one for one in self.waiting), f"{what} hangs")

    def hold(self, what: str) -> None:
        if not self._going.is_set():
            self.waiting.append(what)
            self._going.wait(LONGEST_S)
            self.waiting.remove(what)

    def instead_of(self, sync: Callable[[int], None]) -> Callable[[int], None]:
        """``os.fsync`` or ``os.fdatasync``, as this disk does it."""

        def synchronise(descriptor: int) -> None:
            path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
            if path.startswith(self._state):
                self.hold(path)
            sync(descriptor)

        return synchronise


class HangingDatabase:
    """A connection whose changes wait for the disk; whoever asks for one holds its lock meanwhile, as with SQLite."""

    def __init__(self, db: sqlite3.Connection, disk: HangingDisk, name: str) -> None:
        """``name`` is what the disk calls it."""
        self._db = db
        self._disk = disk
        self._name = name

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        if not statement.startswith(("SELECT", "PRAGMA")):
            self._disk.hold(self._name)
        return self._db.execute(statement, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def hang(state: Path, memory: BridgeMemory, patch: pytest.MonkeyPatch) -> HangingDisk:
    """Have the disk hang from now on, until it goes on or ``patch`` is undone."""
    disk = HangingDisk(state)
    patch.setattr(os, "fsync", disk.instead_of(os.fsync))
    patch.setattr(os, "fdatasync", disk.instead_of(os.fdatasync))
    patch.setattr(memory, "_db", HangingDatabase(memory._db, disk, "memory.db"))
    return disk


@contextmanager
def hanging(bridge: Bridge, *, events: bool = False) -> Iterator[HangingDisk]:
    """The disk of a bridge that runs hangs; with ``events`` it does not even take these."""
    with pytest.MonkeyPatch.context() as patch:
        disk = hang(bridge.config.state_dir, bridge.documents._memory, patch)
        outbox = bridge.recorder.outbox
        if events and outbox is not None:
            patch.setattr(outbox, "_db", HangingDatabase(outbox._db, disk, "outbox.db"))
        try:
            yield disk
        finally:
            disk.go_on()
