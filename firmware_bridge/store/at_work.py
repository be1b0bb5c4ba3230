"""How long the disk has been at one thing: one that hangs says neither yes nor no, so only time tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.controller.limits import Limiter

TOLD_S: Final = 5.0
"""A disk that stood still for so long is an event."""
NEWS: Final = (6, 3600.0)
"""So many of them in so many seconds: a card that is dying hangs every minute for weeks."""
Told = Callable[[float, int], None]
"""For how many seconds it stood still, and how often that was not told since it was told last."""


class AtWork:
    """What one thread asks of the disk, one thing after another; anybody may ask whether that hangs."""

    def __init__(self, clock: Clock, longest_s: float, told: Told = lambda _, __: None) -> None:
        """What takes longer than ``longest_s`` hangs; ``told`` hears of it afterwards, on that thread."""
        self._clock = clock
        self._longest_s = longest_s
        self._told = told
        self._news = Limiter(*NEWS)
        self._since_s: float | None = None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around whatever waits for the disk."""
        since_s = self._since_s = self._clock.monotonic_s()
        try:
            yield
        finally:
            self._since_s = None
            now_s = self._clock.monotonic_s()
            if now_s - since_s > TOLD_S and (unreported := self._news.take(now_s)) is not None:
                self._told(now_s - since_s, unreported)

    @property
    def hangs(self) -> bool:
        """Whether the disk has not answered for too long."""
        since_s = self._since_s
        return since_s is not None and self._clock.monotonic_s() - since_s > self._longest_s
