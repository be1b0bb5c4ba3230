"""A bound on events that a broken device or a bored child can make at will."""

from __future__ import annotations

from collections import deque


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
