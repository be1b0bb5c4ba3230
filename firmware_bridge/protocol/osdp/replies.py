"""What a reader says: frozen records with ``to_bytes`` and ``from_bytes`` for the payload behind the code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self

from access_control.core.credentials.bits import Bits
from firmware_bridge.protocol.osdp.fields import BadMessageError, Malformed, exactly, pieces


@dataclass(frozen=True, slots=True)
class Ack:
    """ACK: done, nothing to report."""

    CODE: ClassVar[int] = 0x40

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take an empty payload."""
        exactly(data, 0)
        return cls()

    def to_bytes(self) -> bytes:
        """The empty payload."""
        return b""


@dataclass(frozen=True, slots=True)
class Busy:
    """BUSY: ask again later. The only reply that may stay in the clear inside Secure Channel."""

    CODE: ClassVar[int] = 0x79

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take an empty payload."""
        exactly(data, 0)
        return cls()

    def to_bytes(self) -> bytes:
        """The empty payload."""
        return b""


class NakCode(IntEnum):
    """Why a reader refused a command."""

    CHECK = 1
    LENGTH = 2
    UNKNOWN_COMMAND = 3
    SEQUENCE = 4
    NO_SECURE_CHANNEL = 5
    SECURITY_NOT_MET = 6
    BIOMETRIC_TYPE = 7
    BIOMETRIC_FORMAT = 8
    UNABLE = 9


@dataclass(frozen=True, slots=True)
class Nak:
    """NAK: refused. ``error`` is a :class:`NakCode` or a number that a maker chose; ``detail`` may follow."""

    CODE: ClassVar[int] = 0x41
    error: int
    detail: bytes = b""

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take at least the error."""
        if not data:
            raise BadMessageError("a refusal without its reason")
        return cls(data[0], data[1:])

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.error,)) + self.detail


@dataclass(frozen=True, slots=True)
class Identity:
    """PDID: who made the reader, and which one it is."""

    CODE: ClassVar[int] = 0x45
    vendor: bytes
    model: int
    version: int
    serial: int
    firmware: tuple[int, int, int]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take twelve bytes."""
        exactly(data, 12)
        serial = int.from_bytes(data[5:9], "little")
        return cls(data[:3], data[3], data[4], serial, (data[9], data[10], data[11]))

    def to_bytes(self) -> bytes:
        """The payload."""
        return (
            self.vendor + bytes((self.model, self.version)) + self.serial.to_bytes(4, "little") + bytes(self.firmware)
        )


class Function(IntEnum):
    """What a capability is about."""

    INPUTS = 1
    OUTPUTS = 2
    CARD_FORMAT = 3
    LED = 4
    BUZZER = 5
    TEXT = 6
    TIME = 7
    CHECK = 8
    SECURITY = 9
    RECEIVE_SIZE = 10
    LARGEST_MESSAGE = 11
    SMART_CARD = 12
    READERS = 13
    BIOMETRICS = 14
    SECURE_PIN = 15
    VERSION = 16


@dataclass(frozen=True, slots=True)
class Capability:
    """One line of what a reader can do: a :class:`Function`, how well, and how many of them."""

    function: int
    level: int
    count: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """PDCAP: what a reader can do."""

    CODE: ClassVar[int] = 0x46
    items: tuple[Capability, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take triplets, perhaps none."""
        return cls(tuple(Capability(*piece) for piece in pieces(data, 3)) if data else ())

    def to_bytes(self) -> bytes:
        """The payload."""
        return b"".join(bytes((item.function, item.level, item.count)) for item in self.items)

    def of(self, function: Function) -> Capability:
        """What it says about ``function``; nothing said is level 0, count 0."""
        for item in self.items:
            if item.function == function:
                return item
        return Capability(function, 0, 0)


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """LSTATR: the tamper switch and the power supply."""

    CODE: ClassVar[int] = 0x48
    tampered: bool
    power_failed: bool

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take two bytes; anything but 0 is trouble."""
        exactly(data, 2)
        return cls(data[0] != 0, data[1] != 0)

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.tampered, self.power_failed))


@dataclass(frozen=True, slots=True)
class _States:
    """A byte for each of several things."""

    CODE: ClassVar[int]
    states: tuple[int, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take a byte each."""
        return cls(tuple(data))

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes(self.states)


INPUT_SHORTED, INPUT_CUT = 2, 3
"""What supervised inputs report of their cables; OSDP 2.2 itself has only 0 and 1, and devices differ."""


@dataclass(frozen=True, slots=True)
class InputStatus(_States):
    """ISTATR: 0 at rest, 1 active, for each input; a supervised one also tells that its cable is shorted or cut."""

    CODE: ClassVar[int] = 0x49


@dataclass(frozen=True, slots=True)
class OutputStatus(_States):
    """OSTATR: 0 off, 1 on, for each output."""

    CODE: ClassVar[int] = 0x4A


@dataclass(frozen=True, slots=True)
class ReaderStatus(_States):
    """RSTATR: 0 well, 1 not connected, 2 tampered, for each reader head."""

    CODE: ClassVar[int] = 0x4B


@dataclass(frozen=True, slots=True)
class RawCard:
    """RAW: a card's bits as they came, parity included. ``format`` 0 is unspecified, 1 has Wiegand parity."""

    CODE: ClassVar[int] = 0x50
    reader: int
    format: int
    bits: Bits

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take a head of four bytes and exactly the bytes that its bit count needs."""
        if len(data) < 5:
            raise BadMessageError("a card without bits")
        try:
            bits = Bits.from_left_justified(data[4:], data[2] | data[3] << 8)
        except ValueError as problem:
            raise BadMessageError(str(problem)) from problem
        return cls(data[0], data[1], bits)

    def to_bytes(self) -> bytes:
        """The payload."""
        head = bytes((self.reader, self.format)) + self.bits.length.to_bytes(2, "little")
        return head + self.bits.left_justified()


@dataclass(frozen=True, slots=True)
class Keypad:
    """KEYPAD: digits as ASCII; the star key is 0x7F, the hash key 0x0D."""

    CODE: ClassVar[int] = 0x53
    reader: int
    keys: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take as many keys as it says."""
        if len(data) < 2 or len(data) != 2 + data[1]:
            raise BadMessageError("not as many keys as it says")
        return cls(data[0], data[2:])

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.reader, len(self.keys))) + self.keys


@dataclass(frozen=True, slots=True)
class Communication:
    """COM: the address and speed that hold from now on."""

    CODE: ClassVar[int] = 0x54
    address: int
    baud: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take five bytes."""
        exactly(data, 5)
        return cls(data[0], int.from_bytes(data[1:], "little"))

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.address,)) + self.baud.to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class ClientCryptogram:
    """CCRYPT: the reader's id, its random bytes and its proof that it has the key."""

    CODE: ClassVar[int] = 0x76
    client: bytes
    random: bytes
    cryptogram: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take thirty-two bytes."""
        exactly(data, 32)
        return cls(data[:8], data[8:16], data[16:])

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.client + self.random + self.cryptogram


@dataclass(frozen=True, slots=True)
class InitialMac:
    """RMAC_I: where the chain of MACs begins."""

    CODE: ClassVar[int] = 0x78
    mac: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take sixteen bytes."""
        return cls(exactly(data, 16))

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.mac


@dataclass(frozen=True, slots=True)
class UnknownReply:
    """A reply that this program does not speak."""

    code: int
    data: bytes


Reply = (
    Ack
    | Nak
    | Identity
    | Capabilities
    | LocalStatus
    | InputStatus
    | OutputStatus
    | ReaderStatus
    | RawCard
    | Keypad
    | Communication
    | ClientCryptogram
    | InitialMac
    | Busy
)

_KINDS: dict[int, type[Reply]] = {kind.CODE: kind for kind in Reply.__args__}


def parse_reply(code: int, data: bytes) -> Reply | UnknownReply | Malformed:
    """The reply that ``code`` and ``data`` mean; never raises."""
    kind = _KINDS.get(code)
    if kind is None:
        return UnknownReply(code, data)
    try:
        return kind.from_bytes(data)
    except BadMessageError as problem:
        return Malformed(code, data, str(problem))
