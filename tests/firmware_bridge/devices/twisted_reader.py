"""A simulated reader on a line whose answers to some commands are others, for what is done on the bench."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.clock import SystemClock
from firmware_bridge.protocol.osdp.commands import Command, UnknownCommand
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Reply
from firmware_bridge.simulator.config import CheckKind, ReaderConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World

CLOCK = SystemClock()
BAUD = 115200
ID, CAP, COMSET, KEYSET, CHLNG, SCRYPT = 0x61, 0x62, 0x6E, 0x75, 0x76, 0x77

Answer = Callable[[Packet], Packet | None]


class Twisted(Peripheral):
    """A reader whose answers to some commands are replaced.

    ``twist`` replaces what it says after it has done what it was told; ``first`` is said before, one after the other,
    while it does nothing. ``obeys_otherwise`` is what it does and says, under protection where there is some.
    """

    obeys_otherwise: Mapping[type, Reply]

    twist: dict[int, Answer]
    first: dict[int, list[Answer]]
    heard: list[Packet]

    def receive(self, packet: Packet, now_s: float) -> bytes | None:
        self.heard.append(packet)
        if self.first.get(packet.code):
            return _bytes(self.first[packet.code].pop(0)(packet))
        answer = super().receive(packet, now_s)
        if answer is None or packet.code not in self.twist:
            return answer
        return _bytes(self.twist[packet.code](packet))

    def _execute(self, command: Command | UnknownCommand | Malformed, now_s: float) -> Reply:
        return self.obeys_otherwise.get(type(command)) or super()._execute(command, now_s)


def _bytes(answer: Packet | None) -> bytes | None:
    return answer.to_bytes() if answer else None


@contextmanager
def bench(
    folder: Path,
    key: bytes | None = None,
    twist: dict[int, Answer] | None = None,
    check: CheckKind = CheckKind.CRC,
    first: dict[int, list[Answer]] | None = None,
) -> Iterator[tuple[str, Twisted]]:
    """The path of a line with one such reader at address 1."""
    world = World((), CLOCK, RelayLog(None))
    reader = Twisted(ReaderHead(ReaderConfig(1, "A", 1, key, check=check), world), baud=BAUD)
    reader.twist, reader.first, reader.heard = twist or {}, first or {}, []
    reader.obeys_otherwise = {}
    with Line(folder / "A", BAUD, [PeripheralLine([reader], world)], grain_s=0.001):
        yield str(folder / "A"), reader


def says(reply: Reply) -> Answer:
    """It answers this in the clear."""
    return lambda asked: Packet(asked.address, asked.sequence, reply.CODE, reply.to_bytes(), reply=True)


def says_nothing(_asked: Packet) -> None:
    """Its answer is lost."""
