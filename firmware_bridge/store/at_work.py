"""How long the disk has been at one thing: one that hangs says neither yes nor no, so only time tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from firmware_bridge.clock import Clock


class AtWork:
    """What one thread asks of the disk, one thing after another; anybody may ask whether that hangs."""

    def __init__(self, clock: Clock, longest_s: float, told: Callable[[float], None] = lambda _: None) -> None:
        """What takes longer than ``longest_s`` hangs; ``told`` hears afterwards, on that thread, how long it took."""
        self._clock = clock
        self._longest_s = longest_s
        self._told = told
        self._since_s: float | None = None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around whatever waits for the disk."""
        since_s = self._since_s = self._clock.monotonic_s()
        try:
            yield
        finally:
            self._since_s = None
            took_s = self._clock.monotonic_s() - since_s
            if took_s > self._longest_s:
                self._told(took_s)

    @property
    def hangs(self) -> bool:
        """Whether the disk has not answered for too long."""
        since_s = self._since_s
        return since_s is not None and self._clock.monotonic_s() - since_s > self._longest_s
