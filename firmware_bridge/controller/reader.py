"""One reader: the same card twice is one read, a PIN is typed in time, and whoever guesses has to wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.keypad import key_of
from access_control.core.decision.model import Decision, Reader, Timetable
from access_control.core.decision.reasons import Reason
from firmware_bridge.controller.commands import Indication
from firmware_bridge.controller.limits import Limiter

REPEAT_S = 2.0
"""The same bits at the same reader within this time are one card that is still held there."""
REPEAT_MOST_S = 15.0
"""A card that never stays away so long is read again after this time at the latest, since somebody may be tapping it;
and not sooner, so that a stranger's card that is left at a reader does not make it pause."""
AGAIN_MOST = 4
"""So often a card is read again that never stays away; one that is left at a reader must not keep its door unlocked."""
PASS_REPEAT_S = 5.0
"""The same admitted pass at the same reader within this time is one read."""
PIN_KEY_S = 5.0
"""The longest pause before each key of a PIN."""
PIN_MOST_DIGITS = 12
RELEASE_KEY = "*"
"""Whoever begins a PIN with it wants to end an emergency: nobody ends one by typing the PIN that a door asks for."""
LOCKOUT_AFTER = 5
LOCKOUT_WITHIN_S = 60.0
LOCKOUT_S = 60.0

_GUESSES = frozenset(
    {
        Reason.DENIED_BAD_READ,
        Reason.DENIED_FACILITY_CODE,
        Reason.DENIED_UNKNOWN_CREDENTIAL,
        Reason.DENIED_WRONG_PIN,
        Reason.DENIED_PASS_UNREADABLE,
        Reason.DENIED_PASS_FORGED,
        Reason.DENIED_PASS_OTHER_SITE,
    }
)
"""Refusals that look like guessing. The others are about somebody the school knows, who came too early or to the wrong
door: five pupils before the bell must not make the sixth wait outside."""
_STORMY = frozenset(
    {
        Reason.DENIED_BAD_READ,
        Reason.DENIED_MAX_ATTEMPTS,
        Reason.DENIED_READER_DISABLED,
        Reason.DENIED_PASS_NOT_TAKEN_HERE,
    }
)
"""Refusals that a pause of the reader does not end, so that whoever has a card emulator could fill the record."""
_STRANGERS = frozenset({Reason.DENIED_UNKNOWN_CREDENTIAL, Reason.DENIED_FACILITY_CODE})
"""The same while the reader pauses: who it is comes before the pause, because a responder does not wait."""


@dataclass(slots=True)
class PinEntry:
    """A card that waits for its PIN.

    Attributes:
        decision: The door's, which waits as well; ``None`` if that was made, and a PIN can only end an emergency.
        starred: The first key was ``*``: this PIN is for ending an emergency, whatever the door does with it.
    """

    bits: Bits
    decision: Decision | None
    due: float
    digits: str = ""
    starred: bool | None = None

    def press(self, key: str) -> None:
        """Take one key; only the first tells what the PIN is for."""
        if self.starred is None:
            self.starred = key == RELEASE_KEY
        if key == "*":
            self.digits = ""
        elif key.isdecimal() and len(self.digits) < PIN_MOST_DIGITS:
            self.digits += key


@dataclass(frozen=True, slots=True)
class PendingRelease:
    """The first of two people asked to end these directives; the second has until ``until``, in monotonic seconds."""

    holder: int
    bits: Bits
    directives: frozenset[str]
    until: float


class ReaderMachine:
    """Keeps what one reader did lately."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.tampered = False
        self.shown: Indication | None = None
        self.pin: PinEntry | None = None
        self.release: PendingRelease | None = None
        self.lockout_until: float | None = None
        self._last_bits: tuple[Bits, float] | None = None
        self._judged_at = 0.0
        self._forgotten = False
        self._again = 0
        self._last_text: tuple[str, float] | None = None
        self._refusals: deque[float] = deque()
        self._storm = Limiter(10, 60.0)
        self._alarms: dict[str, Limiter] = {}

    def key_in(self, bits: Bits) -> str | None:
        """The key that came as a burst of bits, where a PIN can be asked for; elsewhere there is no keypad."""
        reader = self.reader
        has_keypad = reader.pin_times != Timetable() or reader.takes_releases or reader.copyable
        return key_of(bits) if has_keypad else None

    def repeats_card(self, bits: Bits, now: float) -> bool:
        """Whether this is a card that is still being held to the reader."""
        held = self._last_bits is not None and self._last_bits[0] == bits and now < self._last_bits[1]
        self._last_bits = bits, now + REPEAT_S
        if not held:
            self._again = 0
        elif self._again >= AGAIN_MOST or not (self._forgotten or now >= self._judged_at + REPEAT_MOST_S):
            return True
        else:
            self._again += 1
        self._judged_at, self._forgotten = now, False
        return False

    def forget_card(self) -> None:
        """The unlock is over and nobody went through: whoever presents the same card now wants it again."""
        self._forgotten = True

    def repeats_text(self, text: str, now: float) -> bool:
        """Whether this scan is one that was just judged."""
        return self._last_text is not None and self._last_text[0] == text and now < self._last_text[1]

    def judged_text(self, text: str, now: float, *, granted: bool) -> None:
        """Remember a scan: an admitted pass for longer, so that leaving it on the glass is no second entry."""
        self._last_text = text, now + (PASS_REPEAT_S if granted else REPEAT_S)

    def locked_out(self, now: float) -> bool:
        """Whether the reader pauses after too many guesses."""
        return self.lockout_until is not None and now < self.lockout_until

    def refused(self, reason: Reason, now: float) -> bool:
        """Count a refusal if it looks like a guess; ``True`` says that the reader pauses from now on."""
        if reason not in _GUESSES or self.locked_out(now):
            return False
        while self._refusals and self._refusals[0] <= now - LOCKOUT_WITHIN_S:
            self._refusals.popleft()
        self._refusals.append(now)
        if len(self._refusals) < LOCKOUT_AFTER:
            return False
        self._refusals.clear()
        self.lockout_until = now + LOCKOUT_S
        return True

    def bounded(self, reason: Reason, now: float) -> int | None:
        """Whether one more refusal is worth an event of its own: how many were not, or ``None`` if this is not."""
        stormy = reason in _STORMY or (reason in _STRANGERS and self.locked_out(now))
        return self._storm.take(now) if stormy else 0

    def alarm_bounded(self, kind: str, now: float) -> int | None:
        """As :meth:`bounded`, for what is tried at the reader beside cards."""
        return self._alarms.setdefault(kind, Limiter(5, 60.0)).take(now)

    def want_pin(self, bits: Bits, decision: Decision, now: float) -> None:
        """Wait for a PIN to this card."""
        self.pin = PinEntry(bits, decision, now + PIN_KEY_S)

    def want_release_pin(self, bits: Bits, now: float) -> None:
        """Take a PIN to this card that ends an emergency; the door's decision was made without it."""
        self.pin = PinEntry(bits, None, now + PIN_KEY_S)

    def key(self, key: str, now: float) -> PinEntry | None:
        """Take one key; a complete entry is handed back and forgotten."""
        entry = self.pin
        if entry is None:
            return None
        entry.due = now + PIN_KEY_S
        if key == "#":
            self.pin = None
            return entry
        entry.press(key)
        if entry.decision is None and not entry.starred:
            self.pin = None  # keys that nobody asked for
        return None

    def pin_overdue(self, now: float) -> PinEntry | None:
        """The card that has waited too long for its PIN; it is then forgotten."""
        if self.pin is None or now < self.pin.due:
            return None
        return self.give_up_pin()

    def give_up_pin(self) -> PinEntry | None:
        """The card that waits for its PIN, which is then forgotten."""
        entry, self.pin = self.pin, None
        return entry

    def lockout_over(self, now: float) -> bool:
        """Whether a pause has just ended."""
        if self.lockout_until is None or now < self.lockout_until:
            return False
        self.lockout_until = None
        return True

    def deadline(self) -> float | None:
        """When something changes by itself."""
        due = None if self.pin is None else self.pin.due
        agreed_by = None if self.release is None else self.release.until
        ends = (due, agreed_by, self.lockout_until)
        return min((second for second in ends if second is not None), default=None)
