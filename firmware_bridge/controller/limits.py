"""Bounds on what a broken device, a bored child or a stranger can make at will."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


class Limiter:
    """Lets at most ``most`` events pass in any ``within_s`` seconds and counts the others."""

    def __init__(self, most: int, within_s: float) -> None:
        self._most = most
        self._within_s = within_s
        self._passed: deque[float] = deque()
        self._dropped = 0

    def take(self, now: float) -> int | None:
        """Ask to pass: how many were dropped since the last one passed, or ``None`` if this one is dropped too."""
        while self._passed and self._passed[0] <= now - self._within_s:
            self._passed.popleft()
        if len(self._passed) >= self._most:
            self._dropped += 1
            return None
        self._passed.append(now)
        dropped, self._dropped = self._dropped, 0
        return dropped


class Lasting:
    """Tells of a fault once while it lasts, and now and then that it still does, with how often it was left out."""

    def __init__(self, over_s: float, again_s: float) -> None:
        """It is over when nothing was seen of it for ``over_s``, and told again after ``again_s`` if it is not."""
        self._over_s = over_s
        self._again_s = again_s
        self._seen_s = self._told_s = -math.inf
        self._dropped = 0

    def take(self, now: float) -> int | None:
        """It is seen: how often it was and was not told, or ``None`` if it is not to be told this time either."""
        lasts, self._seen_s = now < self._seen_s + self._over_s, now
        if lasts and now < self._told_s + self._again_s:
            self._dropped += 1
            return None
        self._told_s = now
        dropped, self._dropped = self._dropped, 0
        return dropped


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second from then on."""

    burst: float
    each_s: float


class Bucket:
    """Lets through what a rate allows."""

    def __init__(self, rate: Rate, now_s: float) -> None:
        """Full at first."""
        self._rate = rate
        self._left = rate.burst
        self._at_s = now_s

    @property
    def spent(self) -> bool:
        """Whether whoever asks next must wait, as it was when somebody asked last."""
        return self._left < 1.0

    def take(self, now_s: float) -> bool:
        """Ask to pass."""
        self._left = min(self._rate.burst, self._left + max(0.0, now_s - self._at_s) * self._rate.each_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
