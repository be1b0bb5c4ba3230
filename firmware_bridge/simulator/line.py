"""A serial line on a pty: a bridge opens the configured path and finds devices behind it, at the pace of a real line.

The slave side stays open here, so the line outlives a bridge that closes and opens it again. The speed is the one that
the bridge sets; a device that is set to another one cannot understand it (:class:`Heard` says which speed was used).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import termios
import threading
import tty
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.simulator.wire import GRAIN_S, Heard, LineFaults, Peer, PipePeer, Transmission, Wire

__all__ = ["GRAIN_S", "Heard", "Line", "LineFaults", "PathTakenError", "Peer", "PipePeer", "Transmission"]

_SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)}
_SPEED_CODES = {baud: code for code, baud in _SPEEDS.items()}
_PR_SET_TIMERSLACK = 29


class PathTakenError(Exception):
    """The path for a line or socket cannot be used; the message says why and what to do."""


class Line:
    """One simulated serial line with its own thread.

    Args:
        path: Where the bridge will find the line; a symbolic link to a pty is made there.
        baud: The speed until the bridge sets another.
        peers: The devices on it; :meth:`Peer.receive` is called in the line's thread.
        half_duplex: Whether both directions share the wires (RS-485) or not (a scanner's cable).
        grain_s: Bytes are handed over in groups of this length, as a serial chip does; never early.
        seed: Makes faults repeatable.
        fine_timer: Wake up as exactly as the machine can, for measurements.
    """

    def __init__(
        self,
        path: Path,
        baud: int,
        peers: Iterable[Peer] = (),
        *,
        half_duplex: bool = True,
        grain_s: float = GRAIN_S,
        seed: int = 0,
        fine_timer: bool = True,
        clock: Clock | None = None,
    ) -> None:
        if baud not in _SPEED_CODES:
            raise ValueError(f"{baud} baud is not a speed of a serial line here. Use one of {sorted(_SPEED_CODES)}.")
        self.path = path
        self._baud = baud
        self._peers = tuple(peers)
        self._clock = clock or SystemClock()
        self._wire = Wire(baud, half_duplex=half_duplex, grain_s=grain_s, seed=seed)
        self._fine_timer = fine_timer
        self._asked: deque[Transmission | LineFaults] = deque()
        self._faults = LineFaults()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._fds: list[int] = []

    def start(self) -> None:
        """Make the pty and its link, and start the thread.

        Raises:
            PathTakenError: Something else is at the path, or another simulator uses it.
        """
        self._lock_fd = _claim(self.path)
        self._master, self._slave = os.openpty()
        self._wake_read, self._wake_write = os.pipe()
        self._fds = [self._master, self._slave, self._wake_read, self._wake_write, self._lock_fd]
        for fd in (self._master, self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        tty.setraw(self._slave)
        attributes = termios.tcgetattr(self._slave)
        attributes[4] = attributes[5] = _SPEED_CODES[self._baud]
        termios.tcsetattr(self._slave, termios.TCSANOW, attributes)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"line {self.path.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the line away: the link goes, the thread ends. Harmless when it was not started."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake()
        self._thread.join()
        self._thread = None
        self.path.unlink(missing_ok=True)
        _lock_path(self.path).unlink(missing_ok=True)
        for fd in self._fds:
            os.close(fd)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def faults(self) -> LineFaults:
        """What was done to the line last; bytes meet it as soon as the line's thread has woken."""
        return self._faults

    def set_faults(self, faults: LineFaults) -> None:
        """Make the line bad or good again; safe from any thread."""
        self._faults = faults
        self._asked.append(faults)
        self._wake()

    def transmit(self, data: bytes, after_s: float = 0.0) -> None:
        """Put bytes on the line unasked, as a scanner does, now or later; safe from any thread."""
        self._asked.append(Transmission(data, self._clock.monotonic_s() + after_s))
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"w")

    def _run(self) -> None:
        if self._fine_timer:
            ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
        pipes = {peer.fileno(): peer for peer in self._peers if isinstance(peer, PipePeer)}
        waited_for = [self._master, self._wake_read, *pipes]
        while not self._stopping:
            next_s = self._wire.next_s()
            timeout_s = None if next_s is None else max(0.0, next_s - self._clock.monotonic_s())
            ready = select.select(waited_for, [], [], timeout_s)[0]
            self._obey()
            if self._master in ready:
                self._take_from_bridge()
            now_s = self._clock.monotonic_s()
            for fd in ready:
                if fd in pipes:
                    self._send(pipes[fd].readable(now_s))
            self._move(now_s)

    def _obey(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
        while self._asked:
            asked = self._asked.popleft()
            if isinstance(asked, LineFaults):
                self._wire.faults = asked
            else:
                self._wire.peer_sends(asked)

    def _take_from_bridge(self) -> None:
        now_s = self._clock.monotonic_s()
        try:
            data = os.read(self._master, 4096)
        except BlockingIOError:
            return
        speed = termios.tcgetattr(self._slave)[5]
        self._wire.baud = _SPEEDS.get(speed, self._baud)
        self._wire.host_sends(data, now_s)

    def _move(self, now_s: float) -> None:
        for heard in self._wire.heard(now_s):
            for peer in self._peers:
                self._send(peer.receive(heard))
        for data in self._wire.for_host(now_s):
            # A bridge that has stopped reading loses bytes, as it would with a serial chip.
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def _send(self, transmissions: Sequence[Transmission]) -> None:
        for transmission in transmissions:
            self._wire.peer_sends(transmission)


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _claim(path: Path) -> int:
    """Hold the right to ``path``; the kernel gives it back when the process ends, however it ends."""
    if path.exists() and not path.is_symlink():
        raise PathTakenError(f"{path} exists and is not a simulated line. Choose another path for the line.")
    try:
        fd = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise PathTakenError(f"A simulated line cannot be made at {path}: {error.strerror}.") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        message = f"{path} is a line of another simulator that is running. Stop it, or choose another path."
        raise PathTakenError(message) from None
    return fd
