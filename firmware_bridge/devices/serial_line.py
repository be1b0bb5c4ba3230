"""A serial port, opened for this process alone; what went wrong is said in a sentence that an installer understands."""

from __future__ import annotations

import contextlib
import errno
import os
import select
from types import TracebackType
from typing import Self

import serial

_READ_AT_ONCE = 4096


class LineUnavailableError(Exception):
    """The port cannot be used now; the message is one sentence or two for people."""


class SerialLine:
    """An open port that never blocks. Any method may raise :class:`LineUnavailableError`: the port is lost then."""

    def __init__(self, port: serial.Serial, path: str) -> None:
        """Use :func:`open_line`."""
        self._port = port
        self._path = path
        self._fd: int = port.fileno()

    def fileno(self) -> int:
        """For ``select``."""
        return self._fd

    def read(self) -> bytes:
        """What has arrived; call it only when ``select`` says that there is something."""
        try:
            data = os.read(self._fd, _READ_AT_ONCE)
        except OSError as problem:
            raise self._lost() from problem
        if not data:
            raise self._lost()
        return data

    def write(self, data: bytes) -> None:
        """Hand bytes to the port; those that it has no room for are lost, as on a dead line."""
        try:
            os.write(self._fd, data)
        except BlockingIOError:
            return
        except OSError as problem:
            raise self._lost() from problem

    def readable_within(self, seconds: float) -> bool:
        """Wait for something to read."""
        return bool(select.select([self._fd], [], [], max(0.0, seconds))[0])

    def close(self) -> None:
        """Give the port back; harmless when it is gone."""
        with contextlib.suppress(OSError, serial.SerialException):
            self._port.close()

    def __enter__(self) -> Self:
        """The open port."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _lost(self) -> LineUnavailableError:
        return LineUnavailableError(f"The serial port {self._path} has gone. Check the adapter and its plug.")


def open_line(path: str, baud: int) -> SerialLine:
    """Open ``path`` with 8 data bits, no parity, one stop bit, for this process alone.

    Raises:
        LineUnavailableError: It is missing, taken, forbidden, or not a serial port.
    """
    try:
        port = serial.Serial(path, baud, timeout=0, write_timeout=0, exclusive=True)
    except (serial.SerialException, OSError, ValueError) as problem:
        raise LineUnavailableError(_sentence(path, baud, problem)) from problem
    # An FTDI adapter keeps bytes back for up to 16 ms unless told not to; other ports do not know the setting.
    with contextlib.suppress(OSError, ValueError, AttributeError, NotImplementedError):
        port.set_low_latency_mode(True)
    return SerialLine(port, path)


def _sentence(path: str, baud: int, problem: Exception) -> str:
    number = getattr(problem, "errno", None)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return f"The serial port {path} is not there. Plug the adapter in, or correct the path in the settings."
    if number in (errno.EAGAIN, errno.EBUSY):
        return f"The serial port {path} is used by another program. Stop that program."
    if number in (errno.EACCES, errno.EPERM):
        return f"This program may not use the serial port {path}. Add its user to the group that owns the port."
    if isinstance(problem, ValueError) and not isinstance(problem, OSError):
        return f"The serial port {path} cannot work at {baud} baud. Choose a usual speed in the settings."
    return f"{path} cannot be used as a serial port ({problem}). Correct the path in the settings."
