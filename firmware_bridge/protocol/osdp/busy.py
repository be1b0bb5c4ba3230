"""How long one peripheral has said that it is busy, and how long that is believed.

BUSY is in the clear by the standard, so anybody on the line can say it. It is believed out of a stock of time that true
answers fill again only as fast as time passes: one true answer now and then does not make it last for ever.
"""

from __future__ import annotations


class Busyness:
    """What BUSY has cost so far."""

    def __init__(self, most_s: float) -> None:
        """``most_s`` is the whole stock: how long nothing but BUSY is as good as an answer."""
        self._most_s = most_s
        self._spent_s = 0.0
        self._said_s: float | None = None
        self._free_since_s = float("-inf")
        self._protected_since_s: float | None = None

    def in_clear(self, mono_s: float) -> bool:
        """It is said in the clear: whether that is still believed."""
        if self._said_s is None:
            self._spent_s = max(0.0, self._spent_s - (mono_s - self._free_since_s))
        self._spend(mono_s)
        self._said_s = mono_s
        return self._spent_s < self._most_s

    def too_long_protected(self, mono_s: float) -> bool:
        """It is said inside the session, so it is true: whether that has lasted as long as a silence may."""
        if self._protected_since_s is None:
            self._protected_since_s = mono_s
        return mono_s - self._protected_since_s >= self._most_s

    def over(self, mono_s: float) -> None:
        """There is a true answer."""
        self._spend(mono_s)
        if self._said_s is not None:
            self._said_s, self._free_since_s = None, mono_s
        self._protected_since_s = None

    def _spend(self, mono_s: float) -> None:
        if self._said_s is not None:
            self._spent_s = min(self._most_s, self._spent_s + mono_s - self._said_s)
