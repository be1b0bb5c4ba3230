"""What a reader shows and sounds for each :class:`Indication`; colours and tones as in docs/decisions.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.protocol.osdp.commands import Buzz, Command, KeepActive, ShowText
from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder, SetLeds

_SILENCE, _TONE = 1, 2
_FOR_EVER = 0
_STAYS, _GOES = 1, 3
_WIDTH = 16


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
    Indication.ALONE: Look(Blink(28, 2, Colour.RED, Colour.AMBER)),
    Indication.RELEASE_PENDING: Look(Blink(5, 5, Colour.AMBER, Colour.GREEN)),
}
"""Lockdown, and the wait for the second of two who end it, have no sound of their own, whatever ``silent`` says: a
hidden room stays quiet."""

_OF_A_STATE = {Indication.GRANTED, Indication.GRANTED_EXTENDED, Indication.HELD_PRE_ALARM}
"""Timed ones that tell how the door is: they end when its resting state is shown again, however long they had left."""

WORDS: dict[Indication, str] = {
    Indication.LOCKED: "Locked",
    Indication.UNLOCKED: "Open",
    Indication.GRANTED: "Please enter",
    Indication.GRANTED_EXTENDED: "Please enter",
    Indication.REFUSED: "No entry",
    Indication.PIN_WANTED: "Enter your PIN",
    Indication.HELD_PRE_ALARM: "Close the door",
    Indication.LOCKDOWN: "",
    Indication.SECURE: "Locked",
    Indication.DEGRADED: "Out of order",
    Indication.ALONE: "Locked",
    Indication.RELEASE_PENDING: "Second person",
}
"""For readers with a display: at most 16 letters, and never why. Where nothing may sound, nothing is written either."""


class Display:
    """The newest wish for one reader's face; older ones that were not sent yet are forgotten.

    Attributes:
        writes: Whether the reader has a display for words.
        keeps_field: Whether the reader can keep a card's field on while its holder types.
    """

    def __init__(self, head: int = 0) -> None:
        """Nothing is shown until somebody asks. ``head`` is the one of several behind an address that shows it."""
        self._head = head
        self._resting: ShowAtReader | None = None
        self._led: LedOrder | None = None
        self._timed: Indication | None = None
        self._rest_due = False
        self._buzz: Buzz | None = None
        self._sounding = False
        self.writes = False
        self.keeps_field = False
        self._text: ShowText | None = None
        self._text_due = False
        self._keep: KeepActive | None = None
        self._sounded = False

    def show(self, wish: ShowAtReader) -> None:
        """Take a new wish. A resting one replaces the resting state, a timed one plays above it."""
        look = LOOKS[wish.indication]
        if wish.for_s is None:
            changed = self._resting is None or self._resting.indication is not wish.indication
            self._resting, self._rest_due = wish, True
            over = self._led is None if changed else self._timed in _OF_A_STATE
            if wish.indication is Indication.LOCKDOWN or over:
                self._led, self._timed, self._text = LedOrder(self._head, 0, cancel=True), None, None
        else:
            self._timed = wish.indication
            self._led = LedOrder(self._head, 0, temporary=look.blink, timer=_tenths(wish.for_s))
        self._buzz = self._sound(look, wish)
        self._write(wish)
        if wish.indication is Indication.PIN_WANTED and wish.for_s is not None:
            self._keep = KeepActive(min(ceil(wish.for_s * 1000), 0xFFFF))

    def _write(self, wish: ShowAtReader) -> None:
        if wish.silent:
            self._text = None
        if wish.for_s is None:
            self._text_due = True
        elif not wish.silent:
            self._text = self._worded(wish, _GOES, min(max(ceil(wish.for_s), 1), 255))

    def _sound(self, look: Look, wish: ShowAtReader) -> Buzz | None:
        on, off = look.beep
        beeps = look.beeps
        # Whether the reader may still sound by itself; it is not told twice to stop.
        sounding, self._sounding = self._sounding, look.until_changed and not wish.silent
        if look.until_changed and not wish.silent:
            beeps = _FOR_EVER if wish.for_s is None else min(max(ceil(wish.for_s * 10 / (on + off)), 1), 255)
        elif wish.silent or not beeps:
            # A tone that was sent may still last. Where nothing may sound it is ended, whatever its length.
            ended = sounding or self._buzz is not None or (wish.silent and self._sounded)
            return Buzz(self._head, _SILENCE, 0, 0, 0) if ended else None
        return Buzz(self._head, _TONE, on, off, beeps)

    def new_session(self) -> None:
        """The reader may have restarted: show the resting state again."""
        self._rest_due = self._text_due = self._resting is not None

    def take(self) -> Iterator[Command]:
        """What to send now, the most telling first; each is taken as it is handed out."""
        led = self.take_led()
        if led is not None:
            yield led
        buzz = self.take_buzz()
        if buzz is not None:
            yield buzz
        text = self.take_text()
        if text is not None:
            yield text
        keep, self._keep = self._keep, None
        if keep is not None:
            yield keep

    def take_led(self) -> SetLeds | None:
        """The LED command to send now, if any."""
        if not self._rest_due and self._led is None:
            return None
        order = self._led or LedOrder(self._head, 0)
        if self._rest_due and self._resting is not None:
            blink = LOOKS[self._resting.indication].blink
            order = LedOrder(self._head, 0, order.temporary, order.timer, blink, order.cancel)
        self._led, self._rest_due = None, False
        return SetLeds((order,))

    def take_buzz(self) -> Buzz | None:
        """The buzzer command to send now, if any."""
        buzz, self._buzz = self._buzz, None
        if buzz is not None:
            self._sounded = buzz.tone != _SILENCE
        return buzz

    def take_text(self) -> ShowText | None:
        """The words to write now, if any: what stays before what goes again."""
        if self._text_due and self._resting is not None:
            self._text_due = False
            return self._worded(self._resting, _STAYS, 0)
        text, self._text = self._text, None
        return text

    def answers(self) -> bool:
        """Whether a light is to be sent that is for whoever stands there, and not for how things are."""
        return self._led is not None and self._timed is not None

    def waiting(self) -> bool:
        """Whether anything is to be sent."""
        lit = self._rest_due or self._led is not None or self._buzz is not None
        written = self.writes and (self._text_due or self._text is not None)
        return lit or written or (self.keeps_field and self._keep is not None)

    def _worded(self, wish: ShowAtReader, mode: int, seconds: int) -> ShowText:
        words = "" if wish.silent else WORDS[wish.indication]
        return ShowText(self._head, mode, seconds, 1, 1, words.ljust(_WIDTH).encode("ascii"))


def _tenths(seconds: float) -> int:
    return min(max(ceil(seconds * 10), 1), 0xFFFF)
