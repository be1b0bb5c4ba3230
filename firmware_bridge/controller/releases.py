"""Two people with card and PIN at a marked reader end an emergency at this bridge's own doors (docs/emergencies.md).

What the door does with their cards is decided apart, as for every card. Whatever is in doubt, or changes between the
two, ends nothing: they have to begin anew. A PIN is for this only if it begins with ``*``.
"""

from __future__ import annotations

from collections.abc import Mapping

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Facts, Known, Read
from access_control.core.decision.reasons import Reason
from access_control.core.decision.releasers import Releaser, Standing, judge_releaser
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import EndEmergency, Indication, ShowAtReader
from firmware_bridge.controller.events import LinkState
from firmware_bridge.controller.indications import REFUSED_S, lockdown_anywhere
from firmware_bridge.controller.pin_attempts import PinAttempts
from firmware_bridge.controller.reader import PIN_KEY_S, PendingRelease, PinEntry, ReaderMachine
from firmware_bridge.controller.refusing import refuse, show
from firmware_bridge.controller.world import World

AGREE_S = 60.0
"""How long the second person has."""


class Releases:
    """Looks after the releases that were begun at the marked readers of one bridge."""

    def __init__(self, world: World, pins: PinAttempts) -> None:
        self._world = world
        self._pins = pins

    def await_pin(self, reader: ReaderMachine, bits: Bits, answer: Answer) -> None:
        """After the door's decision on a card, whoever has it: take a PIN that begins with the key for releases."""
        if self._ready(reader):
            reader.want_release_pin(bits, answer.now)

    def ask_pin(self, reader: ReaderMachine, answer: Answer) -> None:
        """Show that the PIN is taken, to whoever asks: the reader tells nobody which cards may end an emergency."""
        if reader.pin is not None and reader.pin.decision is None:
            # A door elsewhere may be in a Lockdown whose people hear this one.
            silent = lockdown_anywhere(self._world)
            answer.add(ShowAtReader(reader.reader.id, Indication.PIN_WANTED, PIN_KEY_S, silent))

    def typed(self, reader: ReaderMachine, entry: PinEntry, answer: Answer, *, admitted: bool) -> None:
        """Take the PIN to a card: of the first of two people, or of the second.

        Every refusal is shown and counted at the reader as the same one, so that it tells nobody which cards are good
        for this. ``admitted``: the reader goes on showing that the door is open.
        """
        self.look(reader, answer)
        if not self._ready(reader):
            return
        standing, holder = self._judge(reader, entry, answer)
        if standing is Standing.PAUSED or reader.locked_out(answer.now):
            self._refuse(reader, Reason.DENIED_MAX_ATTEMPTS, None, holder, answer)
        elif standing is Standing.GOOD and holder is not None:
            self._pins.right(holder)
            self._agreed(reader, entry.bits, holder, answer)
        elif standing is Standing.PIN_WRONG and holder is not None:
            self._pins.wrong(holder, answer.now)
            self._refuse(reader, Reason.DENIED_WRONG_PIN, EventCode.RELEASE_PIN_WRONG, holder, answer)
        elif admitted:
            self._tell(reader, EventCode.RELEASE_NOT_ALLOWED, holder, answer)
        else:
            self._refuse(reader, Reason.DENIED_WRONG_PIN, EventCode.RELEASE_NOT_ALLOWED, holder, answer)

    def refused_at_door(self, reader: ReaderMachine, entry: PinEntry, answer: Answer) -> None:
        """Tell of a PIN for this that the door has refused, counted and shown already."""
        if self._ready(reader):
            found = self._judge(reader, entry, answer)
            nobody = found.standing is Standing.NOBODY
            code = EventCode.RELEASE_NOT_ALLOWED if nobody else EventCode.RELEASE_PIN_WRONG
            self._tell(reader, code, found.holder, answer)

    def _refuse(
        self, reader: ReaderMachine, reason: Reason, code: EventCode | None, holder: int | None, answer: Answer
    ) -> None:
        refuse(reader, reason, self._world, answer, code=code, holder=holder, cause="release")

    def look(self, reader: ReaderMachine, answer: Answer) -> bool:
        """Drop what was begun at a reader if its time is over or it is not what it was; whether it was dropped."""
        pending, typing = reader.release, reader.pin is not None and reader.pin.decision is None
        if pending is None and not typing:
            return False
        ready = self._ready(reader)
        if typing and not ready:
            reader.give_up_pin()
        if pending is None:
            return False
        why = self._spoilt(reader, pending, answer) if ready else "The reader's line, housing or settings changed."
        if why is None:
            return False
        reader.release = None
        if self._in_force():
            self._tell(reader, EventCode.RELEASE_LAPSED, pending.holder, answer, why=why)
        return True

    def _agreed(self, reader: ReaderMachine, bits: Bits, holder: int, answer: Answer) -> None:
        pending = reader.release
        if pending is None:
            reader.release = PendingRelease(holder, bits, frozenset(self._in_force()), answer.now + AGREE_S)
            self._tell(reader, EventCode.RELEASE_BEGUN, holder, answer)
        elif pending.holder == holder:
            self._tell(reader, EventCode.RELEASE_SAME_PERSON, holder, answer)
            show(reader, Indication.REFUSED, REFUSED_S, self._world, answer)
        else:
            reader.release = None
            self._tell(reader, EventCode.RELEASE_AGREED, holder, answer)
            answer.add(EndEmergency(reader.reader.id, pending.holder, holder, pending.directives))

    def _ready(self, reader: ReaderMachine) -> bool:
        """Whether a release may be begun or finished at this reader now."""
        secure = self._world.link((DeviceKind.READER, reader.reader.id)) is LinkState.SECURE
        return reader.reader.takes_releases and secure and not reader.tampered and bool(self._in_force())

    def _in_force(self) -> Mapping[str, frozenset[int]]:
        policy = self._world.policy
        return {} if policy is None else self._world.orders.directives.in_force_among(policy.doors, policy.scopes)

    def _spoilt(self, reader: ReaderMachine, pending: PendingRelease, answer: Answer) -> str | None:
        """Why the first person's word does not stand any more."""
        if pending.until <= answer.now:
            return "Nobody else agreed within a minute."
        if self._in_force().keys() - pending.directives:
            return "Another emergency began meanwhile."
        facts = Facts(clock_trusted=_known(self._world.clock_trusted), locked_out=Known.NO, pin_paused=Known.NO)
        if self._ask(reader, pending.bits, None, facts, answer) != (Standing.PIN_WANTED, pending.holder):
            return "The first person's badge does not count any more."
        return None

    def _judge(self, reader: ReaderMachine, entry: PinEntry, answer: Answer) -> Releaser:
        facts = Facts(
            clock_trusted=_known(self._world.clock_trusted),
            locked_out=_known(reader.locked_out(answer.now)),
            pin_paused=Known.NO,
        )
        # Whose card it is, is asked without its PIN: that one must not be judged while it pauses.
        found = self._ask(reader, entry.bits, None, facts, answer)
        if found.standing is not Standing.PIN_WANTED or found.holder is None:
            return found
        if self._pins.paused(found.holder, answer.now):
            return Releaser(Standing.PAUSED, found.holder)
        return self._ask(reader, entry.bits, entry.digits, facts, answer)

    def _ask(self, reader: ReaderMachine, bits: Bits, pin: str | None, facts: Facts, answer: Answer) -> Releaser:
        policy = self._world.policy
        if policy is None:
            return Releaser(Standing.NOBODY)
        read = Read(reader.reader.id, bits=bits, pin=pin)
        return judge_releaser(policy, self._world.orders, read, facts, answer.at)

    def _tell(
        self, reader: ReaderMachine, code: EventCode, holder: int | None, answer: Answer, why: str | None = None
    ) -> None:
        """Record it; whoever tries again and again does not fill the record."""
        unreported = reader.alarm_bounded(code, answer.now)
        if unreported is not None:
            door, number = reader.reader.door, reader.reader.id
            answer.record(code, door=door, reader=number, holder=holder, why=why, unreported=unreported or None)


def _known(fact: bool) -> Known:
    return Known.YES if fact else Known.NO
