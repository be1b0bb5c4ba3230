"""A simulated OSDP line with a few readers, for the installer's commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.clock import SystemClock
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.simulator.config import ReaderConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World


class Listening(Peripheral):
    """A reader that keeps what it heard, and may know only one kind of check."""

    heard: list[Packet]
    only_crc: bool | None = None

    def receive(self, packet: Packet, now_s: float) -> bytes | None:
        self.heard.append(packet)
        if self.only_crc is not None and packet.crc is not self.only_crc:
            return None
        return super().receive(packet, now_s)


@dataclass(frozen=True)
class Reader:
    """How one is set up."""

    address: int
    baud: int = 115200
    key: bytes | None = None
    id: int = 0
    only_crc: bool | None = None


@contextmanager
def bench_line(
    path: Path, readers: Sequence[Reader], kind: type[Listening] = Listening
) -> Iterator[tuple[Line, list[Listening]]]:
    """The line at ``path``, with its readers."""
    world = World((), SystemClock(), RelayLog(None))
    made = []
    for number, reader in enumerate(readers, 1):
        head = ReaderHead(ReaderConfig(reader.id or number, "A", reader.address, reader.key), world)
        listening = kind(head, baud=reader.baud)
        listening.heard, listening.only_crc = [], reader.only_crc
        made.append(listening)
    with Line(path, 115200, [PeripheralLine(made, world)], grain_s=0.001) as line:
        yield line, made
