"""Keeps every event without ever making a door wait.

The thread that moves doors hands an event over and waits for at most ``WAIT_S`` until the operating system has it. Two
threads do the rest: one appends in order, and makes room or begins a new stream when it must; the other makes what was
appended survive the loss of power. When the disk is slow, full or broken, events wait in memory, flagged ``late``.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.store.at_work import AtWork
from firmware_bridge.store.entries import Entry, Limits, Writing
from firmware_bridge.store.making_room import make_room
from firmware_bridge.store.new_stream import NewStream, leave, put_aside
from firmware_bridge.store.outbox import (
    WAL_PAGES,
    Keep,
    Outbox,
    OutboxDamagedError,
    OutboxFullError,
    Row,
    going_on,
    open_outbox,
)
from firmware_bridge.store.read_only import EXCHANGE, MAKE_ROOM
from firmware_bridge.store.space import Space

WAIT_S: Final = 0.05
RETRY_S: Final = 0.25
CARE_S: Final = 5.0  # how often space is looked at
TRIM_EVERY_S: Final = 3600.0  # how often old events go
TRIM_PAUSE_S: Final = 0.02  # between two steps of that: the lock alone lets no append that waits go first
HANGS_S: Final = 2.0  # longer than a busy card takes
MOST_WAITING: Final = 50_000  # events in memory while the disk takes none
ROOM_INSIDE: Final = 512 * 1024
_log = logging.getLogger(__name__)


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
        clock_trusted: Callable[[], bool] = lambda: True,
    ) -> None:
        """``heard`` is called with each stored event's bytes, on the appending thread; it must not block.

        While the clock is not trusted no event goes because it is old.
        """
        self._path = path
        self._writing = writing
        self._clock = clock
        self._limits = limits or Limits()
        self._heard = heard
        self._clock_trusted = clock_trusted
        self._space = Space(path, self._limits.min_free_bytes)
        self._waiting: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._work = threading.Event()  # something was appended since the last sync
        self._outbox: Outbox | None = None
        self._stopping = False
        self._trouble = False
        self._slow = False
        self._told = ""  # how the trouble was told
        self._read_only = False
        self._low = False
        self._new: NewStream | None = None  # one has to begin
        self._lost = 0
        self._appends, self._syncs = (AtWork(clock, HANGS_S, self._tell_hung) for _ in range(2))
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Open the outbox, note what was found, start the threads. Where the disk takes nothing, events wait."""
        try:
            self._open()
        except (OutboxFullError, OSError) as error:
            self._note_trouble(error)
            # Told here, or a disk that is mended before the first event would have been bad without one.
            self._tell_trouble(str(error))
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
        if (outbox := self._outbox) is not None:
            with suppress(OSError):
                outbox.sync()
        return stored and outbox is not None

    def begin_anew(self, new: NewStream) -> None:
        """Begin a new stream as soon as the disk takes it; never waits."""
        with self._changed:
            self._new = new
            self._changed.notify()

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, once there is room for one."""
        return self._outbox

    @property
    def trouble(self) -> bool:
        """Whether the disk takes nothing, so that events wait in memory."""
        return self._trouble or self._read_only or self._appends.hangs

    @property
    def hangs(self) -> bool:
        """Whether the disk does not answer: it takes no event, or does not say that what it took is safe."""
        return self._appends.hangs or self._syncs.hangs

    @property
    def read_only(self) -> bool:
        """Whether that is because it can only be read."""
        return self._read_only

    def waiting(self) -> int:
        """How many events wait in memory."""
        return len(self._waiting)

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
            self._changed.notify()

    def _appending(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping and not self._low and self._new is None:
                    self._changed.wait()
                if self._stopping and (not self._waiting or self._trouble):
                    return
                entry = self._waiting[0] if self._waiting else None
            try:
                self._take(entry)
            except Exception as error:  # noqa: BLE001 - nobody would store anything any more
                _log.exception("Storing events met a fault of its own and goes on.")
                self._trouble = self._slow = True
                self._tell_trouble(str(error))
                self._pause()

    def _take(self, entry: Entry | None) -> None:
        try:
            with self._appends.asking():
                self._serve(entry)
            self._recovered()
        except OutboxDamagedError as error:
            self._new = NewStream(str(error))
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
        if self._new is not None:
            self._begin_new_stream(self._new)
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
        return self._writing.row(entry, written.append), written

    def _step_back(self, error: Exception) -> None:
        """The disk took nothing: give up the reserve, make room, and try again a little later."""
        self._note_trouble(error)
        self._space.give_up()
        if self._outbox is not None and "locked" not in str(error):
            with suppress(OutboxFullError, OutboxDamagedError):
                if self._make_room(self._outbox):
                    return
        self._tell_trouble(str(error))
        self._pause()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait(0 if self._stopping else RETRY_S)

    def _note_trouble(self, error: Exception) -> None:
        self._read_only = self._space.read_only()
        if not self._trouble:
            todo = EXCHANGE if self._read_only else MAKE_ROOM
            _log.error("Events wait in memory: the disk takes none (%s). Doors go on. %s", error, todo)
        self._trouble = self._slow = True

    def _tell_trouble(self, why: str) -> None:
        code = "DISK_READ_ONLY" if self._read_only else "DISK_FULL"
        with self._changed:
            if self._told != code:
                self._told = code
                self._put_last(Entry(code, self._clock.moment().at, detail={"why": why}))

    def _tell_hung(self, took_s: float, unreported: int) -> None:
        detail = {"seconds": round(took_s)} | ({"unreported": unreported} if unreported else {})
        self._put_last(Entry("DISK_HUNG", self._clock.moment().at, detail=detail))

    def _recovered(self) -> None:
        self._trouble = self._slow = False
        if not self._told or self._outbox is None:
            return
        self._read_only = self._space.read_only()
        with self._changed:
            if self._told and not self._read_only:
                self._told = ""
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

    def _begin_new_stream(self, new: NewStream) -> None:
        now = self._clock.moment().at
        if new.leaves:
            told = leave(self._outbox, new, now)
        else:
            outbox, self._outbox = self._outbox, None
            told = put_aside(outbox, self._path, new, now)
        self._new = None
        if told is not None:
            self._put_first(told)

    # The syncing thread.

    def _syncing(self) -> None:
        self._examine()
        checked_s, trimmed_s, pause_s = -1e9, -1e9, CARE_S
        while not self._stopping:
            self._work.wait(pause_s)
            self._work.clear()
            pause_s = CARE_S
            outbox = self._outbox
            if outbox is None:
                continue
            now_s = self._clock.monotonic_s()
            with going_on():
                with self._syncs.asking():
                    outbox.sync()
                if outbox.wal_bytes() > WAL_PAGES * 4096:
                    outbox.checkpoint()
                if now_s - checked_s >= CARE_S:
                    checked_s = now_s
                    self._look_at_space(outbox)
                if now_s - trimmed_s >= TRIM_EVERY_S:
                    more = self._trim(outbox)  # the next step follows a sync of what was appended meanwhile
                    pause_s, trimmed_s = (TRIM_PAUSE_S, trimmed_s) if more else (CARE_S, now_s)

    def _examine(self) -> None:
        outbox = self._outbox
        if outbox is not None:
            with going_on():
                try:
                    outbox.examine()
                except OutboxDamagedError as error:
                    self.begin_anew(NewStream(str(error)))

    def _look_at_space(self, outbox: Outbox) -> None:
        self._read_only = self._space.read_only()
        if self._read_only:
            # A file that is open may take events for a while yet, but nothing new can be made beside it.
            self._tell_trouble(EXCHANGE)
        elif self._told == "DISK_READ_ONLY" and not self._trouble:
            self._recovered()
        elif self._space.short() and outbox.free_bytes_inside() < ROOM_INSIDE:
            with self._changed:
                self._low = True
                self._changed.notify()

    def _trim(self, outbox: Outbox) -> bool:
        """Let a step's worth of old events go; whether there were any."""
        now = self._clock.moment().at if self._clock_trusted() else datetime.fromtimestamp(0, UTC)
        return outbox.trim(now - timedelta(days=self._limits.days), self._limits.count) > 0
