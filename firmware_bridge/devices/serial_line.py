"""A serial port, opened for this process alone; what went wrong is said in a sentence that an installer understands."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import select
import termios
from types import TracebackType
from typing import Final, Self

import serial

from firmware_bridge.config import ANY_ADAPTER, Echo, LinePath, Rts
from firmware_bridge.devices.direction import Direction, NoDirectionError
from firmware_bridge.devices.echo import EchoFilter
from firmware_bridge.devices.port_holders import holders

_READ_AT_ONCE = 4096
_PSEUDO: Final = "/dev/pts/"
_NOBODYS: Final = b"\xaa\x55\xaa\x55"
"""Bytes that are no packet of any protocol here: devices ignore them, an adapter with an echo repeats them."""
_ECHO_S: Final = 0.05
"""How long an adapter may take to hand its own bytes back, beyond the time that they are on the line."""
_MOST_READS: Final = 20
_CHARACTER_BITS: Final = 10
_COLLISION: Final = (
    "On %s somebody else sends while the bridge does (%d times since it was opened). Check addresses and termination."
)
_log = logging.getLogger(__name__)


class LineUnavailableError(Exception):
    """The port cannot be used now; the message is one sentence or two for people."""


class SerialLine:
    """An open port that never blocks. Any method may raise :class:`LineUnavailableError`: the port is lost then."""

    def __init__(self, port: serial.Serial, path: str, direction: Direction, echo: Echo) -> None:
        """Use :func:`open_line`."""
        self._port = port
        self._path = path
        self._fd: int = port.fileno()
        self._direction = direction
        self._ear = EchoFilter(echo)
        self._finds_out = echo is Echo.AUTO
        self._tell_from = 1

    def fileno(self) -> int:
        """For ``select``."""
        return self._fd

    @property
    def hears_itself(self) -> bool:
        """Whether the adapter hands back what it sends, as far as that was found out."""
        return self._ear.hears_itself

    @property
    def collisions(self) -> int:
        """How often an echo came back changed: somebody else sent at the same time."""
        return self._ear.wrong

    def read(self) -> bytes:
        """What has arrived from others, which may be nothing; call it only when ``select`` says there is something."""
        try:
            data = os.read(self._fd, _READ_AT_ONCE)
        except OSError as problem:
            raise self._lost() from problem
        if not data:
            raise self._lost()
        heard = self._ear.heard(data)
        if self._ear.wrong >= self._tell_from:
            self._tell_from *= 10  # a storm of them must not become one of lines in the log
            _log.warning(_COLLISION, self._path, self._ear.wrong)
        return heard

    def write(self, data: bytes) -> None:
        """Hand bytes to the port; those that it has no room for are lost, as on a dead line."""
        self._ear.sent(data)
        self._send(data)

    def find_echo(self, baud: int) -> None:
        """See whether the adapter echoes, where answers could not show it: with bytes that no device understands.

        Waits a twentieth of a second, and does nothing where the settings say how it is.
        """
        if not self._finds_out:
            return
        self._ear.sent(_NOBODYS, telling=True)
        self._send(_NOBODYS)
        patience_s = len(_NOBODYS) * _CHARACTER_BITS / baud + _ECHO_S
        for _ in range(_MOST_READS):
            # Whoever sends without end must not keep this going.
            if self._ear.hears_itself or not self.readable_within(patience_s):
                return
            self.read()

    def _send(self, data: bytes) -> None:
        try:
            self._direction.send()
            self._direction.sent(os.write(self._fd, data))
        except BlockingIOError:
            return
        except (OSError, termios.error) as problem:
            raise self._lost() from problem

    def readable_within(self, seconds: float) -> bool:
        """Wait for something to read."""
        return bool(select.select([self._fd], [], [], max(0.0, seconds))[0])

    def close(self) -> None:
        """Give the port back; harmless when it is gone, or given back already."""
        if not self._port.is_open:
            return  # its descriptor may be another port's by now
        with contextlib.suppress(OSError):
            _let_others_open(self._fd)
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

    A :class:`LinePath`, as settings have it, says what is peculiar to the adapter.

    Two locks keep others away: one that programs ask for (flock), and one that the kernel holds against those that do
    not (TIOCEXCL). Both end with the process, however it ends.

    Raises:
        LineUnavailableError: It is missing, taken, forbidden, not a serial port, or cannot do what its options say.
    """
    options = path.options if isinstance(path, LinePath) else ANY_ADAPTER
    try:
        port = serial.Serial(None, baud, timeout=0, write_timeout=0, exclusive=True)
        port.rts = options.rts is not Rts.TOGGLE
        port.port = path
        port.open()
    except (serial.SerialException, OSError, ValueError, termios.error) as problem:
        # pyserial lets some errors of the driver through as they are, and those are no OSErrors.
        raise LineUnavailableError(_sentence(path, baud, problem)) from problem
    try:
        direction = Direction(port.fileno(), baud, options.rts)
    except NoDirectionError as problem:
        port.close()
        raise LineUnavailableError(f"The serial port {path} {problem}") from problem
    _keep_others_out(port.fileno())
    # An FTDI adapter keeps bytes back for up to 16 ms unless told not to; other ports do not know the setting.
    with contextlib.suppress(OSError, ValueError, AttributeError, NotImplementedError):
        port.set_low_latency_mode(True)
    return SerialLine(port, path, direction, options.echo)


def _keep_others_out(fd: int) -> None:
    """Have the kernel refuse the port to programs that do not ask for the lock.

    The mark goes with the last one who has the port open. A pseudo-terminal stays open at its far end, so that the mark
    of a killed bridge would stay for ever: it gets none.
    """
    with contextlib.suppress(OSError):
        if not os.ttyname(fd).startswith(_PSEUDO):
            fcntl.ioctl(fd, termios.TIOCEXCL)


def _let_others_open(fd: int) -> None:
    fcntl.ioctl(fd, termios.TIOCNXCL)


def _sentence(path: str, baud: int, problem: Exception) -> str:
    number = problem.args[0] if isinstance(problem, termios.error) else getattr(problem, "errno", None)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return f"The serial port {path} is not there. Plug the adapter in, or correct the path in the settings."
    if number in (errno.EAGAIN, errno.EBUSY):
        users = ", ".join(map(str, holders(path))) or "another program"
        return f"The serial port {path} is used by {users}. Stop that program."
    if number == errno.EPERM:
        return (
            f"The service manager keeps this program away from the serial port {path}: its driver was loaded after the "
            "bridge had started, or the unit's DeviceAllow leaves it out. Run `systemctl restart firmware-bridge`; "
            "if that does not help, compare the unit with deploy/firmware-bridge.service."
        )
    if number == errno.EACCES:
        return f"This program may not use the serial port {path}. Add its user to the group that owns the port."
    if isinstance(problem, ValueError) and not isinstance(problem, OSError):
        return f"The serial port {path} cannot work at {baud} baud. Choose a usual speed in the settings."
    return f"{path} cannot be used as a serial port ({problem}). Correct the path in the settings."
