"""A panel in a process of its own: ours, or libosdp's with its own loop. It answers every card with a lock command.

Run as ``python -m bench._latency_panel own|libosdp PATH BAUD READERS``; it ends when its standard input does, and then
prints how much processor time it took.
"""

from __future__ import annotations

import resource
import select
import sys
from collections import deque
from typing import Any

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import CardPresented, Event
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.serial_line import open_line

START = 0x53
LOOK_AGAIN_S = 0.001


def key_of(reader: int) -> bytes:
    """The key of a reader in this measurement."""
    return bytes((reader,)) * 16


def own(path: str, baud: int, readers: int) -> None:
    """Our panel, as the bridge runs it."""

    def answer(event: Event) -> None:
        if isinstance(event, CardPresented):
            lock = Point(DeviceKind.READER, event.reader, 0)
            expires = event.moment.mono_s + 2.0
            port.submit(DriveOutput(lock, energised=False, lease_s=0.0, urgency=Urgency.GRANT, expires_mono_s=expires))

    setups = [ReaderSetup(number, number, key_of(number)) for number in range(1, readers + 1)]
    port = OsdpPort("bench", path, baud, setups, emit=answer, clock=SystemClock())
    port.start()
    sys.stdin.read()
    port.stop()


def libosdp(path: str, baud: int, readers: int) -> None:
    """The panel of libosdp. It loses a frame that arrives in two reads, so its channel hands over whole ones."""
    import osdp  # noqa: PLC0415 - a peer that only the bench has
    from osdp.constants import Command, LibFlag, LogLevel  # noqa: PLC0415 - as above

    with open_line(path, baud) as line:

        class WholeFrames(osdp.Channel):  # type: ignore[misc]  # libosdp publishes no types
            """A shared line that gives one whole frame at a time."""

            def __init__(self) -> None:
                super().__init__()
                self.held = b""
                self.frames: deque[bytes] = deque()

            def listen(self) -> None:
                self.held += line.read()
                while True:
                    start = self.held.find(START)
                    self.held = self.held[start:] if start >= 0 else b""
                    length = int.from_bytes(self.held[2:4], "little")
                    if len(self.held) < 4 or len(self.held) < length:
                        return
                    self.frames.append(self.held[:length])
                    self.held = self.held[length:]

            def read(self, max_bytes: int) -> bytes:  # noqa: ARG002 - libosdp's signature
                return self.frames.popleft() if self.frames else b""

            def write(self, data: bytes) -> int:
                line.write(data)
                return len(data)

            def flush(self) -> None:
                return None

        channel = WholeFrames()
        flags = [LibFlag.EnforceSecure]
        infos = [osdp.PDInfo(n, channel, scbk=key_of(n), flags=flags) for n in range(1, readers + 1)]

        def answer(reader: int, event: dict[str, Any]) -> int:
            if event["event"] == osdp.Event.CardRead:
                command = {"command": Command.Output, "output_no": 0, "control_code": 1, "timer_count": 0}
                panel.ctx.submit_command(reader, command)
            return 0

        panel = osdp.ControlPanel(infos, log_level=LogLevel.Emergency, event_handler=answer)
        panel.ctx.set_event_callback(answer)
        _loop(panel, channel, line.fileno())


def _loop(panel: Any, channel: Any, line: int) -> None:
    stdin = sys.stdin.fileno()
    while True:
        ready = select.select([line, stdin], [], [], LOOK_AGAIN_S)[0]
        if stdin in ready:
            return
        if line in ready:
            channel.listen()
        panel.ctx.refresh()


def main(arguments: list[str]) -> None:
    kind, path, baud, readers = arguments
    {"own": own, "libosdp": libosdp}[kind](path, int(baud), int(readers))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(usage.ru_utime + usage.ru_stime, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
