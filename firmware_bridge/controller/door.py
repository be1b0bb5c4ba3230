"""One door: its slots, its lock, its leaf, and the people who come and go (docs/doors.md)."""

from __future__ import annotations

from dataclasses import replace

from access_control.core.decision.model import DeviceKind, Door, Lock, Point
from access_control.core.decision.slots import Effect, Slot, SlotStack
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.drive import LockDrive
from firmware_bridge.controller.events import InputState, LinkState, OutputFailed, OutputProved
from firmware_bridge.controller.fire import FireHold
from firmware_bridge.controller.leaf import Leaf
from firmware_bridge.controller.leaving import Leaving
from firmware_bridge.controller.momentary import Grant, Momentary
from firmware_bridge.controller.standing import Standing, standing
from firmware_bridge.controller.status import PROOF_LIMIT_S, DoorAlarm, Position
from firmware_bridge.controller.world import Device, World

LAPSE_SLACK_S = 0.5
"""A lease that ran out so shortly before its unlock would have ended is the end of that unlock, not a fault."""


class DoorMachine:
    """Keeps one door's state. Inputs are told as they come; :meth:`settle` then draws all conclusions."""

    def __init__(self, door: Door, world: World) -> None:
        self.door = door
        self.drive = LockDrive(door.lock)
        self.leaf = Leaf(world.forced_before.pop(door.id, None))
        self.leaving = Leaving()
        self.fire = FireHold()
        self.momentary = Momentary()
        self.stack = SlotStack()
        self.held_alarm: DoorAlarm | None = None
        self._standing = Standing(SlotStack(), None)
        self._look_again_at: float | None = None
        self._extended = False
        self._stood_open = False
        self._freed = "", 0.0
        self._world = world
        self.yields = False
        """Whether fire holds another door by the output that is this one's by the Policy: that door moves it."""
        kept = world.fire_held.pop(door.id, None)
        if kept is not None:
            self.fire.restore(kept)
            self._take_lock(door, 0.0)
        if door.contact is None:
            self.leaf.position = Position.NOT_MONITORED

    @property
    def steady(self) -> SlotStack:
        """The slots without anybody standing at the door."""
        stack = self._standing.stack
        if self.fire.effect is not None:
            stack = stack.set(Slot.FIRE, self.fire.effect)
        return stack

    @property
    def effect(self) -> Effect:
        """What the lock is told to do."""
        return self.stack.top()[1]

    @property
    def released(self) -> bool:
        """Whether the door can be opened from outside."""
        return self.drive.releases(self.effect)

    @property
    def lock_device(self) -> Device:
        """The device that moves the lock."""
        return self.drive.point.kind, self.drive.point.device

    def rewire(self, door: Door, answer: Answer, *, left_out: bool = False) -> None:
        """Take the door as a new Policy has it, or as it stays for now if it is ``left_out`` there.

        An output that stays the same is not touched. Nor is one by which fire holds the door, or by which somebody
        leaves: until that ends, the lock is the old one.
        """
        before = self.door
        if _wired(door, door.rex) != _wired(before, before.rex):
            self.leaving.unwired(before, answer)
        if not self.yields:
            self.leaving.relock(before, None if left_out else door, self.drive.lock, answer.now)
        self.leaving.keep_only(self._world.listed)
        built = self.fire.built
        if built is not None and not self._world.listed(built.lock.output):
            self.fire.lose_lock(answer)
        self._take_lock(door, answer.now)
        if built is not None and self.fire.built is None:
            self._see_newer_input(answer)
        if _wired(door, door.contact) != _wired(before, before.contact):
            self.leaf.rewire(door)

    def _take_lock(self, door: Door, now: float) -> None:
        self.door = door
        if self.fire.source is not None and not self._world.listed(self.fire.source):
            self.fire.lose_input()
        lock = self._lock(now)
        if lock.output != self.drive.point:
            self.drive = LockDrive(lock)
        self.drive.lock = lock

    def _lock(self, now: float) -> Lock:
        built = self.fire.built
        held = [self.leaving.kept(now), None if built is None else built.lock]
        return next((lock for lock in held if lock is not None), self.door.lock)

    def outgrown(self, now: float) -> bool:
        """Whether a fire or somebody's leaving is over that kept the lock as an older Policy has it."""
        return self.drive.lock != self._lock(now)

    def keeps_lock(self, now: float) -> bool:
        """Whether the lock stays as it is, whatever a Policy gives its output to."""
        return self.fire.built is not None or self.leaving.kept(now) is not None

    def held(self, now: float) -> Door | None:
        """The door as it stays for somebody who leaves if a Policy takes it away; its exit button is then let go.

        One that yields moves no lock, so nobody leaves by it.
        """
        leaving = not self.yields and self.leaving.unlocks(self.door, now)
        return replace(self.door, lock=self.drive.lock, rex=None) if leaving else None

    def refresh(self, answer: Answer) -> None:
        """Work out again what the documents say about the door."""
        before, self._standing = self._standing, standing(self.door, self._world, answer.at)
        self._tell_schedule(before, answer)
        wait_s = self._standing.look_again_s
        self._look_again_at = None if wait_s is None else answer.now + wait_s

    def _tell_schedule(self, before: Standing, answer: Answer) -> None:
        was, now = (held.stack.top()[0] is Slot.SCHEDULE for held in (before, self._standing))
        if was is not now:
            code = EventCode.SCHEDULE_UNLOCK_START if now else EventCode.SCHEDULE_UNLOCK_END
            answer.record(code, door=self.door.id)

    def see_input(self, point: Point, answer: Answer, *, restless: bool = False) -> None:
        """Take a new state of one of the door's inputs; ``restless`` as in :class:`InputChanged`."""
        state = self._world.input(point)
        # Exits and fire are believed even before their device is known to be up, but never in clear from an open line.
        clear = self._world.link((point.kind, point.device)) is LinkState.CLEAR
        told = state if clear else self._world.told(point)
        if point == self.door.contact:
            self.leaf.see(self.door, state, answer, restless=restless)
        if point == self.door.rex:
            self.leaving.see(self.door, told, answer, self._during())
        self._see_fire(point, answer)

    def _see_fire(self, point: Point, answer: Answer) -> None:
        # No fire input rests closed, so another meaning of the wire is of a Policy that is newer than the fire.
        clear = self._world.link((point.kind, point.device)) is LinkState.CLEAR
        if not clear and not (self.yields and self.fire.built is None):
            before = self.fire.built
            self.fire.see(self.door, point, self._world.inputs.get(point, InputState.UNKNOWN), answer)
            if before is not None and self.fire.built is None:
                self._see_newer_input(answer)

    def _see_newer_input(self, answer: Answer) -> None:
        """One fire is over: the input that a Policy named meanwhile may be active since."""
        if self.door.lock.fire_input is not None:
            self._see_fire(self.door.lock.fire_input, answer)

    def reset_fire(self, by: str, answer: Answer) -> bool:
        """A person resets the door after a fire. ``False``: there is nothing to reset yet."""
        done = self.fire.reset(by, answer)
        if done:
            self._see_newer_input(answer)
        return done

    def _during(self) -> str:
        slot = self.steady.top()[0]
        return "" if slot in (Slot.DEFAULT, Slot.SCHEDULE) else slot.name.lower()

    def grant(self, grant: Grant, answer: Answer) -> None:
        """Unlock for somebody whom :meth:`takes` accepted."""
        self.momentary.begin(self.door, grant, answer.now)
        if grant.extended and self.leaf.position is Position.OPEN and self.leaf.held is not DoorAlarm.HELD:
            self._extended = True
            self.leaf.free(self.door, answer)
        if self.opens_unseen:
            self.momentary.use_up_passes(self._world, answer)

    @property
    def opens_unseen(self) -> bool:
        """Whether nobody sees the door open for a grant: it is not known to be closed, so a pass is used up at once."""
        return self.leaf.position is not Position.CLOSED

    def takes(self, slot: Slot) -> bool:
        """Whether a grant at ``slot`` would move the lock now; otherwise it is dropped, never queued."""
        return not self.yields and self.steady.set(slot, Effect.UNLOCK).get(slot) is not None

    def take_back(self, answer: Answer) -> None:
        """An emergency cancels what was granted to anybody but responders."""
        self.momentary.lock_out(self.door, answer.now)

    def proved(self, event: OutputProved, answer: Answer) -> None:
        """Take a proof of the lock's output, and say so if it is not where it was sent."""
        was_faulty = self.drive.faulty
        if not self.drive.proved(event):
            found = "on" if event.energised else "off"
            self._fault(answer, f"The relay was found {found} by itself.")
        elif was_faulty and not self.drive.faulty:
            answer.record(EventCode.LOCK_FAULT_CLEARED, door=self.door.id)

    def _fault(self, answer: Answer, why: str) -> None:
        if not self.drive.faulty:
            self.drive.faulty = True
            answer.record(EventCode.LOCK_FAULT, door=self.door.id, why=why)

    def lapsed(self, answer: Answer) -> None:
        """The port thread ended the lease: the end of a momentary unlock, or something to be put right."""
        if self.momentary.slot is not None and self.momentary.until - answer.now <= LAPSE_SLACK_S:
            self.momentary.stop(self.door, answer.now)
        elif self.drive.energised(self.effect):
            answer.record(EventCode.OUTPUT_LAPSED, door=self.door.id)
        self.drive.lost()

    def failed(self, event: OutputFailed, answer: Answer) -> None:
        """A command did not arrive. A late unlock is given up; everything else goes on being tried.

        One that a newer command overtook is not tried again; whoever was admitted by it stood before a locked door, so
        that is told. That a lock was overtaken by an unlock is nothing to tell.
        """
        if event.superseded:
            if event.energised is self.drive.energised(Effect.UNLOCK):
                slot = self.stack.top()[0].name.lower()
                answer.record(EventCode.OUTPUT_SUPERSEDED, door=self.door.id, slot=slot, why=event.why)
            return
        if not self.drive.failed(energised=event.energised, now=answer.now):
            return
        if event.expired:
            self.momentary.stop(self.door, answer.now)
            answer.record(EventCode.OUTPUT_EXPIRED, door=self.door.id, why=event.why)
        else:
            self._fault(answer, event.why)

    def link_changed(self, device: Device, answer: Answer) -> bool:
        """A device came or went: its output is told again, its inputs are unknown until it reports them.

        ``False``: it has nothing to do with this door.
        """
        mine = device == self.lock_device
        if mine:
            self.drive.lost()
        for point in (self.door.contact, self.door.rex, self.door.latch):
            if point is not None and (point.kind, point.device) == device:
                mine = True
                self.see_input(point, answer)
        return mine

    def settle(self, answer: Answer, urgency: Urgency = Urgency.ROUTINE, *, again: bool = False) -> None:
        """Draw the conclusions: relock, alarms, and the lock's command.

        Args:
            answer: Where commands go.
            urgency: At least this urgent; unlocking for exits and fire is always an emergency.
            again: Send the lock's command even if nothing changed, for a new proof.
        """
        if self._look_again_at is not None and self._look_again_at <= answer.now:
            self.refresh(answer)
        running = self.momentary.slot is not None
        self.leaving.advance(self.door, answer)
        self._move_leaf(answer)
        self.momentary.advance(self.door, answer, watched=self.leaf.position is Position.CLOSED)
        self._stack_up(answer)
        if running and self.momentary.slot is None:
            # Locking again behind somebody is as urgent as letting them in was.
            urgency = min(urgency, Urgency.GRANT)
        self._drive(answer, urgency, again=again)
        self._watch(answer)

    def _move_leaf(self, answer: Answer) -> None:
        moved = self.leaf.move(self.door, answer)
        if moved is None:
            return
        before, position = moved
        found = before is Position.UNKNOWN
        if position is Position.OPEN:
            by = self._opened_by(answer.now)
            self._extended = self.momentary.extended and self.momentary.covers(answer.now)
            self.momentary.opened(self.door, self._world, answer)
            self.leaf.opened(self.door, answer, by=by, found=found)
        else:
            self.leaf.closed(self.door, answer, found=found)
            self.momentary.closed(self.door, answer.now)

    def _opened_by(self, now: float) -> str:
        if self.momentary.covers(now):
            return "grant"
        if self.leaving.shunts(self.door, now):
            return "exit"
        if self.released:
            return self.stack.top()[0].name.lower()
        by, until = self._freed
        return by if now < until else ""

    def _stack_up(self, answer: Answer) -> None:
        was, slot_before = self.released, self.stack.top()[0]
        stack = self.steady
        if self.leaving.unlocks(self.door, answer.now):
            stack = stack.set(Slot.EGRESS, Effect.UNLOCK)
        if self.momentary.slot is Slot.GRANT and stack.locks_out_grants():
            self.momentary.lock_out(self.door, answer.now)
        slot = self.momentary.slot
        if slot is not None:
            stack = stack.set(slot, Effect.UNLOCK)
            if stack.get(slot) is None:
                self.momentary.stop(self.door, answer.now)
        self.stack = stack
        if was and not self.released:
            # Whoever is pulling the handle just now is no intruder, whatever it was that had unlocked the door.
            timing = self.door.timing
            self._freed = slot_before.name.lower(), answer.now + timing.forced_grace_s + timing.debounce_s

    def _drive(self, answer: Answer, urgency: Urgency, *, again: bool) -> None:
        if self.yields:
            return
        slot, effect = self.stack.top()
        if slot in (Slot.EGRESS, Slot.FIRE):
            urgency = Urgency.EMERGENCY
        elif slot in (Slot.PERMITTED_GRANT, Slot.GRANT):
            urgency = min(urgency, Urgency.GRANT)
        elif slot in (Slot.LOCKDOWN, Slot.SECURE) and self.drive.untold:
            urgency = Urgency.EMERGENCY
        self.drive.bring(effect, answer, urgency, until=self._until(), again=again)

    def _until(self) -> float | None:
        """When the unlock now in force ends by itself, if nothing else would keep the door unlocked then."""
        momentary = self.momentary.slot is not None and self.stack.top()[0] is self.momentary.slot
        return self.momentary.until if momentary and self.steady.top()[1] is not Effect.UNLOCK else None

    def _watch(self, answer: Answer) -> None:
        self.held_alarm = None
        was_open, self._stood_open = self._stood_open, self.steady.top()[1] is Effect.UNLOCK
        if was_open or self._stood_open:
            self.leaf.free(self.door, answer)
        else:
            self.held_alarm = self.leaf.advance_held(self.door, answer, extended=self._extended)
        latch = self._world.input(self.door.latch)
        self.leaf.advance_latch(self.door, latch, answer, locked=not self.released)

    def deadline(self, now: float) -> float | None:
        """When this door must be settled again, if nothing happens before."""
        found = [
            self._look_again_at,
            self.momentary.deadline(),
            self.leaving.deadline(self.door, now),
            self.drive.deadline(momentary=self._until() is not None),
            *self.leaf.deadlines(self.door, extended=self._extended),
        ]
        if self.drive.proved_at is not None and self.drive.point.kind is DeviceKind.BOARD:
            found.append(self.drive.proved_at + PROOF_LIMIT_S)
        ahead = [second for second in found if second is not None and second > now]
        return min(ahead) if ahead else None


def _wired(door: Door, point: Point | None) -> tuple[Point | None, bool]:
    """Where one of the door's inputs is, and whether it rests closed."""
    return point, point in door.rests_closed
