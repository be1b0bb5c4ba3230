"""The thread that serves one RS-485 line of OSDP readers; all thinking is done by the pure ``protocol.osdp.bus``."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence

from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import Moment, PortChanged
from firmware_bridge.devices.beat import Beat
from firmware_bridge.devices.serial_line import LineUnavailableError, SerialLine, open_line
from firmware_bridge.devices.tap import Tap
from firmware_bridge.devices.throttle import Throttle
from firmware_bridge.ports import LONGEST_STOP_S, Emit
from firmware_bridge.protocol.osdp.bus import Bus
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup

__all__ = ["OsdpPort", "ReaderSetup"]

_log = logging.getLogger(__name__)
_PR_SET_TIMERSLACK = 29
_FIRST_RETRY_S = 0.25
_LAST_RETRY_S = 4.0
_LONGEST_SLEEP_S = 1.0
_LONGEST_DEAF_S = 0.1
"""So long at most is an answer slept through: noise must be heard as it comes, or it looks like a pause in it."""
_FAREWELL_S = 1.0
_LEAD_S = 0.0002
"""A question is made ready this much before the line's pause is over, and sent when it is. At 115200 baud the whole
pause is shorter, so the question follows the answer without going to sleep in between."""
_SPIN_S = 0.00004
_UNHURRIED_BAUD = 9600
"""Up to this speed a character takes a millisecond or more: a sleep that ends a little late costs less than a lead."""
_BROKEN = "The line's program failed and was started again. Please report this with the log."
_STOPPED = "The bridge is stopping."


class OsdpPort:
    """One serial port with OSDP readers, served by a thread of its own.

    A port that is missing, taken or lost is reported once as ``PortChanged`` with its reason and tried again for ever.
    """

    def __init__(
        self,
        name: str,
        path: str,
        baud: int,
        readers: Sequence[ReaderSetup],
        *,
        emit: Emit,
        clock: Clock,
        entropy: Callable[[int], bytes] = os.urandom,
        timing: LinkTiming | None = None,
    ) -> None:
        """Nothing is opened before :meth:`start`.

        Raises:
            ValueError: Two readers share an id or an address.
        """
        self.name = name
        self.tap = Tap(name, baud)
        self._path = path
        self._baud = baud
        self._readers = tuple(readers)
        self._emit = Throttle(emit)
        self._clock = clock
        self._entropy = entropy
        self._timing = timing
        self._beat = Beat(clock)
        self._bus = self._new_bus()
        self._lead_s, self._spin_s = (_LEAD_S, _SPIN_S) if baud > _UNHURRIED_BAUD else (0.0, 0.0)
        self._asked: deque[DriveOutput | ShowAtReader | tuple[ReaderSetup, ...]] = deque()
        self._stopping = threading.Event()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.settimeout(0.0)
        self._wake_write.settimeout(0.0)
        self._told: tuple[bool, str] | None = None
        self._collisions = 0
        self._thread = threading.Thread(target=self._run, name=f"osdp {name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._beat.stamp()
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def silent_s(self) -> float:
        """How long ago the thread was last seen to work."""
        return self._beat.age_s()

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """Queue a command; safe from any thread, never blocks."""
        self._asked.append(command)
        self._wake()

    def reconfigure(self, readers: Sequence[ReaderSetup]) -> None:
        """Serve exactly these readers from now on; unchanged ones keep their session. Safe from any thread.

        Raises:
            ValueError: Two readers share an id or an address; the ones served so far stay.
        """
        Bus(readers, self._baud, self._entropy)
        self._asked.append(tuple(readers))
        self._wake()

    def stop(self) -> None:
        """Send outputs to relay-off as far as the line allows within a second, close the port, end the thread."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(LONGEST_STOP_S)
        self._wake_read.close()
        self._wake_write.close()

    # -- the thread

    def _run(self) -> None:
        _sleep_exactly()
        retry_s = _FIRST_RETRY_S
        while not self._stopping.is_set():
            try:
                with open_line(self._path, self._baud) as line:
                    retry_s = _FIRST_RETRY_S
                    self._tell_port(up=True, why="")
                    self._serve(line)
                    self._say_farewell(line)
            except LineUnavailableError as problem:
                self._line_lost(str(problem))
                self._wait_closed(retry_s)
                retry_s = min(2 * retry_s, _LAST_RETRY_S)
            except Exception:  # noqa: BLE001 - a fault of ours must not leave doors without their line
                _log.exception("port %s failed", self.name)
                self._line_lost(_BROKEN)
                self._bus = self._new_bus()
                self._wait_closed(_LAST_RETRY_S)
        self._line_lost(_STOPPED)

    def _serve(self, line: SerialLine) -> None:
        while not self._stopping.is_set():
            self._turn(line)

    def _turn(self, line: SerialLine) -> None:
        """Sleep until there is something to do on the line, and do it."""
        bus = self._bus
        self._beat.stamp()
        # While the line must still be carrying a packet there is nothing to read and nothing to send.
        if (deaf_s := bus.deaf_until_s() - self._clock.monotonic_s()) > 0:
            select.select([], [], [], min(deaf_s, _LONGEST_DEAF_S))
        wait_s = min(max(bus.wake_s() - self._lead_s - self._clock.monotonic_s(), 0.0), _LONGEST_SLEEP_S)
        arrived, asked = line.fileno(), self._wake_read.fileno()
        ready = select.select([arrived, asked], [], [], wait_s)[0]
        moment = self._clock.moment()
        if arrived in ready:
            self._hear(line.read(), moment)
            if line.collisions > self._collisions:
                bus.collided(moment)
            self._collisions = line.collisions
        if self._asked or asked in ready:
            self._obey()
        opens_s = bus.wake_s()
        if moment.mono_s < opens_s <= moment.mono_s + self._lead_s:
            moment = Moment(moment.at, opens_s)
        frame = bus.advance(moment)
        if frame:
            self._sleep_until(moment.mono_s)
            line.write(frame)
            self.tap.hand(frame, moment.mono_s, sent=True)
        self._publish()

    def _hear(self, data: bytes, moment: Moment) -> None:
        self.tap.hand(data, moment.mono_s, sent=False)
        self._bus.receive(data, moment)
        self._publish()

    def _sleep_until(self, mono_s: float) -> None:
        while (left_s := mono_s - self._clock.monotonic_s()) > 0:
            # The last moments are not slept through: a sleep that short may end much later.
            select.select([], [], [], min(left_s - self._spin_s, _LONGEST_SLEEP_S) if left_s > self._spin_s else 0.0)

    def _say_farewell(self, line: SerialLine) -> None:
        self._obey()
        self._bus.all_off(self._clock.moment())
        until_s = self._clock.monotonic_s() + _FAREWELL_S
        while not self._bus.settled() and self._clock.monotonic_s() < until_s:
            self._turn(line)

    def _wait_closed(self, seconds: float) -> None:
        """Let time pass for commands and leases while there is no line."""
        until_s = self._clock.monotonic_s() + seconds
        while not self._stopping.is_set() and (left_s := until_s - self._clock.monotonic_s()) > 0:
            self._beat.stamp()
            select.select([self._wake_read], [], [], min(left_s, self._next_deadline_s()))
            self._obey()
            self._bus.pass_time(self._clock.moment())
            self._publish()

    def _next_deadline_s(self) -> float:
        return max(self._bus.next_deadline_s() - self._clock.monotonic_s(), 0.0)

    def _obey(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_read.recv(4096)
        while self._asked:
            asked = self._asked.popleft()
            moment = self._clock.moment()
            if isinstance(asked, tuple):
                self._readers = asked
                self._bus.reconfigure(asked, moment)
            else:
                self._bus.submit(asked, moment)

    def _line_lost(self, why: str) -> None:
        self._tell_port(up=False, why=why)
        self._bus.line_lost(why, self._clock.moment())
        self._publish()

    def _tell_port(self, *, up: bool, why: str) -> None:
        if self._told != (up, why):
            self._told = (up, why)
            self._emit(PortChanged(self._clock.moment(), self.name, up, why))

    def _publish(self) -> None:
        events = self._bus.events
        if events:
            self._bus.events = []
            for event in events:
                self._emit(event)
        self._emit.flush(self._clock.moment())

    def _wake(self) -> None:
        # Closed: the thread has ended and nobody needs to be woken. Full: it will wake anyway.
        with contextlib.suppress(OSError):
            self._wake_write.send(b"w")

    def _new_bus(self) -> Bus:
        return Bus(self._readers, self._baud, self._entropy, self._timing, self.name)


def _sleep_exactly() -> None:
    """Ask the kernel not to round this thread's sleeps up; without that a poll at 115200 baud takes twice as long."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
