"""A serial line that exists only in memory: a bus, readers, and time that passes in steps.

It carries bytes at the line's pace and can be as bad-mannered as a real one, the same way for the same seed.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.events import Event
from firmware_bridge.protocol.osdp.bus import Bus
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup
from firmware_bridge.simulator.config import ReaderConfig
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World
from tests.building.clock import SetClock

_LUMP = 8
"""Bytes that an adapter hands over together."""


@dataclass(frozen=True)
class Noise:
    """Lumps of ``lump`` bytes that come by themselves, one every ``every_s``, for ``seconds`` from ``begun_s`` on."""

    begun_s: float
    seconds: float
    lump: int
    every_s: float
    lump_s: float

    def meets(self, begun_s: float, ended_s: float) -> bool:
        """Whether any of it is on the wire between these two times."""
        if ended_s <= self.begun_s or begun_s >= self.begun_s + self.seconds:
            return False
        into_s = (begun_s - self.begun_s) % self.every_s
        return into_s < self.lump_s or into_s + ended_s - begun_s > self.every_s


Happened = TypeVar("Happened")


class Hearer(Protocol):
    """Whatever answers on a line."""

    def receive(self, packet: Packet, now_s: float) -> bytes | None: ...


@dataclass
class Manners:
    """How bad the line is: shares of packets, 0 to 1. ``bytewise`` hands over a byte at a time."""

    lost: float = 0.0
    doubled: float = 0.0
    garbled: float = 0.0
    garbage: float = 0.0
    cut: bool = False
    bytewise: bool = False
    turn_around_s: float = 0.0


class MemoryLine:
    """One bus, the readers behind it, and the clock of both."""

    def __init__(self, bus: Bus, peers: Sequence[Hearer], clock: SetClock, *, baud: int = 9600, seed: int = 1) -> None:
        self.bus = bus
        self.peers = list(peers)
        self.clock = clock
        self.manners = Manners()
        self.events: list[Event] = []
        self.sent: list[tuple[float, bytes]] = []
        self.replies: list[bytes] = []
        self.on_event: Callable[[Event], None] = lambda _event: None
        self.tamper: Callable[[Packet, bytes], bytes] = lambda _asked, answer: answer
        self._character_s = 10 / baud
        self._under_way: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self.drowned_until_s = 0.0
        self.noise: Noise | None = None
        self.arrived: list[tuple[float, int]] = []
        self._random = random.Random(seed)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.run_until(lambda: False, seconds)

    def run_until(self, fact: Callable[[], bool], within_s: float = 10.0) -> bool:
        """Let time pass until something is so; whether it became so in time."""
        end_s = self.clock.mono_s + within_s
        while not fact():
            if self.clock.mono_s >= end_s:
                return False
            self._step(end_s)
        return True

    def jabber(self, seconds: float, words: bytes = b"", *, begins_s: float = 0.0) -> None:
        """Somebody sends without end for so long, ``words`` or anything: nobody else is heard until it is over."""
        length = round(seconds / self._character_s)
        data = words * (length // len(words)) if words else self._random.randbytes(length)
        begun_s = self.clock.mono_s + begins_s
        self.drowned_until_s = begun_s + seconds
        self._arrive(data, begun_s)

    def noisy(self, seconds: float, *, share: float, lump: int = 1, words: bytes = b"") -> None:
        """Bytes take ``share`` of the line, ``lump`` at a time: an answer that meets some of them is lost."""
        noise = Noise(self.clock.mono_s, seconds, lump, lump * self._character_s / share, lump * self._character_s)
        self.noise = noise
        count = round(seconds / noise.every_s)
        data = (
            (words * (count * lump // len(words) + 1))[: count * lump]
            if words
            else self._random.randbytes(count * lump)
        )
        for number in range(count):
            piece = data[number * lump : (number + 1) * lump]
            self._later(noise.begun_s + number * noise.every_s + noise.lump_s, partial(self._take, piece))

    def happened(self, kind: type[Happened]) -> list[Happened]:
        """Every event of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def _step(self, end_s: float) -> None:
        frame = self.bus.advance(self.clock.moment())
        self._publish()
        if frame:
            self.sent.append((self.clock.mono_s, frame))
            self._carry(frame)
        next_s = min([self.bus.wake_s(), end_s] + [arrival[0] for arrival in self._under_way[:1]])
        self.clock.go_on(max(next_s - self.clock.mono_s, 1e-5))
        while self._under_way and self._under_way[0][0] <= self.clock.mono_s:
            heapq.heappop(self._under_way)[2]()

    def _publish(self) -> None:
        events, self.bus.events = self.bus.events, []
        for event in events:
            self.events.append(event)
            self.on_event(event)

    def _carry(self, frame: bytes) -> None:
        """The readers have heard it when its last bit was sent; their answers come at the line's pace."""
        heard_s = self.clock.mono_s + len(frame) * self._character_s
        for heard in self._mistreat(frame):
            self._later(heard_s, partial(self._hear, heard, heard_s))

    def _hear(self, heard: bytes, heard_s: float) -> None:
        for packet in FrameDecoder().feed(heard, heard_s):
            if isinstance(packet, Packet):
                self._answer(packet, heard_s)

    def _answer(self, packet: Packet, heard_s: float) -> None:
        for peer in self.peers:
            answer = peer.receive(packet, heard_s)
            if answer is not None:
                self.replies.append(answer)
                begun_s = heard_s + self.manners.turn_around_s
                if begun_s < self.drowned_until_s:
                    continue
                if self.noise is not None and self.noise.meets(begun_s, begun_s + len(answer) * self._character_s):
                    continue
                self.arrived.append((begun_s, packet.address))
                for data in self._mistreat(self.tamper(packet, answer)):
                    self._arrive(data, begun_s)

    def _arrive(self, data: bytes, begun_s: float) -> None:
        size = 1 if self.manners.bytewise else _LUMP
        ended_s = begun_s
        for piece in (data[i : i + size] for i in range(0, len(data), size)):
            ended_s += len(piece) * self._character_s
            self._later(ended_s, partial(self._take, piece))

    def _take(self, data: bytes) -> None:
        self.bus.receive(data, self.clock.moment())
        self._publish()

    def _later(self, at_s: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._under_way, (at_s, self._count, what))

    def _mistreat(self, data: bytes) -> list[bytes]:
        manners, chance = self.manners, self._random.random
        if manners.cut or chance() < manners.lost:
            return []
        if chance() < manners.garbled:
            place = self._random.randrange(len(data))
            data = data[:place] + bytes((data[place] ^ 1 << self._random.randrange(8),)) + data[place + 1 :]
        if chance() < manners.garbage:
            data = self._random.randbytes(self._random.randrange(1, 30)) + data
        return [data, data] if chance() < manners.doubled else [data]


def reader(number: int, key: bytes | None, world: World, **config: object) -> Peripheral:
    """A conforming reader at address ``number``."""
    settings = ReaderConfig(number, "A", number, key, **config)  # type: ignore[arg-type]  # any field of ReaderConfig
    return Peripheral(ReaderHead(settings, world), entropy=random.Random(number).randbytes)


def module(number: int, key: bytes | None, world: World) -> Peripheral:
    """A conforming board at address ``number``, with two outputs that time themselves and three inputs."""
    settings = ReaderConfig(number, "A", number, key, outputs=2, inputs=3)
    return Peripheral(ReaderHead(settings, world, DeviceKind.BOARD), entropy=random.Random(number).randbytes)


def module_line(
    key: bytes | None = b"M" * 16, panel_key: bytes | None = b"M" * 16
) -> tuple[MemoryLine, Peripheral, World]:
    """A line with one board, number 5 at address 5, whose inputs are in the world."""
    clock = SetClock()
    world = World((), clock, RelayLog(None))
    board = module(5, key, world)
    world.on_input = lambda _point, _active: board.head.input_changed()
    setup = ReaderSetup(5, 5, panel_key, kind=DeviceKind.BOARD)
    return MemoryLine(Bus([setup], 9600, random.Random(1).randbytes), [board], clock), board, world


def line_with(
    keys: dict[int, bytes | None],
    *,
    panel_keys: dict[int, bytes | None] | None = None,
    baud: int = 9600,
    seed: int = 1,
    timing: LinkTiming | None = None,
    **config: object,
) -> tuple[MemoryLine, dict[int, Peripheral]]:
    """A line with one reader for each of ``keys``; the panel has the same keys unless it is given others.

    ``config`` holds any other fields of the readers' :class:`ReaderConfig`.
    """
    clock = SetClock()
    world = World((), clock, RelayLog(None))
    readers = {number: reader(number, key, world, **config) for number, key in keys.items()}
    setups = [ReaderSetup(number, number, key) for number, key in (panel_keys or keys).items()]
    bus = Bus(setups, baud, random.Random(seed).randbytes, timing, "A")
    return MemoryLine(bus, list(readers.values()), clock, baud=baud, seed=seed), readers


def output(number: int, index: int = 0) -> Point:
    """An output of a reader."""
    return Point(DeviceKind.READER, number, index)
