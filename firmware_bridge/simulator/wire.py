"""Who is on a two-wire line and when: bytes in flight, collisions and faults. Pure; seconds are monotonic."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, runtime_checkable

from firmware_bridge.protocol.osdp.frames import Packet

BITS_PER_BYTE = 10
"""Start bit, eight data bits, stop bit."""

_JABBER_BYTES = 64
_ACK = 0x40
GRAIN_S = 0.004
"""A serial chip hands bytes over in small groups, never before they have arrived."""


@dataclass(frozen=True, slots=True)
class LineFaults:
    """What is wrong with a line. The default is a good line.

    Attributes:
        cut: Nothing passes in either direction.
        garble: The chance that a byte arrives changed.
        drop: The chance that a byte is lost.
        duplicate: The chance that a byte arrives twice.
        noise_every_s: Stray bytes appear on the idle line about this often.
        echo: The bridge hears its own bytes, as with a cheap adapter.
        byte_wise: Each byte is handed over by itself.
        jabber: Somebody never stops sending, so that no answer reaches the bridge. What the bridge sends still reaches
            the devices: its driver is the stronger one.
        jabber_as: What that one sends are packets with this address, instead of bytes without sense.
    """

    cut: bool = False
    garble: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    noise_every_s: float | None = None
    echo: bool = False
    byte_wise: bool = False
    jabber: bool = False
    jabber_as: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes from the bridge whose last one arrived at ``ended_s``, sent at ``baud``."""

    data: bytes
    ended_s: float
    baud: int

    @property
    def begun_s(self) -> float:
        """When the first byte began."""
        return self.ended_s - len(self.data) * BITS_PER_BYTE / self.baud


@dataclass(frozen=True, slots=True)
class Transmission:
    """Bytes that a device puts on the line from ``begin_s`` on, whatever else is there."""

    data: bytes
    begin_s: float


class Peer(Protocol):
    """A device, or several that share an ear, on the line."""

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        """Take what the bridge sent and answer, or not."""
        ...


@runtime_checkable
class PipePeer(Peer, Protocol):
    """A peer that lives behind a descriptor, such as a server with a pty of its own."""

    def fileno(self) -> int:
        """What to wait for."""
        ...

    def readable(self, now_s: float) -> Sequence[Transmission]:
        """Take what has come out of the descriptor."""
        ...


@dataclass(slots=True)
class _Flight:
    """Bytes on their way to the bridge; the first ``handed`` ones have been handed over."""

    begin_s: float
    char_s: float
    data: bytearray
    handed: int = 0

    @property
    def end_s(self) -> float:
        return self.begin_s + self.char_s * len(self.data)

    def next_s(self, grain_s: float) -> float:
        """When to hand over next: a grain further, or at the end if that is sooner."""
        step = max(1, int(grain_s / self.char_s))
        return self.begin_s + self.char_s * min(len(self.data), self.handed + step)

    def take(self, now_s: float) -> bytes:
        """The bytes that have arrived by now and were not handed over yet."""
        arrived = min(len(self.data), int((now_s - self.begin_s) / self.char_s + 1e-6))
        out = bytes(self.data[self.handed : arrived])
        self.handed = max(self.handed, arrived)
        return out


class Wire:
    """The line as a timeline. Both ends are asked for what has arrived *by now*; no byte is ever early."""

    def __init__(self, baud: int, *, half_duplex: bool = True, grain_s: float = GRAIN_S, seed: int = 0) -> None:
        self.baud = baud
        self.faults = LineFaults()
        self._half_duplex = half_duplex
        self._grain_s = grain_s
        self._random = Random(seed)  # noqa: S311 - faults must repeat with their seed
        self._to_peers: deque[tuple[float, bytearray, int]] = deque()
        self._host_end_s = 0.0
        self._waiting: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._flights: deque[_Flight] = deque()
        self._noise_s: float | None = None
        self._jabber_s: float | None = None

    @property
    def char_s(self) -> float:
        """How long one byte takes."""
        return BITS_PER_BYTE / self.baud

    def host_sends(self, data: bytes, now_s: float) -> None:
        """The bridge begins to send, behind whatever it is still sending."""
        if self.faults.cut:
            return
        begin_s = max(now_s, self._host_end_s)
        if self.faults.echo:
            self._flights.append(_Flight(begin_s, self.char_s, bytearray(data)))
        harmed = bytearray(self._harm(data))
        if self._half_duplex and not self.faults.echo and not self.faults.jabber and self._collide(begin_s):
            self._corrupt(harmed, 0)
        self._host_end_s = begin_s + self.char_s * len(data)
        self._to_peers.append((self._host_end_s, harmed, self.baud))

    def peer_sends(self, transmission: Transmission) -> None:
        """A device will begin to send; it does not look whether the line is free."""
        self._count += 1
        heapq.heappush(self._waiting, (transmission.begin_s, self._count, transmission.data))

    def heard(self, now_s: float) -> list[Heard]:
        """What has arrived at the devices."""
        out = []
        while self._to_peers and self._to_peers[0][0] <= now_s:
            ended_s, data, baud = self._to_peers.popleft()
            if not self.faults.cut and data:
                out.append(Heard(bytes(data), ended_s, baud))
        return out

    def for_host(self, now_s: float) -> list[bytes]:
        """What has arrived at the bridge."""
        while self._waiting and self._waiting[0][0] <= now_s:
            begin_s, _, data = heapq.heappop(self._waiting)
            self._take_off(begin_s, data)
        self._make_noise(now_s)
        self._jabber_on(now_s)
        out = [part for flight in self._flights if (part := flight.take(now_s))]
        self._flights = deque(flight for flight in self._flights if flight.handed < len(flight.data))
        return [] if self.faults.cut else out

    def next_s(self) -> float | None:
        """When something arrives next, or nothing is under way."""
        grain_s = 0.0 if self.faults.byte_wise else self._grain_s
        times = [flight.next_s(grain_s) for flight in self._flights]
        if self._to_peers:
            times.append(self._to_peers[0][0])
        if self._waiting:
            times.append(self._waiting[0][0])
        if self.faults.noise_every_s is not None:
            times.append(self._noise_s or 0.0)
        if self.faults.jabber:
            times.append(self._jabber_s or 0.0)
        return min(times, default=None)

    def _take_off(self, begin_s: float, data: bytes) -> None:
        if self.faults.cut or self.faults.jabber:
            return
        harmed = bytearray(self._harm(data))
        if self._half_duplex and self._collide(begin_s):
            self._corrupt(harmed, 0)
        self._flights.append(_Flight(begin_s, self.char_s, harmed))

    def _collide(self, begin_s: float) -> bool:
        """Whether somebody else is sending at ``begin_s``; what they have still to send is spoilt too."""
        collided = False
        for flight in self._flights:
            if flight.end_s > begin_s:
                collided = True
                self._corrupt(flight.data, flight.handed)
        if self._host_end_s > begin_s + self.char_s / 2:
            collided = True
            for ended_s, data, _ in self._to_peers:
                if ended_s > begin_s:
                    self._corrupt(data, 0)
        return collided

    def _corrupt(self, data: bytearray, first: int) -> None:
        for i in range(first, len(data)):
            data[i] ^= self._random.randrange(1, 256)

    def _harm(self, data: bytes) -> bytes:
        faults = self.faults
        if not (faults.garble or faults.drop or faults.duplicate):
            return data
        out = bytearray()
        for byte in data:
            if self._random.random() < faults.drop:
                continue
            changed = byte ^ self._random.randrange(1, 256) if self._random.random() < faults.garble else byte
            out.append(changed)
            if self._random.random() < faults.duplicate:
                out.append(changed)
        return bytes(out)

    def _make_noise(self, now_s: float) -> None:
        every_s = self.faults.noise_every_s
        if every_s is None:
            self._noise_s = None
            return
        if self._noise_s is not None and now_s >= self._noise_s:
            self._take_off(now_s, self._random.randbytes(self._random.randrange(1, 9)))
            self._to_peers.append((now_s, bytearray(self._random.randbytes(2)), self.baud))
        if self._noise_s is None or now_s >= self._noise_s:
            self._noise_s = now_s + every_s * self._random.uniform(0.5, 1.5)

    def _jabber_on(self, now_s: float) -> None:
        if not self.faults.jabber:
            self._jabber_s = None
            return
        begin_s = now_s if self._jabber_s is None else self._jabber_s
        while begin_s <= now_s:
            address = self.faults.jabber_as
            words = self._random.randbytes(_JABBER_BYTES) if address is None else _packet(address)
            self._flights.append(_Flight(begin_s, self.char_s, bytearray(words)))
            begin_s = self._flights[-1].end_s
        self._jabber_s = begin_s


def _packet(address: int) -> bytes:
    """What a device says that is asked nothing."""
    return Packet(address, 1, _ACK, reply=True).to_bytes()
