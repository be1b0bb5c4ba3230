"""RS-485 adapters that do not turn round by themselves: their driver does it, or RTS says when we send.

An adapter with automatic direction, which is nearly every one on USB, needs nothing of this.
"""

from __future__ import annotations

import contextlib
import fcntl
import select
import struct
import termios
from typing import Final

from firmware_bridge.config import Rts

_TIOCSRS485: Final = 0x542F
_TIOCSERGETLSR: Final = 0x5459
_ENABLED: Final = 1 << 0
_RTS_ON_SEND: Final = 1 << 1
_SERIAL_RS485: Final = struct.Struct("=8I")  # flags, two delays in milliseconds, padding
_RTS: Final = struct.pack("=i", termios.TIOCM_RTS)
_CHARACTER_BITS: Final = 10
_LOOKS: Final = 50
_LOOK_S: Final = 0.0001


class NoDirectionError(Exception):
    """The port cannot be turned round as the settings say; the text begins after the port's name."""


class Direction:
    """What is done around each sending on one open port."""

    def __init__(self, fd: int, baud: int, rts: Rts) -> None:
        """Make the port listen.

        Raises:
            NoDirectionError: The driver or the port does not know this way.
        """
        self._fd = fd
        self._character_s = _CHARACTER_BITS / baud
        self._toggles = rts is Rts.TOGGLE
        if rts is Rts.RS485_KERNEL:
            self._hand_to_driver()
        if self._toggles:
            try:
                self._listen()
            except OSError as error:
                raise NoDirectionError(
                    'has no RTS line to switch. Write rts = "none" if its adapter has automatic direction.'
                ) from error

    def send(self) -> None:
        """Before the first byte: take the line."""
        if self._toggles:
            fcntl.ioctl(self._fd, termios.TIOCMBIS, _RTS)

    def sent(self, count: int) -> None:
        """After ``count`` bytes were handed over: wait until the last one is out, and leave the line to the others."""
        if not self._toggles:
            return
        select.select([], [], [], count * self._character_s)
        termios.tcdrain(self._fd)
        for _ in range(_LOOKS):
            if self._empty():
                break
            select.select([], [], [], _LOOK_S)
        self._listen()

    def _listen(self) -> None:
        fcntl.ioctl(self._fd, termios.TIOCMBIC, _RTS)

    def _empty(self) -> bool:
        """Whether the chip has sent everything; drivers that cannot tell have drained already."""
        with contextlib.suppress(OSError):
            return bool(struct.unpack("=I", fcntl.ioctl(self._fd, _TIOCSERGETLSR, bytes(4)))[0])
        return True

    def _hand_to_driver(self) -> None:
        try:
            fcntl.ioctl(self._fd, _TIOCSRS485, _SERIAL_RS485.pack(_ENABLED | _RTS_ON_SEND, *(0,) * 7))
        except OSError as error:
            raise NoDirectionError(
                'has a driver that cannot switch direction. Write rts = "none" if its adapter does it by itself, '
                'else rts = "toggle".'
            ) from error
