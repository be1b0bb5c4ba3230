"""A serial port on which a device speaks unasked and nobody can ask it anything, such as a scanner.

Such a device cannot say that it is alive: its reader counts as up while the port is open.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Sequence
from typing import Final, Protocol

from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import Event, LinkState, Moment, OutputFailed, PortChanged, ReaderLinkChanged
from firmware_bridge.devices.beat import Beat
from firmware_bridge.devices.serial_line import LineUnavailableError, SerialLine, open_line
from firmware_bridge.devices.throttle import Throttle
from firmware_bridge.ports import LONGEST_STOP_S, Emit

_FIRST_RETRY_S: Final = 0.25
_LONGEST_SLEEP_S: Final = 1.0
_LAST_RETRY_S: Final = 4.0


class Ear(Protocol):
    """Makes events of the bytes that a device sends."""

    def begin(self) -> None:
        """The port was opened: forget what came before."""
        ...

    def hear(self, data: bytes, moment: Moment) -> Sequence[Event]:
        """Take bytes, or none after a silence until :meth:`silent_at_s`."""
        ...

    def silent_at_s(self) -> float | None:
        """When a silence means something; ``None`` for never."""
        ...


class ListeningPort:
    """One serial port with one such device, served by a thread of its own.

    Args:
        name: The port's name in the settings.
        path: The serial port.
        baud: Its speed.
        reader: The Policy's number of the reader that this device is.
        ear: What makes sense of its bytes.
        emit: Where events go.
        clock: Where moments come from.
    """

    def __init__(self, name: str, path: str, baud: int, reader: int, ear: Ear, *, emit: Emit, clock: Clock) -> None:
        self.name = name
        self._path = path
        self._baud = baud
        self._reader = reader
        self._ear = ear
        self._emit = Throttle(emit)
        self._clock = clock
        self._beat = Beat(clock)
        self._wake_read, self._wake_write = socket.socketpair()
        self._stopping = threading.Event()
        self._told: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"listening {name}", daemon=True)

    def start(self) -> None:
        """Start the thread. A port that is missing or taken is reported once and tried again for ever."""
        self._beat.stamp()
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def silent_s(self) -> float:
        """How long ago the thread was last seen to work."""
        return self._beat.age_s()

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """It shows nothing and has no outputs: an output is reported as failed, an indication is ignored."""
        if isinstance(command, DriveOutput):
            why = "A reader that only speaks has no outputs. Correct the door's wiring."
            self._emit(OutputFailed(self._clock.moment(), command.point, command.energised, why))

    def stop(self) -> None:
        """Close the port and end the thread."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._wake_write.send(b"s")
        if self._thread.is_alive():
            self._thread.join(LONGEST_STOP_S)
        self._wake_read.close()
        self._wake_write.close()

    def _run(self) -> None:
        retry_s = _FIRST_RETRY_S
        while not self._stopping.is_set():
            self._beat.stamp()
            retry_s = self._serve_until_lost(retry_s)
            self._stopping.wait(retry_s)

    def _serve_until_lost(self, retry_s: float) -> float:
        """Serve the port while it is there; how long to wait before the next attempt."""
        try:
            with open_line(self._path, self._baud) as line:
                self._tell("")
                self._serve(line)
            self._tell("The bridge is stopping.")
        except LineUnavailableError as problem:
            was_open = self._told == ""
            self._tell(str(problem))
            return _FIRST_RETRY_S if was_open else min(2 * retry_s, _LAST_RETRY_S)
        return _FIRST_RETRY_S

    def _serve(self, line: SerialLine) -> None:
        self._ear.begin()
        while not self._stopping.is_set():
            self._beat.stamp()
            self._emit.flush(self._clock.moment())
            silent_at_s = self._ear.silent_at_s()
            due_s = _LONGEST_SLEEP_S if silent_at_s is None else silent_at_s - self._clock.monotonic_s()
            wait_s = min(max(0.0, due_s), _LONGEST_SLEEP_S)
            ready = select.select([line.fileno(), self._wake_read.fileno()], [], [], wait_s)[0]
            data = line.read() if line.fileno() in ready else b""
            if not data and (silent_at_s is None or due_s > wait_s):
                continue  # nothing was said, and no silence means anything yet
            for event in self._ear.hear(data, self._clock.moment()):
                self._emit(event)

    def _tell(self, why: str) -> None:
        """Report the port and its reader when either way of being changes; ``why`` is empty while it is open."""
        if why == self._told:
            return
        self._told = why
        moment = self._clock.moment()
        self._emit(PortChanged(moment, self.name, not why, why))
        self._emit(ReaderLinkChanged(moment, self._reader, LinkState.DOWN if why else LinkState.UP, why))
