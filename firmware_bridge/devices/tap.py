"""Copies of what a port sends and hears, for whoever watches. The port's thread never waits for a watcher.

A watcher that does not fetch in time loses what comes then, and is told how much.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

PIECES_WAITING: Final = 4000
WATCHERS: Final = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes on a line at a monotonic second; ``sent`` by us, or heard."""

    mono_s: float
    sent: bool
    data: bytes


class Watcher:
    """Takes pieces on the port's thread, and hands them out on another."""

    def __init__(self) -> None:
        self._waiting: deque[Piece] = deque()
        self._lost = 0
        self._told = 0

    def take(self, piece: Piece) -> None:
        """Keep it if there is room; never blocks."""
        if len(self._waiting) < PIECES_WAITING:
            self._waiting.append(piece)
        else:
            self._lost += 1

    def fetch(self) -> tuple[list[Piece], int]:
        """What has come since, and how many pieces were lost after it."""
        lost = self._lost
        found = [self._waiting.popleft() for _ in range(len(self._waiting))]
        missed, self._told = lost - self._told, lost
        return found, missed


class Tap:
    """One port's tap. With nobody watching it costs a look at an empty tuple."""

    def __init__(self, port: str, baud: int) -> None:
        self.port = port
        self.baud = baud
        self._watchers: tuple[Watcher, ...] = ()
        self._lock = threading.Lock()

    def hand(self, data: bytes, mono_s: float, *, sent: bool) -> None:
        """Give a copy to everybody who watches; called by the port's thread."""
        for watcher in self._watchers:
            watcher.take(Piece(mono_s, sent, data))

    def watch(self) -> Watcher | None:
        """Begin to watch; ``None`` when enough do already. Give it back to :meth:`unwatch`."""
        with self._lock:
            if len(self._watchers) >= WATCHERS:
                return None
            watcher = Watcher()
            self._watchers = (*self._watchers, watcher)
            return watcher

    def unwatch(self, watcher: Watcher) -> None:
        """Stop watching."""
        with self._lock:
            self._watchers = tuple(other for other in self._watchers if other is not watcher)
