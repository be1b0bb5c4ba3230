"""Events on their way to the outbox, how they are written there, and how many are kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from firmware_bridge.store.outbox import Keep, Row

Detail = Mapping[str, str | int | float | bool | None]


@dataclass(slots=True, eq=False)
class Entry:
    """One event on its way to the outbox. ``late`` says that the door moved before the event was stored."""

    code: str
    at: datetime
    door: int | None = None
    reader: int | None = None
    holder: int | None = None
    drill: bool = False
    detail: Detail = field(default_factory=lambda: MappingProxyType({}))
    mono_s: float | None = None
    late: bool = False
    stored: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Writing:
    """How entries become rows: which may be given up on a full disk, and how they are written."""

    keep: Callable[[Entry], Keep]
    encode: Callable[[Entry, str, int], bytes]

    def row(self, entry: Entry, written: Callable[[bytes], None] = lambda _: None) -> Row:
        """How an entry is stored; ``written`` is told its bytes as soon as its number is known."""

        def body(stream: str, seq: int) -> bytes:
            encoded = self.encode(entry, stream, seq)
            written(encoded)
            return encoded

        return Row(self.keep(entry), entry.code, entry.door, int(entry.at.timestamp() * 1000), body)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: see docs/settings.md. ``max_pages`` bounds the file itself, in pages of 4 KiB."""

    days: int = 30
    count: int = 1_000_000
    min_free_bytes: int = 32 * 1024 * 1024
    max_pages: int | None = None
