"""Whether a line is never quiet: a device that does not stop sending deafens everybody on it. Pure.

What counts is the share of the time in which bytes arrive that are no answer to what was asked. A good line has none, a
bad one as many as answers, which leave the line to the questions half of the time; only a device that never stops
fills it. Two half seconds like that in a row are a jabber, and a quarter of a second without a byte ends it.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

_WINDOW_S: Final = 0.5
_LOUD_SHARE: Final = 0.8
_LOUD_WINDOWS: Final = 2
_QUIET_S: Final = 0.25
_SUSPICIOUS_S: Final = 0.02
_TELLING_FRAMES: Final = 3
"""So many packets in one device's name are needed before it is named: one may be a late answer."""


class Jabber:
    """The ear for one line's noise."""

    def __init__(self, character_s: float) -> None:
        """``character_s`` is how long a byte takes on the line."""
        self._character_s = character_s
        self._since_s: float | None = None
        self._foreign = 0
        self._loud = 0
        self._last_byte_s = float("-inf")
        self._names: Counter[int] = Counter()

    def heard(self, count: int, mono_s: float) -> None:
        """So many bytes have arrived."""
        self._judge(mono_s)
        self._foreign += count
        self._last_byte_s = mono_s

    def answered(self, count: int) -> None:
        """So many of them were the answer to a question."""
        self._foreign -= count

    def named(self, address: int) -> None:
        """A whole packet came in the name of a device that was not asked, or not that."""
        self._names[address] += 1

    def never_quiet(self, mono_s: float) -> bool:
        """Whether somebody sends without end."""
        self._judge(mono_s)
        return self._loud >= _LOUD_WINDOWS

    def suspected(self, mono_s: float) -> bool:
        """Whether it looks like that just now; nobody is to be given up for a silence that may be noise."""
        self._judge(mono_s)
        lasted_s = mono_s - (mono_s if self._since_s is None else self._since_s)
        return self._loud > 0 or self._foreign * self._character_s >= max(_LOUD_SHARE * lasted_s, _SUSPICIOUS_S)

    def ended_s(self) -> float:
        """When it will be over unless another byte comes."""
        return self._last_byte_s + _QUIET_S

    def culprit(self) -> int | None:
        """The address in whose name most of it comes, as far as whole packets tell."""
        address, frames = next(iter(self._names.most_common(1)), (None, 0))
        return address if frames >= _TELLING_FRAMES else None

    def clear(self) -> None:
        """Begin anew."""
        self._since_s, self._foreign, self._loud = None, 0, 0
        self._names.clear()

    def _judge(self, mono_s: float) -> None:
        """Close a window that is over."""
        if self._since_s is None:
            self._since_s = mono_s
        lasted_s = mono_s - self._since_s
        if lasted_s < _WINDOW_S:
            return
        if self._foreign * self._character_s >= _LOUD_SHARE * lasted_s:
            self._loud += 1
        else:
            self._loud = 0
            self._names.clear()
        self._since_s, self._foreign = mono_s, 0
