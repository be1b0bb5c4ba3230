"""What a panel says: frozen records with ``to_bytes`` and ``from_bytes`` for the payload behind the code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Self

from firmware_bridge.protocol.osdp.fields import BadMessageError, Malformed, exactly, pieces
from firmware_bridge.protocol.osdp.lights import SetLeds


@dataclass(frozen=True, slots=True)
class _Bare:
    """A command without a payload."""

    CODE: ClassVar[int]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take an empty payload."""
        exactly(data, 0)
        return cls()

    def to_bytes(self) -> bytes:
        """The empty payload."""
        return b""


@dataclass(frozen=True, slots=True)
class Poll(_Bare):
    """POLL: is there anything new?"""

    CODE: ClassVar[int] = 0x60


@dataclass(frozen=True, slots=True)
class AskLocalStatus(_Bare):
    """LSTAT: tamper and power."""

    CODE: ClassVar[int] = 0x64


@dataclass(frozen=True, slots=True)
class AskInputs(_Bare):
    """ISTAT: the state of every input."""

    CODE: ClassVar[int] = 0x65


@dataclass(frozen=True, slots=True)
class AskOutputs(_Bare):
    """OSTAT: the state of every output."""

    CODE: ClassVar[int] = 0x66


@dataclass(frozen=True, slots=True)
class AskReaders(_Bare):
    """RSTAT: the state of attached reader heads."""

    CODE: ClassVar[int] = 0x67


@dataclass(frozen=True, slots=True)
class _Asking:
    """A command whose only payload is the reserved byte 0."""

    CODE: ClassVar[int]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take the reserved byte, whatever it holds."""
        exactly(data, 1)
        return cls()

    def to_bytes(self) -> bytes:
        """The reserved byte."""
        return b"\0"


@dataclass(frozen=True, slots=True)
class AskIdentity(_Asking):
    """ID: who are you?"""

    CODE: ClassVar[int] = 0x61


@dataclass(frozen=True, slots=True)
class AskCapabilities(_Asking):
    """CAP: what can you do?"""

    CODE: ClassVar[int] = 0x62


class OutputControl(IntEnum):
    """How OUT moves an output. Timers count in 100 ms and return to the permanent state."""

    NOTHING = 0
    OFF = 1
    ON = 2
    OFF_AFTER_TIMER = 3
    ON_AFTER_TIMER = 4
    ON_FOR_TIMER = 5
    OFF_FOR_TIMER = 6


@dataclass(frozen=True, slots=True)
class OutputOrder:
    """One output of an OUT command; ``timer`` in 100 ms."""

    output: int
    control: OutputControl
    timer: int = 0


@dataclass(frozen=True, slots=True)
class SetOutputs:
    """OUT: move outputs."""

    CODE: ClassVar[int] = 0x68
    orders: tuple[OutputOrder, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take one or more outputs."""
        orders = []
        for piece in pieces(data, 4):
            if piece[1] > OutputControl.OFF_FOR_TIMER:
                raise BadMessageError(f"output control {piece[1]} does not exist")
            orders.append(OutputOrder(piece[0], OutputControl(piece[1]), piece[2] | piece[3] << 8))
        return cls(tuple(orders))

    def to_bytes(self) -> bytes:
        """The payload."""
        return b"".join(bytes((o.output, o.control, o.timer & 0xFF, o.timer >> 8)) for o in self.orders)


@dataclass(frozen=True, slots=True)
class Buzz:
    """BUZ: sound ``count`` times (0 for ever), ``on`` and ``off`` in 100 ms; tone 1 is silence, 2 the usual one."""

    CODE: ClassVar[int] = 0x6A
    reader: int
    tone: int
    on: int
    off: int
    count: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take five bytes."""
        return cls(*exactly(data, 5))

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.reader, self.tone, self.on, self.off, self.count))


@dataclass(frozen=True, slots=True)
class ShowText:
    """TEXT: write on a display. ``mode`` 1 or 2 stays, 3 or 4 goes after ``seconds``; 2 and 4 wrap."""

    CODE: ClassVar[int] = 0x6B
    reader: int
    mode: int
    seconds: int
    row: int
    column: int
    text: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take a head of six bytes and the text that it announces."""
        if len(data) < 6 or len(data) != 6 + data[5]:
            raise BadMessageError("the text is not as long as it says")
        return cls(data[0], data[1], data[2], data[3], data[4], data[6:])

    def to_bytes(self) -> bytes:
        """The payload."""
        return bytes((self.reader, self.mode, self.seconds, self.row, self.column, len(self.text))) + self.text


@dataclass(frozen=True, slots=True)
class SetCommunication:
    """COMSET: take another address and speed; in force after the reply."""

    CODE: ClassVar[int] = 0x6E
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
class SetKey:
    """KEYSET: take a new key; only ever inside Secure Channel. The key stays out of ``repr``."""

    CODE: ClassVar[int] = 0x75
    key: bytes = field(repr=False)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take key type 1 of 16 bytes."""
        exactly(data, 18)
        if data[:2] != b"\x01\x10":
            raise BadMessageError("only a Secure Channel key of 16 bytes is known")
        return cls(data[2:])

    def to_bytes(self) -> bytes:
        """The payload."""
        return b"\x01\x10" + self.key


@dataclass(frozen=True, slots=True)
class Challenge:
    """CHLNG: the panel's eight random bytes."""

    CODE: ClassVar[int] = 0x76
    random: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take eight bytes."""
        return cls(exactly(data, 8))

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.random


@dataclass(frozen=True, slots=True)
class ServerCryptogram:
    """SCRYPT: the panel's proof that it has the key."""

    CODE: ClassVar[int] = 0x77
    cryptogram: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take sixteen bytes."""
        return cls(exactly(data, 16))

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.cryptogram


@dataclass(frozen=True, slots=True)
class PanelReceiveSize:
    """ACURXSIZE: the longest packet that the panel takes."""

    CODE: ClassVar[int] = 0x7B
    size: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take two bytes."""
        return cls(int.from_bytes(exactly(data, 2), "little"))

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.size.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class KeepActive:
    """KEEPACTIVE: keep the card's field on for so many milliseconds."""

    CODE: ClassVar[int] = 0xA7
    milliseconds: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take two bytes."""
        return cls(int.from_bytes(exactly(data, 2), "little"))

    def to_bytes(self) -> bytes:
        """The payload."""
        return self.milliseconds.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """A command that this program does not speak."""

    code: int
    data: bytes


Command = (
    Poll
    | AskIdentity
    | AskCapabilities
    | AskLocalStatus
    | AskInputs
    | AskOutputs
    | AskReaders
    | SetOutputs
    | SetLeds
    | Buzz
    | ShowText
    | SetCommunication
    | SetKey
    | Challenge
    | ServerCryptogram
    | PanelReceiveSize
    | KeepActive
)

_KINDS: dict[int, type[Command]] = {kind.CODE: kind for kind in Command.__args__}


def parse_command(code: int, data: bytes) -> Command | UnknownCommand | Malformed:
    """The command that ``code`` and ``data`` mean; never raises."""
    kind = _KINDS.get(code)
    if kind is None:
        return UnknownCommand(code, data)
    try:
        return kind.from_bytes(data)
    except BadMessageError as problem:
        return Malformed(code, data, str(problem))
