"""What a simulated building consists of. Ids and points are those of the Policy that the bridge works with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from access_control.core.decision.model import LockKind, Point, UnlockWhen


class LineKind(StrEnum):
    """What hangs on a line."""

    OSDP = "osdp"
    MODBUS = "modbus"
    SCANNER = "scanner"


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


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """An OSDP reader.

    Attributes:
        key: Its Secure Channel base key of 16 bytes; ``None`` is a reader fresh from its box, in install mode.
        reply_gap_chars: How many character times it waits before it answers.
        needs_secure: Whether it refuses clear text (all but the first questions) once it has a key.
    """

    id: int
    line: str
    address: int
    key: bytes | None = None
    outputs: int = 1
    inputs: int = 2
    reply_gap_chars: int = 0
    needs_secure: bool = True


@dataclass(frozen=True, slots=True)
class BoardConfig:
    """A Modbus RTU board with relays (coils) and inputs (discrete inputs), both from address 0."""

    id: int
    line: str
    address: int
    outputs: int = 8
    inputs: int = 8


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
    doors: tuple[DoorConfig, ...] = ()
    control: Path | None = None
    relay_log: Path | None = None
    memory: Path | None = None
    seed: int = 0
