"""Whether a line is never quiet: a device that does not stop sending deafens everybody on it. Pure.

What counts is the share of the time in which bytes arrive that are no answer to what was asked. A good line has none, a
bad one as many as answers, which leave the line to the questions half of the time; only a device that never stops
fills it. Two half seconds like that in a row are a jabber. Less deafens the line too: where it spoils most answers of
half a second, nobody is asked for a while, and bytes that come all the same are a jabber as well. A quarter of a second
without a byte ends it, and the listening.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

_WINDOW_S: Final = 0.5
_LOUD_SHARE: Final = 0.8
_LOUD_WINDOWS: Final = 2
_SPARSE_SHARE: Final = 0.1
_FEW: Final = 0.25
"""A line on which fewer of the questions are answered is of no use to anybody."""
_LISTEN_S: Final = 0.6
"""An answer may still end a quarter of a second after it was given up; bytes after that are none."""
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
        self._asked = self._answered = 0
        self._useless = False
        self._listens_since_s: float | None = None
        self._last_byte_s = float("-inf")
        self._names: Counter[int] = Counter()

    def heard(self, count: int, mono_s: float) -> None:
        """So many bytes have arrived."""
        self._judge(mono_s)
        if mono_s >= self.ended_s():
            self._hears_nothing()
        self._foreign += count
        self._last_byte_s = mono_s

    def answered(self, count: int) -> None:
        """So many of them were the answer to a question."""
        self._foreign -= count
        self._answered += 1

    def asked(self) -> None:
        """A question goes out."""
        self._asked += 1

    def listens(self, mono_s: float) -> bool:
        """Whether nobody is to be asked just now, to hear if bytes come all the same; no answer is awaited."""
        self._judge(mono_s)
        if not self._useless:
            return False
        if mono_s >= self.ended_s():
            self._hears_nothing()
            return False
        if self._listens_since_s is None:
            self._listens_since_s = mono_s
        return True

    def listens_until_s(self) -> float | None:
        """When that will be over unless another byte comes; ``None`` while it does not."""
        if self._listens_since_s is None:
            return None
        return min(self._listens_since_s + _LISTEN_S, self.ended_s())

    def named(self, address: int) -> None:
        """A whole packet came in the name of a device that was not asked, or not that."""
        self._names[address] += 1

    def never_quiet(self, mono_s: float) -> bool:
        """Whether somebody sends without end."""
        self._judge(mono_s)
        since_s = self._listens_since_s
        by_itself = since_s is not None and since_s + _LISTEN_S <= mono_s < self.ended_s()
        return by_itself or self._loud >= _LOUD_WINDOWS

    def suspected(self, mono_s: float) -> bool:
        """Whether it looks like that just now; nobody is to be given up for a silence that may be noise."""
        self._judge(mono_s)
        lasted_s = mono_s - (mono_s if self._since_s is None else self._since_s)
        return (
            self._loud > 0
            or self._useless
            or self._foreign * self._character_s >= max(_LOUD_SHARE * lasted_s, _SUSPICIOUS_S)
        )

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
        self._asked = self._answered = 0
        self._hears_nothing()
        self._names.clear()

    def _hears_nothing(self) -> None:
        self._useless, self._listens_since_s = False, None

    def _judge(self, mono_s: float) -> None:
        """Close a window that is over."""
        if self._since_s is None:
            self._since_s = mono_s
        lasted_s = mono_s - self._since_s
        if lasted_s < _WINDOW_S:
            return
        share = self._foreign * self._character_s / lasted_s
        if share >= _SPARSE_SHARE and self._answered < _FEW * self._asked:
            self._useless = True
        if share >= _LOUD_SHARE:
            self._loud += 1
        else:
            self._loud = 0
            self._names.clear()
        self._since_s, self._foreign, self._asked, self._answered = mono_s, 0, 0, 0
