"""A QR scanner on a serial cable: it sends what it read as a line of text, and nobody can ask it anything."""

from __future__ import annotations

import re
import select
import socket
import threading
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import LinkState, OutputFailed, PortChanged, ReaderLinkChanged, TextScanned
from firmware_bridge.devices.serial_line import LineUnavailableError, SerialLine, open_line
from firmware_bridge.ports import Emit

LONGEST_TEXT: Final = 4096
"""Bytes; a longer line is not a code that anyone printed and is thrown away whole."""
IDLE_S: Final = 0.05
"""A scanner without a line end has finished after this silence."""

_FIRST_RETRY_S: Final = 0.25
_LAST_RETRY_S: Final = 4.0
_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
"""The code that some scanners put in front to say what kind of symbol they read (ISO/IEC 15424)."""
_UNSEEN: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))


class TextLines:
    """Collects bytes into texts that end at CR, LF or a silence. Pure; seconds are monotonic."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._too_long = False
        self._last_s = 0.0

    def feed(self, data: bytes, mono_s: float) -> list[str]:
        """Add bytes that arrived at ``mono_s``; the texts that are complete now."""
        texts = self.idle(mono_s)
        self._last_s = mono_s
        for byte in data:
            if byte in b"\r\n":
                texts += self._finish()
            elif len(self._held) < LONGEST_TEXT:
                self._held.append(byte)
            else:
                self._too_long = True
        return texts

    def idle(self, mono_s: float) -> list[str]:
        """The text that a silence until ``mono_s`` has ended, if there is one."""
        return self._finish() if self._held and mono_s - self._last_s >= IDLE_S else []

    def ends_at_s(self) -> float | None:
        """When the text at hand ends unless more of it arrives; ``None`` when none has begun."""
        return self._last_s + IDLE_S if self._held else None

    def _finish(self) -> list[str]:
        data, too_long = bytes(self._held), self._too_long
        self._held.clear()
        self._too_long = False
        text = data.decode("utf-8", "replace").translate(_UNSEEN)
        prefix = _SYMBOLOGY.match(text)
        text = text[prefix.end() :] if prefix else text
        return [] if too_long or not text.strip() else [text]


class ScannerPort:
    """One serial port with one scanner, served by a thread of its own.

    Args:
        name: The port's name in the settings.
        path: The serial port.
        baud: Its speed.
        reader: The Policy's number of the reader that this scanner is.
        emit: Where events go.
        clock: Where moments come from.
    """

    def __init__(self, name: str, path: str, baud: int, reader: int, *, emit: Emit, clock: Clock) -> None:
        self.name = name
        self._path = path
        self._baud = baud
        self._reader = reader
        self._emit = emit
        self._clock = clock
        self._wake_read, self._wake_write = socket.socketpair()
        self._stopping = threading.Event()
        self._told: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"scanner {name}", daemon=True)

    def start(self) -> None:
        """Start the thread. A port that is missing or taken is reported once and tried again for ever."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """A scanner shows nothing and has no outputs: an output is reported as failed, an indication is ignored."""
        if isinstance(command, DriveOutput):
            why = "A scanner has no outputs. Correct the door's wiring."
            self._emit(OutputFailed(self._clock.moment(), command.point, command.energised, why))

    def stop(self) -> None:
        """Close the port and end the thread."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._wake_write.send(b"s")
        if self._thread.is_alive():
            self._thread.join()
        self._wake_read.close()
        self._wake_write.close()

    def _run(self) -> None:
        retry_s = _FIRST_RETRY_S
        while not self._stopping.is_set():
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
        lines = TextLines()
        while not self._stopping.is_set():
            ends_at_s = lines.ends_at_s()
            wait_s = None if ends_at_s is None else max(0.0, ends_at_s - self._clock.monotonic_s())
            ready = select.select([line.fileno(), self._wake_read.fileno()], [], [], wait_s)[0]
            data = line.read() if line.fileno() in ready else b""
            moment = self._clock.moment()
            for text in lines.feed(data, moment.mono_s) if data else lines.idle(moment.mono_s):
                self._emit(TextScanned(moment, self._reader, text))

    def _tell(self, why: str) -> None:
        """Report the port and its reader when either way of being changes; ``why`` is empty while it is open."""
        if why == self._told:
            return
        self._told = why
        moment = self._clock.moment()
        self._emit(PortChanged(moment, self.name, not why, why))
        self._emit(ReaderLinkChanged(moment, self._reader, LinkState.DOWN if why else LinkState.UP, why))
