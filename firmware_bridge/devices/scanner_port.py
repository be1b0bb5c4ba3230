"""A QR scanner on a serial cable: it sends what it read as a line of text, and nobody can ask it anything."""

from __future__ import annotations

from firmware_bridge.clock import Clock
from firmware_bridge.controller.events import Event, LinkAlarm, Moment, ReaderAlarmed, TextScanned
from firmware_bridge.devices.listening_port import ListeningPort
from firmware_bridge.ports import Emit
from firmware_bridge.protocol.text_lines import IDLE_S, LONGEST_TEXT, TextLines

__all__ = ["IDLE_S", "LONGEST_TEXT", "ScannerEar", "ScannerPort", "TextLines"]

_TOO_LONG = (
    f"A line of more than {LONGEST_TEXT} bytes came and was thrown away. Check the scanner's cable and its settings."
)


class ScannerPort(ListeningPort):
    """One serial port with one scanner; ``reader`` is the Policy's number of the reader that it is."""

    def __init__(self, name: str, path: str, baud: int, reader: int, *, emit: Emit, clock: Clock) -> None:
        super().__init__(name, path, baud, reader, ScannerEar(reader), emit=emit, clock=clock)


class ScannerEar:
    """Makes texts of bytes; a line without end is told once and forgotten."""

    def __init__(self, reader: int) -> None:
        self._reader = reader
        self._lines = TextLines()

    def begin(self) -> None:
        """Forget what came before."""
        self._lines = TextLines()

    def hear(self, data: bytes, moment: Moment) -> list[Event]:
        """Take bytes, or a silence."""
        known = self._lines.overlong
        texts = self._lines.feed(data, moment.mono_s) if data else self._lines.idle(moment.mono_s)
        events: list[Event] = [TextScanned(moment, self._reader, text) for text in texts]
        if self._lines.overlong > known:
            events.append(ReaderAlarmed(moment, self._reader, LinkAlarm.GARBAGE, _TOO_LONG))
        return events

    def silent_at_s(self) -> float | None:
        """When the text at hand ends without a line end."""
        return self._lines.ends_at_s()
