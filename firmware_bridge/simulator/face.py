"""What people see and hear at a reader: its LED and its buzzer, with a history. Pure; seconds are monotonic."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.protocol.osdp.commands import Buzz
from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder

_TENTH_S = 0.1
_KEPT = 500
_SILENT_TONES = {0, 1}
_DARK = Blink(1, 0, Colour.OFF, Colour.OFF)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the LED shows: a colour, and what it alternates with when it blinks."""

    colour: str
    other: str | None = None

    def __str__(self) -> str:
        """``red``, or ``red/off`` when it blinks."""
        return f"{self.colour}/{self.other}" if self.other else self.colour


def shown(blink: Blink) -> Shown:
    """What a rhythm looks like."""
    on, off = (_colour(number) for number in (blink.on_colour, blink.off_colour))
    if not blink.off or on == off:
        return Shown(on)
    return Shown(on, off) if blink.on else Shown(off)


def _colour(number: int) -> str:
    return Colour(number).name.lower() if number <= max(Colour) else f"colour {number}"


class Face:
    """One LED and one buzzer.

    ``history`` holds what changed: (seconds, ``led`` or ``buzzer``, what it looks or sounds like).
    """

    def __init__(self, tell: Callable[[str, str], None] = lambda _what, _how: None) -> None:
        self.history: deque[tuple[float, str, str]] = deque(maxlen=_KEPT)
        self._tell = tell
        self._permanent = _DARK
        self._temporary = _DARK
        self._temporary_until_s = 0.0
        self._last = str(shown(_DARK))
        self._sound_until_s = 0.0

    def led(self, order: LedOrder, now_s: float) -> float | None:
        """Obey; returns when a temporary colour ends, so that :meth:`refresh` can be called then."""
        if order.permanent:
            self._permanent = order.permanent
        if order.cancel:
            self._temporary_until_s = now_s
        elif order.temporary:
            self._temporary = order.temporary
            self._temporary_until_s = now_s + order.timer * _TENTH_S if order.timer else float("inf")
        self.refresh(now_s)
        return self._temporary_until_s if order.temporary and order.timer else None

    def buzz(self, order: Buzz, now_s: float) -> None:
        """Sound, or fall silent."""
        if order.tone in _SILENT_TONES:
            self._sound_until_s = now_s
            return
        length_s = (order.on + order.off) * order.count * _TENTH_S if order.count else float("inf")
        self._sound_until_s = now_s + length_s
        how = f"{order.count or 'endless'} x {order.on * 100} ms"
        self.history.append((now_s, "buzzer", how))
        self._tell("buzzer", how)

    def dark(self, now_s: float) -> None:
        """Lose power."""
        self._permanent = self._temporary = _DARK
        self._temporary_until_s = self._sound_until_s = now_s
        self.refresh(now_s)

    def refresh(self, now_s: float) -> None:
        """Note what is shown now if it differs from what was shown before."""
        looks = str(self.looks(now_s))
        if looks != self._last:
            self._last = looks
            self.history.append((now_s, "led", looks))
            self._tell("led", looks)

    def looks(self, now_s: float) -> Shown:
        """What the LED shows."""
        return shown(self._temporary if now_s < self._temporary_until_s else self._permanent)

    def sounding(self, now_s: float) -> bool:
        """Whether the buzzer sounds."""
        return now_s < self._sound_until_s
