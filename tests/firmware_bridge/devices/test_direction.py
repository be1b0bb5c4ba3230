"""Turning an RS-485 adapter round; what the kernel is asked for, since no pseudo-terminal has an RTS line."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Iterator

import pytest

from firmware_bridge.config import LineOptions, LinePath, Rts
from firmware_bridge.devices.direction import Direction
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line

SET_RS485, LINE_STATE = 0x542F, 0x5459
RTS = struct.pack("=i", termios.TIOCM_RTS)


@pytest.fixture
def line() -> Iterator[tuple[int, int, str]]:
    """The far end of a line, the near one, and its path."""
    master, slave = pty.openpty()
    yield master, slave, os.ttyname(slave)
    os.close(master)
    os.close(slave)


class Driver:
    """A serial driver that notes what it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, busy: int = 0) -> None:
        self.asked: list[tuple[int, bytes]] = []
        self._busy = busy
        self._ioctl = fcntl.ioctl
        monkeypatch.setattr(fcntl, "ioctl", self)

    def __call__(self, fd: int, request: int, argument: bytes = b"") -> object:
        if request == LINE_STATE:
            self._busy -= 1
            return struct.pack("=I", self._busy < 0)
        if request not in (SET_RS485, termios.TIOCMBIS, termios.TIOCMBIC):
            return self._ioctl(fd, request, argument)
        self.asked.append((request, bytes(argument)))
        return argument


def test_an_adapter_with_automatic_direction_is_asked_for_nothing(
    line: tuple[int, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver(monkeypatch)
    direction = Direction(line[1], 115200, Rts.NONE)
    direction.send()
    direction.sent(8)
    assert driver.asked == []


def test_a_driver_that_can_is_given_the_whole_task_once(
    line: tuple[int, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver(monkeypatch)
    direction = Direction(line[1], 115200, Rts.RS485_KERNEL)
    direction.send()
    direction.sent(8)
    ((request, settings),) = driver.asked
    assert request == SET_RS485
    assert struct.unpack("=8I", settings) == (0b11, 0, 0, 0, 0, 0, 0, 0)


def test_rts_is_on_from_the_first_byte_until_the_chip_is_empty(
    line: tuple[int, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    master, _, path = line
    driver = Driver(monkeypatch, busy=3)
    with open_line(LinePath(path, LineOptions(rts=Rts.TOGGLE)), 115200) as opened:
        driver.asked.clear()
        opened.write(b"\x53\x01")
    assert driver.asked == [(termios.TIOCMBIS, RTS), (termios.TIOCMBIC, RTS)]
    assert driver._busy < 0
    assert os.read(master, 10) == b"\x53\x01"


@pytest.mark.parametrize(
    ("rts", "words"),
    [
        (Rts.RS485_KERNEL, 'has a driver that cannot switch direction. Write rts = "none"'),
        (Rts.TOGGLE, "has no RTS line to switch."),
    ],
)
def test_what_a_port_cannot_do_is_said_and_the_port_is_free_again(
    line: tuple[int, int, str], rts: Rts, words: str
) -> None:
    with pytest.raises(LineUnavailableError, match=words):
        open_line(LinePath(line[2], LineOptions(rts=rts)), 9600)
    open_line(line[2], 9600).close()


def test_an_adapter_that_is_pulled_out_while_it_sends_is_lost(
    line: tuple[int, int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Driver(monkeypatch)
    opened = open_line(LinePath(line[2], LineOptions(rts=Rts.TOGGLE)), 115200)

    def gone(_fd: int) -> None:
        raise termios.error(errno.EIO, "gone")

    monkeypatch.setattr(termios, "tcdrain", gone)
    with pytest.raises(LineUnavailableError, match="has gone"):
        opened.write(b"x")
    opened.close()
