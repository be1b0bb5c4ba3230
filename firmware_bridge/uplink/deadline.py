"""A socket whose every read and write ends by one deadline: whoever sends a byte now and then holds up nobody."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import cast


class DeadlineSocket:
    """As much of a socket as :mod:`http.client` uses."""

    def __init__(self, plain: socket.socket, monotonic_s: Callable[[], float], until_s: float) -> None:
        """``until_s``: the first deadline, in monotonic seconds."""
        self.plain = plain
        self.until_s = until_s
        self._monotonic_s = monotonic_s

    def apply(self) -> None:
        """Have the next operation end in time.

        Raises:
            TimeoutError: The deadline has passed.
        """
        left_s = self.until_s - self._monotonic_s()
        if left_s <= 0:
            raise TimeoutError("the deadline has passed")
        self.plain.settimeout(left_s)

    def sendall(self, data: bytes) -> None:
        """Send everything."""
        self.apply()
        self.plain.sendall(data)

    def makefile(self, _mode: str = "rb", _buffering: int | None = None) -> io.BufferedReader:
        """A reader; the socket stays open until both are closed."""
        raw = cast("io.RawIOBase", self.plain.makefile("rb", buffering=0))
        return io.BufferedReader(_Reads(self, raw))

    def close(self) -> None:
        """Close it once its reader is closed too."""
        self.plain.close()


class _Reads(io.RawIOBase):
    """Sets the time-out before each read."""

    def __init__(self, owner: DeadlineSocket, raw: io.RawIOBase) -> None:
        self._owner = owner
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int | None:
        self._owner.apply()
        return cast("int | None", self._raw.readinto(buffer))  # type: ignore[arg-type]  # any writable buffer

    def close(self) -> None:
        self._raw.close()
        super().close()
