"""Packets on the line: bytes to :class:`Packet` and back, for both directions (OSDP 2.2, SIA, packet format).

``[FF] 53 address length control [security block] code data [MAC] check``; lengths count from 53 to the end.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

START = 0x53
MARK = 0xFF
BROADCAST = 0x7F
"""The address that every reader answers; for configuration with one reader on the line only."""
MAX_PACKET = 1440
SHORTEST = 7
"""Header, code and a check sum: nothing shorter exists."""
MAC_BYTES = 4
SHORTEST_SEALED = SHORTEST + 2 + MAC_BYTES
"""With a security block and a MAC besides."""

_HEADER = 5
_REPLY = 0x80
_WITH_CRC = 0x04
_WITH_SECURITY = 0x08
_WITH_MAC = range(0x15, 0x19)
_BLOCK_TYPES = range(0x11, 0x19)


class Fault(StrEnum):
    """Why bytes were thrown away."""

    NOISE = "noise"
    LENGTH = "length"
    CHECK = "check"
    SECURITY_BLOCK = "security_block"
    CUT_SHORT = "cut_short"


class BadFrameError(ValueError):
    """These bytes are not one packet; :attr:`fault` says why."""

    def __init__(self, fault: Fault) -> None:
        """Keep the fault for whoever counts them."""
        super().__init__(f"not an OSDP packet: {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, either direction.

    Attributes:
        address: 0-126, or :data:`BROADCAST`.
        sequence: 0 after a (re)start, then 1, 2, 3, 1 and so on; the same number again asks for the same reply.
        code: The command's or reply's code.
        data: What follows the code; cipher text while ``security`` says so.
        reply: Whether a reader sent it.
        security: The security block without its length: the type (0x11-0x18), then its data. Empty for none.
        mac: The four bytes that types 0x15-0x18 carry; empty otherwise.
        crc: CRC-16 at the end rather than the 8-bit check sum.
    """

    address: int
    sequence: int
    code: int
    data: bytes = b""
    reply: bool = False
    security: bytes = b""
    mac: bytes = b""
    crc: bool = True

    def head(self) -> bytes:
        """Everything before the MAC, with the final length in it: what a MAC is made over."""
        return self.head_with(self.security, self.data)

    def head_with(self, security: bytes, data: bytes) -> bytes:
        """The same as if the packet had this security block and this data."""
        block = bytes((len(security) + 1,)) + security if security else b""
        mac = MAC_BYTES if security and security[0] in _WITH_MAC else 0
        length = _HEADER + len(block) + 1 + len(data) + mac + (2 if self.crc else 1)
        control = self.sequence | (_WITH_CRC if self.crc else 0) | (_WITH_SECURITY if block else 0)
        address = self.address | (_REPLY if self.reply else 0)
        start = bytes((START, address, length & 0xFF, length >> 8, control))
        return start + block + bytes((self.code,)) + data

    def length(self) -> int:
        """How many bytes it has on the line, without a mark."""
        block = len(self.security) + 1 if self.security else 0
        return _HEADER + block + 1 + len(self.data) + len(self.mac) + (2 if self.crc else 1)

    def to_bytes(self, *, mark: bool = False) -> bytes:
        """The packet as it goes on the line, with a mark byte in front if asked for."""
        body = self.head() + self.mac
        return (b"\xff" if mark else b"") + body + (crc(body) if self.crc else checksum(body))

    @classmethod
    def from_bytes(cls, frame: bytes) -> Packet:
        """Take exactly one packet, without a mark byte.

        Raises:
            BadFrameError: It is not one.
        """
        if len(frame) < SHORTEST or frame[0] != START or frame[2] | frame[3] << 8 != len(frame):
            raise BadFrameError(Fault.LENGTH)
        control = frame[4]
        with_crc = bool(control & _WITH_CRC)
        end = len(frame) - (2 if with_crc else 1)
        if frame[end:] != (crc(frame[:end]) if with_crc else checksum(frame[:end])):
            raise BadFrameError(Fault.CHECK)
        body, security = _HEADER, b""
        if control & _WITH_SECURITY:
            body, security = _split_block(frame, end)
        mac = b""
        if security and security[0] in _WITH_MAC:
            end -= MAC_BYTES
            mac = frame[end : end + MAC_BYTES]
        if body >= end:
            raise BadFrameError(Fault.LENGTH)
        address = frame[1]
        return cls(
            address=address & 0x7F,
            sequence=control & 3,
            code=frame[body],
            data=frame[body + 1 : end],
            reply=bool(address & _REPLY),
            security=security,
            mac=mac,
            crc=with_crc,
        )


def _split_block(frame: bytes, end: int) -> tuple[int, bytes]:
    """Where the code is and the security block without its length."""
    body = _HEADER + frame[_HEADER]
    security = frame[_HEADER + 1 : body]
    if not security or body > end or security[0] not in _BLOCK_TYPES:
        raise BadFrameError(Fault.SECURITY_BLOCK)
    return body, security


def crc(body: bytes) -> bytes:
    """CRC-16 of OSDP: polynomial 0x1021, start 0x1D0F, no reflection, low byte first."""
    return crc_hqx(body, 0x1D0F).to_bytes(2, "little")


def checksum(body: bytes) -> bytes:
    """The two's complement of the sum of all bytes."""
    return bytes((-sum(body) & 0xFF,))


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that belonged to no packet: how many, and why the first of them was thrown away."""

    count: int
    fault: Fault


class FrameDecoder:
    """Finds packets in a stream that may be slow, cut, doubled or full of garbage.

    It holds at most one packet's worth of bytes. A packet that stalls for ``gap_s`` is given up and what it had
    swallowed is searched again, so a flipped length byte costs one packet and not the ones behind it.
    """

    def __init__(self, gap_s: float = 0.02, max_packet: int = MAX_PACKET) -> None:
        """``gap_s`` is the longest silence inside a packet; ``max_packet`` the longest one believed in."""
        self._gap_s = gap_s
        self._max_packet = max_packet
        self._held = bytearray()
        self._last_s = 0.0
        self._taken = 0
        self._arrived: deque[tuple[int, float]] = deque()

    def feed(self, data: bytes, mono_s: float) -> list[Packet | Garbage]:
        """Add bytes that arrived at ``mono_s``; give back what is complete, in the order of the line.

        After a long silence a packet at hand is given up only when a new one begins: the silence may have been ours.
        """
        found = self.idle(mono_s) if data[:1] in (b"\x53", b"\xff") else []
        if data:
            self._held += data
            self._last_s = mono_s
            self._taken += len(data)
            self._arrived.append((self._taken, mono_s))
            self._scan(found, final=False)
            self._forget_arrivals()
        return found

    def idle(self, mono_s: float) -> list[Packet | Garbage]:
        """Give up a packet that has stalled for too long by ``mono_s``."""
        found: list[Packet | Garbage] = []
        if self._held and mono_s - self._last_s > self._gap_s:
            self._scan(found, final=True)
            self._forget_arrivals()
        return found

    def clear(self) -> None:
        """Forget a packet that is only half here."""
        self._held.clear()
        self._arrived.clear()

    def missing(self) -> int:
        """At least how many bytes the packet at hand still lacks; 0 when none has begun."""
        return max(1, self.wanted() - len(self._held)) if self._held else 0

    def held(self) -> int:
        """How many bytes of the packet at hand are here."""
        return len(self._held)

    def wanted(self) -> int:
        """At least how long the packet at hand will be."""
        return self._wanted() or SHORTEST

    def stalls_at_s(self) -> float | None:
        """When the packet at hand is given up unless more of it arrives; ``None`` when none has begun."""
        return self._last_s + self._gap_s if self._held else None

    def begun_s(self) -> float | None:
        """When the first byte of the packet at hand arrived; ``None`` when none has begun."""
        return self._arrived[0][1] if self._held else None

    def _forget_arrivals(self) -> None:
        """Keep only when the bytes at hand arrived."""
        begins = self._taken - len(self._held)
        while self._arrived and self._arrived[0][0] <= begins:
            self._arrived.popleft()

    def _wanted(self) -> int | None:
        """The length that the held start announces, :data:`SHORTEST` while unknown, ``None`` if it cannot be."""
        held = self._held
        if len(held) < 4:
            return SHORTEST
        length = held[2] | held[3] << 8
        return length if SHORTEST <= length <= self._max_packet else None

    def _scan(self, found: list[Packet | Garbage], *, final: bool) -> None:
        thrown, fault = 0, Fault.NOISE
        held = self._held
        while held:
            if held[0] == START:
                outcome = self._try_packet(final=final)
                if outcome is None:
                    break
                if isinstance(outcome, Packet):
                    if thrown:
                        found.append(Garbage(thrown, fault))
                    thrown = 0
                    found.append(outcome)
                    continue
                fault = fault if thrown else outcome
                thrown += 1
                del held[0]
            else:
                start = held.find(START)
                skipped = len(held) if start < 0 else start
                noise = skipped - held.count(MARK, 0, skipped)
                fault = fault if thrown else Fault.NOISE
                thrown += noise
                del held[:skipped]
        if thrown:
            found.append(Garbage(thrown, fault))

    def _try_packet(self, *, final: bool) -> Packet | Fault | None:
        """The packet at the start of what is held, why there is none, or ``None`` to wait for more bytes."""
        wanted = self._wanted()
        if wanted is None:
            return Fault.LENGTH
        if len(self._held) < wanted:
            return Fault.CUT_SHORT if final else None
        try:
            packet = Packet.from_bytes(bytes(self._held[:wanted]))
        except BadFrameError as problem:
            return problem.fault
        del self._held[:wanted]
        return packet
