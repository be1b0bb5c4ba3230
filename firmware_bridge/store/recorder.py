"""Keeps every event without ever making a door wait.

The thread that moves doors hands an event over and waits for at most ``WAIT_S`` until the operating system has it. Two
threads do the rest: one appends in order, and makes room or begins a new stream when it must; the other makes what was
appended survive the loss of power. When the disk is slow, full or broken, events wait in memory, flagged ``late``.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.store.files import set_aside
from firmware_bridge.store.making_room import make_room
from firmware_bridge.store.outbox import (
    WAL_PAGES,
    Keep,
    Opened,
    Outbox,
    OutboxDamagedError,
    OutboxFullError,
    Row,
    open_outbox,
)

WAIT_S: Final = 0.05
RETRY_S: Final = 0.25
CARE_S: Final = 5.0  # how often space is looked at
MOST_WAITING: Final = 50_000  # events in memory while the disk takes none
RESERVE_BYTES: Final = 3 * 1024 * 1024  # given up on a full disk so that making room has room itself
ROOM_INSIDE: Final = 512 * 1024
_log = logging.getLogger(__name__)

Detail = Mapping[str, str | int | float | bool | None]


@dataclass(slots=True, eq=False)
class Entry:
    """One event on its way to the outbox. ``late`` says that the door moved before the event was stored."""

    code: str
    at: datetime
    door: int | None = None
    reader: int | None = None
    holder: int | None = None
    drill: bool = False
    detail: Detail = field(default_factory=lambda: MappingProxyType({}))
    mono_s: float | None = None
    late: bool = False
    stored: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Writing:
    """How entries become rows: which may be given up on a full disk, and how they are written."""

    keep: Callable[[Entry], Keep]
    encode: Callable[[Entry, str, int], bytes]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: see docs/settings.md. ``max_pages`` bounds the file itself, in pages of 4 KiB."""

    days: int = 30
    count: int = 1_000_000
    min_free_bytes: int = 32 * 1024 * 1024
    max_pages: int | None = None


class Recorder:
    """The outbox with its two threads."""

    def __init__(
        self,
        path: Path,
        writing: Writing,
        clock: Clock,
        limits: Limits | None = None,
        *,
        heard: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """``heard`` is called with each stored event's bytes, on the appending thread; it must not block."""
        self._path = path
        self._writing = writing
        self._clock = clock
        self._limits = limits or Limits()
        self._heard = heard
        self._reserve = path.with_name(path.name + ".reserve")
        self._waiting: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._work = threading.Event()  # something was appended since the last sync
        self._outbox: Outbox | None = None
        self._stopping = False
        self._trouble = False
        self._slow = False
        self._told_full = False
        self._low = False
        self._damaged = ""
        self._lost = 0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Open the outbox, note what was found, and start the threads. A full disk only means that events wait."""
        with suppress(OutboxFullError):
            self._open()
        for target, name in ((self._appending, "outbox"), (self._syncing, "outbox-sync")):
            thread = threading.Thread(target=target, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def record(self, entry: Entry, wait_s: float = WAIT_S) -> bool:
        """Hand over one event and wait for it: :meth:`hand_over`, then :meth:`wait_for`."""
        self.hand_over(entry)
        return self.wait_for(entry, wait_s)

    def hand_over(self, entry: Entry) -> None:
        """Take one event; never waits. Events are stored in the order in which they were handed over."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._give_one_up()
            self._waiting.append(entry)
            self._changed.notify()

    def wait_for(self, entry: Entry, wait_s: float = WAIT_S) -> bool:
        """Wait until the operating system has an event that was handed over, or not longer than ``wait_s``.

        Returns whether it has. If not, the event is flagged, kept in memory and stored as soon as the disk allows. Once
        the disk has taken nothing for that long, later events do not wait until it takes some again.
        """
        if entry.stored.wait(0 if self._slow else wait_s):
            return True
        entry.late = self._slow = True
        return entry.stored.is_set()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything handed over so far is stored and survives power loss."""
        with self._changed:
            waiting = list(self._waiting)
        stored = all(entry.stored.wait(timeout_s) for entry in waiting)
        outbox = self._outbox
        if outbox is not None:
            with suppress(OSError):
                outbox.sync()
        return stored and outbox is not None

    def begin_anew(self, why: str) -> None:
        """Set the outbox aside like a damaged one and begin a new stream; never waits."""
        with self._changed:
            self._damaged = why
            self._changed.notify()

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, once there is room for one."""
        return self._outbox

    @property
    def trouble(self) -> bool:
        """Whether events wait in memory because the disk takes none."""
        return self._trouble

    def stop(self, timeout_s: float = 5.0) -> None:
        """Store what still waits, leave the mark of an orderly stop, and end the threads."""
        self.flush(timeout_s)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._work.set()
        for thread in self._threads:
            thread.join(timeout_s)
        if self._outbox is not None:
            with suppress(OSError):
                self._outbox.sync()
            self._outbox.close(clean=not self._waiting)

    def _give_one_up(self) -> None:
        """Let the least important of the oldest events in memory go; the count is told later."""
        for number, entry in enumerate(self._waiting):
            if self._writing.keep(entry) is not Keep.EVIDENCE or number > 1000:
                del self._waiting[number]
                self._lost += 1
                return

    # The appending thread.

    def _open(self) -> None:
        now = self._clock.moment().at
        self._outbox, found = open_outbox(self._path, now, max_pages=self._limits.max_pages)
        self._tell_found(found, now)

    def _tell_found(self, found: Opened, now: datetime) -> None:
        if found.set_aside is not None:
            self._put_first(Entry("OUTBOX_DAMAGED", now, detail={"set_aside": found.set_aside.name}))
        if found.unclean:
            self._put_first(Entry("BRIDGE_UNCLEAN_STOP", now))

    def _put_first(self, entry: Entry) -> None:
        with self._changed:
            self._waiting.appendleft(entry)
            self._changed.notify()

    def _put_last(self, entry: Entry) -> None:
        entry.late = True
        with self._changed:
            self._waiting.append(entry)

    def _appending(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping and not self._low and not self._damaged:
                    self._changed.wait()
                if self._stopping and (not self._waiting or self._trouble):
                    return
                entry = self._waiting[0] if self._waiting else None
            try:
                self._serve(entry)
                self._recovered()
            except OutboxDamagedError as error:
                self._damaged = str(error)
            except (OutboxFullError, OSError) as error:
                self._step_back(error)
            except Exception as error:  # noqa: BLE001 - one event that cannot be written must not stop the others
                self._replace_unwritable(entry, error)

    def _replace_unwritable(self, entry: Entry | None, error: Exception) -> None:
        """Take out an event that is no event, and tell that instead."""
        code = entry.code if entry is not None else ""
        _log.error("The event %r cannot be written (%s).", code, error)
        with self._changed:
            if entry is not None and entry in self._waiting:
                self._waiting.remove(entry)
                entry.stored.set()
            if code != "CONTROLLER_FAULT":
                why = f"The event {code} cannot be written: {error}"
                self._waiting.append(Entry("CONTROLLER_FAULT", self._clock.moment().at, detail={"why": why}))

    def _serve(self, entry: Entry | None) -> None:
        if self._damaged:
            self._begin_new_stream()
        if self._outbox is None:
            self._open()
            return
        if self._low:
            self._low = False
            self._make_room(self._outbox)
        if entry is None:
            return
        flagged = entry.late
        self._append(self._outbox, entry)
        with self._changed:
            self._waiting.remove(entry)
        entry.stored.set()
        if entry.late and not flagged:
            self._append(self._outbox, Entry("EVENT_LATE", entry.at, detail={"seq": self._outbox.last_seq}))
        if self._lost:
            lost, self._lost = self._lost, 0
            self._put_first(Entry("EVENTS_LOST", self._clock.moment().at, detail={"count": lost}))

    def _append(self, outbox: Outbox, entry: Entry) -> None:
        row, written = self._row(entry)
        outbox.append(row)
        self._work.set()
        self._heard(written[-1])

    def _row(self, entry: Entry) -> tuple[Row, list[bytes]]:
        written: list[bytes] = []

        def body(stream: str, seq: int) -> bytes:
            written.append(self._writing.encode(entry, stream, seq))
            return written[-1]

        at_ms = int(entry.at.timestamp() * 1000)
        return Row(self._writing.keep(entry), entry.code, entry.door, at_ms, body), written

    def _step_back(self, error: Exception) -> None:
        """The disk took nothing: give up the reserve, make room, and try again a little later."""
        if not self._trouble:
            _log.error("Events wait in memory: the disk takes none (%s). Make room on it; doors go on.", error)
        self._trouble = self._slow = True
        self._reserve.unlink(missing_ok=True)
        if self._outbox is not None and "locked" not in str(error):
            with suppress(OutboxFullError, OutboxDamagedError):
                if self._make_room(self._outbox):
                    return
        if not self._told_full:
            self._told_full = True
            self._put_last(Entry("DISK_FULL", self._clock.moment().at, detail={"why": str(error)}))
        with self._changed:
            if not self._stopping:
                self._changed.wait(RETRY_S)

    def _recovered(self) -> None:
        self._trouble = self._slow = False
        if self._told_full and self._outbox is not None:
            self._told_full = False
            _log.warning("The disk takes events again.")
            self._put_last(Entry("DISK_RECOVERED", self._clock.moment().at))

    def _make_room(self, outbox: Outbox) -> bool:
        told: list[list[bytes]] = []

        def explain(keep: Keep, detail: Mapping[str, str | int]) -> Row:
            code = "EVENTS_DROPPED" if keep is Keep.DIAGNOSTIC else "EVENTS_FOLDED"
            row, written = self._row(Entry(code, self._clock.moment().at, detail=detail))
            told.append(written)
            return row

        went = make_room(outbox, explain)
        for written in told:
            self._heard(written[-1])
        with suppress(OutboxFullError):
            outbox.checkpoint()
        return went > 0

    def _begin_new_stream(self) -> None:
        now = self._clock.moment().at
        _log.error("The outbox is damaged (%s). It is set aside and a new stream begins.", self._damaged)
        if self._outbox is not None:
            self._outbox.close(clean=False)
            self._outbox = None
        if self._path.exists():
            place = set_aside(self._path, now)
            self._put_first(Entry("OUTBOX_DAMAGED", now, detail={"set_aside": place.name}))
        self._damaged = ""

    # The syncing thread.

    def _syncing(self) -> None:
        self._examine()
        checked_s = trimmed_s = -1e9
        while not self._stopping:
            self._work.wait(CARE_S)
            self._work.clear()
            outbox = self._outbox
            if outbox is None:
                continue
            now_s = self._clock.monotonic_s()
            with suppress(OutboxFullError, OutboxDamagedError, OSError):
                outbox.sync()
                if outbox.wal_bytes() > WAL_PAGES * 4096:
                    outbox.checkpoint()
                if now_s - checked_s >= CARE_S:
                    checked_s = now_s
                    self._look_at_space(outbox)
                if now_s - trimmed_s >= 3600:
                    trimmed_s = now_s
                    self._trim(outbox)

    def _examine(self) -> None:
        outbox = self._outbox
        if outbox is not None:
            try:
                outbox.examine()
            except OutboxDamagedError as error:
                with self._changed:
                    self._damaged = str(error)
                    self._changed.notify()
            except OutboxFullError:
                return

    def _look_at_space(self, outbox: Outbox) -> None:
        free = shutil.disk_usage(self._path.parent).free
        if free >= self._limits.min_free_bytes + RESERVE_BYTES:
            self._set_up_reserve()
        elif free < self._limits.min_free_bytes and outbox.free_bytes_inside() < ROOM_INSIDE:
            with self._changed:
                self._low = True
                self._changed.notify()

    def _set_up_reserve(self) -> None:
        if not self._reserve.exists():
            try:
                self._reserve.write_bytes(bytes(RESERVE_BYTES))
            except OSError:
                self._reserve.unlink(missing_ok=True)

    def _trim(self, outbox: Outbox) -> None:
        older = self._clock.moment().at - timedelta(days=self._limits.days)
        while not self._stopping and outbox.trim(older, self._limits.count):
            pass
