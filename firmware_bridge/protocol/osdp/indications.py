"""What a reader shows and sounds for each :class:`Indication`; colours and tones as in docs/decisions.md."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.protocol.osdp.commands import Buzz
from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder, SetLeds

_SILENCE, _TONE = 1, 2
_FOR_EVER = 0


def _steady(colour: Colour) -> Blink:
    return Blink(1, 0, colour, colour)


@dataclass(frozen=True, slots=True)
class Look:
    """An LED's rhythm and a number of beeps; ``beep`` is on and off in 100 ms."""

    blink: Blink
    beeps: int = 0
    beep: tuple[int, int] = (1, 1)
    until_changed: bool = False


LOOKS: dict[Indication, Look] = {
    Indication.LOCKED: Look(_steady(Colour.RED)),
    Indication.UNLOCKED: Look(_steady(Colour.GREEN)),
    Indication.GRANTED: Look(_steady(Colour.GREEN), beeps=1),
    Indication.GRANTED_EXTENDED: Look(Blink(5, 5, Colour.GREEN, Colour.OFF), beeps=2),
    Indication.REFUSED: Look(Blink(2, 2, Colour.RED, Colour.OFF), beeps=3),
    Indication.PIN_WANTED: Look(Blink(3, 3, Colour.AMBER, Colour.OFF), beeps=1),
    Indication.HELD_PRE_ALARM: Look(Blink(5, 5, Colour.RED, Colour.AMBER), beep=(2, 8), until_changed=True),
    Indication.LOCKDOWN: Look(Blink(45, 5, Colour.RED, Colour.OFF)),
    Indication.SECURE: Look(Blink(5, 5, Colour.AMBER, Colour.OFF)),
    Indication.DEGRADED: Look(Blink(28, 2, Colour.RED, Colour.AMBER)),
}
"""Lockdown has no sound of its own, whatever ``silent`` says: a hidden room stays quiet."""


class Display:
    """The newest wish for one reader's LED and buzzer; older ones that were not sent yet are forgotten."""

    def __init__(self) -> None:
        """Nothing is shown until somebody asks."""
        self._resting: ShowAtReader | None = None
        self._led: LedOrder | None = None
        self._rest_due = False
        self._buzz: Buzz | None = None
        self._sounding = False

    def show(self, wish: ShowAtReader) -> None:
        """Take a new wish. A resting one replaces the resting state, a timed one plays above it."""
        look = LOOKS[wish.indication]
        if wish.for_s is None:
            changed = self._resting is None or self._resting.indication is not wish.indication
            self._resting, self._rest_due = wish, True
            if wish.indication is Indication.LOCKDOWN or (changed and self._led is None):
                self._led = LedOrder(0, 0, cancel=True)
        else:
            self._led = LedOrder(0, 0, temporary=look.blink, timer=_tenths(wish.for_s))
        self._buzz = self._sound(look, wish)

    def _sound(self, look: Look, wish: ShowAtReader) -> Buzz | None:
        on, off = look.beep
        beeps = look.beeps
        if look.until_changed and not wish.silent:
            beeps = _FOR_EVER if wish.for_s is None else min(max(ceil(wish.for_s * 10 / (on + off)), 1), 255)
        elif wish.silent or not beeps:
            return Buzz(0, _SILENCE, 0, 0, 0) if self._sounding or self._buzz is not None else None
        self._sounding = beeps == _FOR_EVER
        return Buzz(0, _TONE, on, off, beeps)

    def new_session(self) -> None:
        """The reader may have restarted: show the resting state again."""
        self._rest_due = self._resting is not None

    def take_led(self) -> SetLeds | None:
        """The LED command to send now, if any."""
        if not self._rest_due and self._led is None:
            return None
        order = self._led or LedOrder(0, 0)
        if self._rest_due and self._resting is not None:
            blink = LOOKS[self._resting.indication].blink
            order = LedOrder(0, 0, order.temporary, order.timer, blink, order.cancel)
        self._led, self._rest_due = None, False
        return SetLeds((order,))

    def take_buzz(self) -> Buzz | None:
        """The buzzer command to send now, if any."""
        buzz, self._buzz = self._buzz, None
        if buzz is not None and buzz.tone == _SILENCE:
            self._sounding = False
        return buzz

    def waiting(self) -> bool:
        """Whether anything is to be sent."""
        return self._rest_due or self._led is not None or self._buzz is not None


def _tenths(seconds: float) -> int:
    return min(max(ceil(seconds * 10), 1), 0xFFFF)
