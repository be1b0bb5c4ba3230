"""A panel in a process of its own: ours, or libosdp's with its own loop. It answers every card with a lock command.

Run as ``python -m bench._bus_panel own|libosdp PATH BAUD READERS [BOARD_PATH]``. With the path of a line of its own for
a relay board, our panel answers with that board's relays. What it is told on standard input, a line each: ``lock``
switches every lock off as in an emergency and prints when it was told; ``used`` prints the processor seconds that it
has used and the time. It ends when its standard input does.
"""

from __future__ import annotations

import os
import resource
import select
import sys
from collections import deque
from typing import Any

from access_control.core.decision.model import Board, DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import CardPresented, Event
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.serial_line import SerialLine, open_line

START = 0x53
LOOK_AGAIN_S = 0.001
BOARD_OUTPUTS = 16
GRANT_LIVES_S = 2.0
_clock = SystemClock()


def key_of(reader: int) -> bytes:
    """The key of a reader in this measurement."""
    return bytes((reader,)) * 16


def own(path: str, baud: int, readers: int, board_path: str | None) -> None:
    """Our panel, as the bridge runs it."""

    def lock_of(reader: int) -> Point:
        if board_path is None:
            return Point(DeviceKind.READER, reader, 0)
        return Point(DeviceKind.BOARD, 1, reader - 1)

    def drive(reader: int, urgency: Urgency, expires_s: float | None) -> None:
        command = DriveOutput(lock_of(reader), energised=False, lease_s=0.0, urgency=urgency, expires_mono_s=expires_s)
        (port if boards is None else boards).submit(command)

    def answer(event: Event) -> None:
        if isinstance(event, CardPresented):
            drive(event.reader, Urgency.GRANT, event.moment.mono_s + GRANT_LIVES_S)

    setups = [ReaderSetup(number, number, key_of(number)) for number in range(1, readers + 1)]
    port = OsdpPort("bench", path, baud, setups, emit=answer, clock=_clock)
    boards = None
    if board_path is not None:
        built = Board(1, "Board", "R", 1, BOARD_OUTPUTS, 8)
        boards = ModbusPort("boards", board_path, baud, [built], emit=lambda _event: None, clock=_clock)
        boards.start()
    port.start()
    for line in sys.stdin:
        if line.strip() == "lock":
            print(_clock.monotonic_s(), flush=True)
            for reader in range(1, readers + 1):
                drive(reader, Urgency.EMERGENCY, None)
        else:
            _tell_used()
    port.stop()
    if boards is not None:
        boards.stop()


def _tell_used() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(usage.ru_utime + usage.ru_stime, _clock.monotonic_s(), flush=True)


class WholeFrames:
    """A line that is read one whole frame at a time: what libosdp needs, for it loses one that arrives in two reads."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line
        self._held = b""
        self._frames: deque[bytes] = deque()

    def listen(self) -> None:
        """Take what has arrived."""
        self._held += self._line.read()
        while True:
            start = self._held.find(START)
            self._held = self._held[start:] if start >= 0 else b""
            length = int.from_bytes(self._held[2:4], "little")
            if len(self._held) < 4 or len(self._held) < length:
                return
            self._frames.append(self._held[:length])
            self._held = self._held[length:]

    def next(self) -> bytes:
        """One frame, or nothing."""
        return self._frames.popleft() if self._frames else b""


def libosdp(path: str, baud: int, readers: int) -> None:
    """The panel of libosdp."""
    import osdp  # noqa: PLC0415 - a peer that only the bench has

    with open_line(path, baud) as line:
        frames = WholeFrames(line)

        class Channel(osdp.Channel):  # type: ignore[misc]  # libosdp publishes no types
            """The line as libosdp asks for it."""

            def read(self, max_bytes: int) -> bytes:  # noqa: ARG002 - libosdp's signature
                return frames.next()

            def write(self, data: bytes) -> int:
                line.write(data)
                return len(data)

            def flush(self) -> None:
                return None

        panel = _peer(osdp, Channel(), readers)
        stdin = sys.stdin.fileno()
        while True:
            ready = select.select([line.fileno(), stdin], [], [], LOOK_AGAIN_S)[0]
            if stdin in ready and not _obey(panel, readers):
                return
            if line.fileno() in ready:
                frames.listen()
            panel.ctx.refresh()


def _peer(osdp: Any, channel: Any, readers: int) -> Any:
    """A panel with these readers that answers each card."""
    from osdp.constants import LibFlag, LogLevel  # noqa: PLC0415 - a peer that only the bench has

    def answer(reader: int, event: dict[str, Any]) -> int:
        if event["event"] == osdp.Event.CardRead:
            _switch(panel, reader)
        return 0

    infos = [osdp.PDInfo(n, channel, scbk=key_of(n), flags=[LibFlag.EnforceSecure]) for n in range(1, readers + 1)]
    panel = osdp.ControlPanel(infos, log_level=LogLevel.Emergency, event_handler=answer)
    panel.ctx.set_event_callback(answer)
    return panel


def _switch(panel: Any, reader: int) -> None:
    from osdp.constants import Command  # noqa: PLC0415 - a peer that only the bench has

    panel.ctx.submit_command(reader, {"command": Command.Output, "output_no": 0, "control_code": 1, "timer_count": 0})


def _obey(panel: Any, readers: int) -> bool:
    """Do what is asked; ``False`` at the end."""
    asked = os.read(sys.stdin.fileno(), 1024)
    for word in asked.split():
        if word == b"lock":
            print(_clock.monotonic_s(), flush=True)
            for reader in range(readers):
                _switch(panel, reader)
        else:
            _tell_used()
    return bool(asked)


def main(arguments: list[str]) -> None:
    kind, path, baud, readers, *board = arguments
    if kind == "own":
        own(path, int(baud), int(readers), board[0] if board else None)
    else:
        libosdp(path, int(baud), int(readers))


if __name__ == "__main__":
    main(sys.argv[1:])
