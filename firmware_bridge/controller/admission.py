"""What somebody presents at a reader, from the bits to the grant: the facts, the decision, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.passes import PassFlags, SignedPass, parse
from access_control.core.decision.decide import decide
from access_control.core.decision.model import Decision, Door, Facts, Known, Read
from access_control.core.decision.reasons import Reason
from access_control.core.decision.slots import Slot
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import Indication
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.events import InputState
from firmware_bridge.controller.momentary import Grant, pass_text
from firmware_bridge.controller.pin_attempts import PinAttempts
from firmware_bridge.controller.reader import PIN_KEY_S, PinEntry, ReaderMachine
from firmware_bridge.controller.refusing import refuse, show
from firmware_bridge.controller.releases import Releases
from firmware_bridge.controller.world import World

REMOTE_UNLOCK_S = 8.0
"""How long an operator's *unlock once* lasts."""
PASS_MEMORY_S = 24 * 3600
"""A used pass is remembered for so long after its end."""


class Admission:
    """Decides reads at all readers of one bridge."""

    def __init__(self, world: World, doors: Mapping[int, DoorMachine]) -> None:
        self._world = world
        self._doors = doors
        self._pins = PinAttempts()
        self._releases = Releases(world, self._pins)

    def card(self, reader: ReaderMachine, bits: Bits, answer: Answer) -> None:
        """Decide a card, or wait for the PIN that it needs here."""
        decision = self._decide_card(reader, bits, answer)
        if decision.pin_wanted and not decision.granted:
            reader.want_pin(bits, decision, answer.now)
            show(reader, Indication.PIN_WANTED, PIN_KEY_S, self._world, answer)
            return
        self._conclude(reader, decision, None, answer)
        self._releases.await_pin(reader, bits, answer)

    def pin(self, reader: ReaderMachine, entry: PinEntry, answer: Answer) -> None:
        """Take the PIN that was typed to a card: for the door if that waits for it, and for ending an emergency."""
        admitted = False
        if entry.decision is not None:
            decision = self._decide_card(reader, entry.bits, answer, entry.digits)
            admitted = self._conclude(reader, decision, None, answer)
            if decision.reason in (Reason.DENIED_WRONG_PIN, Reason.DENIED_MAX_ATTEMPTS):
                if entry.starred:
                    self._releases.refused_at_door(reader, entry, answer)
                return
        if entry.starred:
            self._releases.typed(reader, entry, answer, admitted=admitted)

    def release_asked(self, reader: ReaderMachine, answer: Answer) -> None:
        """Somebody pressed the key with which the PIN begins that ends an emergency."""
        self._releases.ask_pin(reader, answer)

    def release_dropped(self, reader: ReaderMachine, answer: Answer) -> bool:
        """Look after what the first of two people began at a reader; whether it just came to nothing."""
        return self._releases.look(reader, answer)

    def _decide_card(self, reader: ReaderMachine, bits: Bits, answer: Answer, pin: str | None = None) -> Decision:
        read, facts = Read(reader.reader.id, bits=bits, pin=pin), self._facts(reader, answer)
        if self._pins.any_paused(answer.now):
            # Whose card it is, is asked without its PIN: that one must not be judged while it pauses.
            holder = self._decide(reader, Read(reader.reader.id, bits=bits), facts, answer).holder_ref
            paused = holder is not None and self._pins.paused(holder, answer.now)
            facts = replace(facts, pin_paused=_known(paused))
        decision = self._decide(reader, read, facts, answer)
        self._count_pin(decision, answer.now, typed=pin is not None)
        return decision

    def _count_pin(self, decision: Decision, now: float, *, typed: bool) -> None:
        if decision.holder_ref is None or not typed:
            return
        if decision.reason is Reason.DENIED_WRONG_PIN:
            self._pins.wrong(decision.holder_ref, now)
        elif decision.granted:
            self._pins.right(decision.holder_ref)

    def text(self, reader: ReaderMachine, text: str, answer: Answer) -> None:
        """Decide a scanned text."""
        signed = parse(text)
        decision = self._decide(reader, Read(reader.reader.id, text=text), self._facts(reader, answer, signed), answer)
        granted = self._conclude(reader, decision, signed, answer)
        reader.judged_text(text, answer.now, granted=granted)

    def pin_overdue(self, reader: ReaderMachine, entry: PinEntry, answer: Answer) -> None:
        """Nobody typed the PIN that a card wanted. Where the door did not wait for it, nothing comes of that."""
        if entry.decision is not None:
            self._refuse(reader, entry.decision, answer, cause="pin_timeout")

    def remote(self, machine: DoorMachine | None, door: int, by: str, action: str, answer: Answer) -> None:
        """Unlock a door once for an operator. It goes through the same slots as every other grant."""
        if machine is None:
            answer.record(
                EventCode.UNLOCK_ACTION_REFUSED, door=door, by=by, action=action, why="This bridge has no such door."
            )
            return
        if not machine.takes(Slot.GRANT):
            slot = machine.steady.top()[0].name.lower()
            answer.record(
                EventCode.UNLOCK_ACTION_REFUSED,
                door=door,
                by=by,
                action=action,
                reason=Reason.LOCKED_BY_HIGHER_PRIORITY.value,
                slot=slot,
                why="Something more important locks this door.",
            )
            return
        answer.record(EventCode.UNLOCK_ACTION_DONE, door=door, by=by, action=action)
        machine.grant(Grant(Slot.GRANT, REMOTE_UNLOCK_S, by=by), answer)

    def _decide(self, reader: ReaderMachine, read: Read, facts: Facts, answer: Answer) -> Decision:
        policy = self._world.policy
        assert policy is not None
        decision = decide(policy, self._world.orders, read, facts, answer.at)
        machine = self._doors.get(reader.reader.door)
        slot = Slot.PERMITTED_GRANT if decision.despite_lock else Slot.GRANT
        if decision.granted and (machine is None or not machine.takes(slot)):
            return Decision(
                granted=False,
                reason=Reason.LOCKED_BY_HIGHER_PRIORITY,
                door=decision.door,
                holder_ref=decision.holder_ref,
                holder_class=decision.holder_class,
                pass_id=decision.pass_id,
            )
        return decision

    def _facts(self, reader: ReaderMachine, answer: Answer, signed: SignedPass | None = None) -> Facts:
        machine = self._doors.get(reader.reader.door)
        return Facts(
            clock_trusted=_known(self._world.clock_trusted),
            fire_at_door=Known.UNKNOWN if machine is None else self._fire_at(machine),
            room_locked=Known.NO,
            pass_used=Known.NO if signed is None else _known(self._spent(signed.content.pass_id, machine)),
            pass_use_kept=_known(self._world.storing),
            pass_repeat=Known.NO,
            locked_out=_known(reader.locked_out(answer.now)),
            pin_paused=Known.NO,
            policy_old=_known(machine is not None and machine.door.door_class in self._world.policy_old),
        )

    def _spent(self, pass_id: int, here: DoorMachine | None) -> bool:
        """Used before, or good for going through another door just now: one pass is one entry, not one a door."""
        others = (machine for machine in self._doors.values() if machine is not here)
        return pass_id in self._world.passes_used or any(m.momentary.awaits_pass(pass_id) for m in others)

    def _fire_at(self, machine: DoorMachine) -> Known:
        if machine.fire.effect is not None:
            return Known.YES
        point = machine.door.lock.fire_input
        if point is None or point in self._world.fires:
            return _known(point is not None)
        return Known.NO if self._world.input(point) is InputState.NORMAL else Known.UNKNOWN

    def _conclude(self, reader: ReaderMachine, decision: Decision, signed: SignedPass | None, answer: Answer) -> bool:
        machine = self._doors.get(reader.reader.door)
        if not decision.granted or machine is None:
            self._refuse(reader, decision, answer)
            return False
        door: Door = machine.door
        grant = _grant(decision, signed, reader)
        answer.record(
            decision.reason,
            door=door.id,
            reader=reader.reader.id,
            holder=decision.holder_ref,
            despite_lock=decision.despite_lock or None,
            pass_id=pass_text(decision.pass_id),
            spent=(grant.pass_until > 0 and machine.opens_unseen) or None,
        )
        machine.grant(grant, answer)
        shown = Indication.GRANTED_EXTENDED if decision.extended else Indication.GRANTED
        show(reader, shown, decision.unlock_s, self._world, answer)
        return True

    def _refuse(self, reader: ReaderMachine, decision: Decision, answer: Answer, cause: str = "") -> None:
        refuse(
            reader,
            decision.reason,
            self._world,
            answer,
            holder=decision.holder_ref,
            pass_id=pass_text(decision.pass_id),
            cause=cause,
        )


def _known(fact: bool) -> Known:
    return Known.YES if fact else Known.NO


def _grant(decision: Decision, signed: SignedPass | None, reader: ReaderMachine) -> Grant:
    single = signed is not None and PassFlags.REUSABLE not in signed.content.flags
    return Grant(
        slot=Slot.PERMITTED_GRANT if decision.despite_lock else Slot.GRANT,
        unlock_s=decision.unlock_s,
        extended=decision.extended,
        responder=decision.reason is Reason.GRANTED_RESPONDER,
        reader=reader.reader.id,
        holder=decision.holder_ref,
        pass_id=decision.pass_id,
        pass_until=signed.content.not_after + PASS_MEMORY_S if signed is not None and single else 0,
    )
