"""Tells systemd how the bridge is: ready, alive, stopping, and a line for ``systemctl status`` (sd_notify's protocol).

One datagram each to the socket that ``NOTIFY_SOCKET`` names. Without systemd nothing is said. Nothing here ever waits
or fails: whether anybody listens is no concern of the doors.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

_MICROSECONDS: Final = 1_000_000


class Notifier:
    """The way to the service manager; safe from any thread.

    Attributes:
        watchdog_s: After how many seconds without a sign of life it starts the bridge anew; ``None`` for never.
    """

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        """``address`` is a path, or a name after ``@`` that the kernel keeps; empty for nobody."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._told = ""
        self.watchdog_s = watchdog_s

    def ready(self, status: str) -> None:
        """Every door is in its effective state and readers are listened to."""
        self._told = status
        self._say(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """The bridge's thread and those of its ports work."""
        if self.watchdog_s is not None:
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """Outputs go to rest now."""
        self._say("STOPPING=1\nSTATUS=Stopping: outputs go to rest.")

    def status(self, status: str) -> None:
        """One line for people; said when it changes."""
        if status != self._told:
            self._told = status
            self._say(f"STATUS={status}")

    def _say(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.settimeout(0.0)
            line.sendto(text.replace("\r", " ").encode(), self._address)


NOBODY: Final = Notifier()
"""For a bridge that no service manager started."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Notifier:
    """The service manager that started this process, if one did; a watchdog that is meant for another is not fed."""
    address = environment.get("NOTIFY_SOCKET", "")
    watchdog_s = None
    if environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
        with suppress(ValueError):
            watchdog_s = int(environment.get("WATCHDOG_USEC", "")) / _MICROSECONDS
    return Notifier(address, watchdog_s)
