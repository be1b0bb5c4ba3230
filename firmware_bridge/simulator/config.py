"""What a simulated building consists of. Ids and points are those of the Policy that the bridge works with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from access_control.core.decision.model import LockKind, Point, UnlockWhen
from firmware_bridge.protocol.em4100 import Framing


class LineKind(StrEnum):
    """What hangs on a line."""

    OSDP = "osdp"
    MODBUS = "modbus"
    LCUS = "lcus"
    NUMATO = "numato"
    SCANNER = "scanner"
    EM4100 = "em4100"


BOARD_LINES: Final = (LineKind.MODBUS, LineKind.LCUS, LineKind.NUMATO)
"""Lines with relay boards on them; the last two are one board's own USB port."""


class Tells(StrEnum):
    """How an LCUS board tells where its relays are: a byte each, a line each, not at all, or a frame a command."""

    BYTES = "bytes"
    LINES = "lines"
    NOTHING = "nothing"
    FRAMES = "frames"


@dataclass(frozen=True, slots=True)
class LineConfig:
    """A serial line; the bridge opens ``path``.

    Attributes:
        grain_s: Bytes are handed to the bridge in groups this long, as a serial chip does; never early.
    """

    name: str
    kind: LineKind
    path: Path
    baud: int = 9600
    grain_s: float = 0.004


class CheckKind(StrEnum):
    """How a peripheral checks its packets. ``SUM_ONLY`` refuses a CRC, ``SUM_BACK`` answers one with a sum."""

    CRC = "crc"
    SUM_BACK = "sum_back"
    SUM_ONLY = "sum_only"


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """An OSDP reader.

    Attributes:
        key: Its Secure Channel base key of 16 bytes; ``None`` is a reader fresh from its box, in install mode.
        reply_gap_chars: How many character times it waits before it answers.
        needs_secure: Whether it refuses clear text (all but the first questions) once it has a key.
        check: Which check it knows.
        display: Whether it shows words.
        smart_cards: Whether it can keep a card's field on.
        second_head: Its second head, by the reader's id in Policy, if it has one.
        supervised: Whether its inputs tell a cut or shorted cable.
    """

    id: int
    line: str
    address: int
    key: bytes | None = None
    outputs: int = 1
    inputs: int = 2
    reply_gap_chars: int = 0
    needs_secure: bool = True
    check: CheckKind = CheckKind.CRC
    display: bool = False
    smart_cards: bool = False
    second_head: int | None = None
    supervised: bool = False


@dataclass(frozen=True, slots=True)
class BoardConfig:
    """A board with relays and inputs, both from 0; its line says of which kind it is.

    Attributes:
        key: On an OSDP line its Secure Channel base key; ``None`` is one fresh from its box.
        tells: On a line of kind ``lcus``: how the board tells where its relays are.
        pulses: On a line of kind ``modbus``: whether it times pulses itself, with coils from 0x0200 on.
        supervised: On an OSDP line: whether its inputs tell a cut or shorted cable.
    """

    id: int
    line: str
    address: int
    outputs: int = 8
    inputs: int = 8
    tells: Tells = Tells.BYTES
    key: bytes | None = None
    pulses: bool = False
    supervised: bool = False


@dataclass(frozen=True, slots=True)
class TagReaderConfig:
    """A reader for 125 kHz tags with a cable of its own; ``reader`` is the reader's id in Policy."""

    reader: int
    line: str
    framing: Framing = Framing.RDM6300


@dataclass(frozen=True, slots=True)
class ScannerConfig:
    """A QR scanner with a cable of its own; ``reader`` is the reader's id in Policy."""

    reader: int
    line: str


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """A door as it hangs. An active contact means open, an active latch means not thrown.

    Attributes:
        output: The relay that feeds the lock.
        rests_closed: Which of ``contact``, ``rex`` and ``latch`` are loops that are closed at rest: what is active then
            is the opposite.
        readers: The readers and scanners at this door; a person may name the door instead.
    """

    id: int
    name: str
    lock: LockKind
    output: Point
    unlock_when: UnlockWhen = UnlockWhen.RELAY_ON
    contact: Point | None = None
    rex: Point | None = None
    latch: Point | None = None
    readers: tuple[int, ...] = ()
    rests_closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildingConfig:
    """A whole building.

    Attributes:
        control: The path of the control socket; ``None`` for a building that only a test's own process steers.
        relay_log: Where every movement of a relay is written down.
        memory: Where readers keep the keys they were given, over power cycles and restarts.
        seed: Makes faults repeatable.
    """

    lines: tuple[LineConfig, ...]
    readers: tuple[ReaderConfig, ...] = ()
    boards: tuple[BoardConfig, ...] = ()
    scanners: tuple[ScannerConfig, ...] = ()
    tag_readers: tuple[TagReaderConfig, ...] = ()
    doors: tuple[DoorConfig, ...] = ()
    control: Path | None = None
    relay_log: Path | None = None
    memory: Path | None = None
    seed: int = 0
