"""What the runtime asks of a serial port, whatever hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import Event

Emit = Callable[[Event], None]
"""Hands an event to the bridge's one queue; safe from any thread, never blocks."""
HANGS_AFTER_S: Final = 10.0
"""A port's thread that was not seen to work for so long hangs. Its longest call and its longest sleep take 4 s."""
LONGEST_STOP_S: Final = 5.0
"""How long a stop waits for one port, so that one that hangs does not keep the others from bringing theirs to rest."""


class Port(Protocol):
    """One serial port with a thread of its own."""

    name: str

    def start(self) -> None:
        """Start the thread. A port that is missing or taken is reported as ``PortChanged`` and retried for ever."""
        ...

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """Queue a command for a device on this port; safe from any thread, never blocks."""
        ...

    def stop(self) -> None:
        """Bring every output to its relay-off state as far as the line allows, close the port, join the thread."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A port that tells whether its thread still runs, so that one that ended can be started anew."""

    def alive(self) -> bool:
        """Whether it does."""
        ...

    def silent_s(self) -> float:
        """How long ago the thread was last seen to work; see :data:`HANGS_AFTER_S`."""
        ...
