"""All doors and readers of one bridge, and how they are settled after each event."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from access_control.core.decision.model import Door, InputNormal, Point, Policy
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.alarm_inputs import AlarmInputs
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import (
    DriveOutput,
    Indication,
    RememberFire,
    RememberForced,
    ShowAtReader,
    Urgency,
)
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.emergencies import Emergencies
from firmware_bridge.controller.fire_report import FireReport
from firmware_bridge.controller.indications import resting, silent_at
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.reader import ReaderMachine
from firmware_bridge.controller.status import DoorAlarm
from firmware_bridge.controller.world import World

FAULT_RETRY_S = 1.0
"""A door that could not be settled is tried again after so long."""


class Building:
    """The machines of every door and reader. Doors that an event touched are *dirty* until they are settled."""

    def __init__(self, world: World, presses: Mapping[int, str]) -> None:
        self.world = world
        self.alarms = AlarmInputs(world, presses)
        self.doors: dict[int, DoorMachine] = {}
        self.readers: dict[int, ReaderMachine] = {}
        self.ports: dict[str, tuple[bool, str]] = {}
        self.emergencies = Emergencies(world)
        self.fire_report = FireReport(world)
        self.dirty: set[int] = set()
        self._doors_of: dict[Point, set[int]] = {}
        self._readers_of: dict[int, list[ReaderMachine]] = {}
        self._due: dict[int, float] = {}
        self._urgent: frozenset[int] = frozenset()
        self._granted: set[int] = set()
        self._sounding: set[int] = set()
        self._faults = Limiter(10, 60.0)

    def rebuild(self, policy: Policy, answer: Answer, left_out: AbstractSet[int] = frozenset()) -> None:
        """Take the doors and readers of a Policy; those that stay keep their state.

        ``left_out`` are doors that stay for now, although the Policy as it was signed has them no more.
        """
        before = {machine.drive.point for machine in self.doors.values()}
        yielding = {id_ for id_, machine in self.doors.items() if machine.yields}
        rewired = {id_ for id_, door in policy.doors.items() if self._wired_anew(door)}
        for door in policy.doors.values():
            if door.id in self.doors:
                self.doors[door.id].rewire(door, answer, left_out=door.id in left_out)
            else:
                self.doors[door.id] = DoorMachine(door, self.world)
        for gone in self.world.forced_before:
            answer.add(RememberForced(gone, None))
        self.world.forced_before.clear()
        self.fire_report.forget(self.doors.keys() - policy.doors.keys())
        for gone in self.doors.keys() - policy.doors.keys():
            self._forget(gone, answer)
        self._yield_to_holds(answer.now)
        for point in sorted(before - {machine.drive.point for machine in self.doors.values()}, key=str):
            answer.drive(DriveOutput(point, energised=False, lease_s=0.0, urgency=Urgency.ROUTINE))
        self._take_readers(policy)
        self._wire(policy)
        self.alarms.rebuild(policy, answer)
        for id_ in sorted(rewired | {id_ for id_ in yielding & self.doors.keys() if not self.doors[id_].yields}):
            self._see_what_is_known(self.doors[id_], answer)
        self.touch_all()

    def _forget(self, door: int, answer: Answer) -> None:
        machine = self.doors.pop(door)
        if machine.fire.built is not None:
            answer.add(RememberFire(door, None))
        if machine.leaf.forced:
            answer.add(RememberForced(door, None))
        self._due.pop(door, None)
        for doors in (self.dirty, self._granted, self._sounding):
            doors.discard(door)

    def _yield_to_holds(self, now: float) -> None:
        """An output by which fire or an exit holds one door is not moved by another to which a Policy gave it."""
        held = {machine.drive.point: id_ for id_, machine in self.doors.items() if machine.keeps_lock(now)}
        for id_, machine in self.doors.items():
            machine.yields = held.get(machine.drive.point, id_) != id_

    def held_by_fire(self) -> dict[int, Door]:
        """The doors that fire holds, as they were wired when it took them."""
        held = {id_: machine.fire.built for id_, machine in self.doors.items()}
        return self.world.fire_held | {id_: built for id_, built in held.items() if built is not None}

    def held_by_leaving(self, now: float) -> dict[int, Door]:
        """The doors by which somebody is leaving, as they stay until that person is out."""
        held = {id_: machine.held(now) for id_, machine in self.doors.items()}
        return {id_: door for id_, door in held.items() if door is not None}

    def _wired_anew(self, door: Door) -> bool:
        known = self.doors.get(door.id)
        return known is None or _inputs(known.door) != _inputs(door)

    def _see_what_is_known(self, machine: DoorMachine, answer: Answer) -> None:
        """Inputs are told when they change; a door that is wired to one only now must not wait for that."""
        lock = machine.door.lock
        for point in (machine.door.contact, machine.door.rex, machine.door.latch, lock.fire_input):
            if point is not None and point in self.world.inputs:
                machine.see_input(point, answer)

    def _take_readers(self, policy: Policy) -> None:
        kept = {id_: machine for id_, machine in self.readers.items() if id_ in policy.readers}
        for reader in policy.readers.values():
            if reader.id in kept:
                kept[reader.id].reader = reader
            else:
                kept[reader.id] = ReaderMachine(reader)
        self.readers.clear()
        self.readers.update(kept)
        self._readers_of = {}
        for machine in kept.values():
            self._readers_of.setdefault(machine.reader.door, []).append(machine)

    def _wire(self, policy: Policy) -> None:
        self._doors_of = {}
        alarms = (given.point for given in policy.inputs.values() if given.normal is InputNormal.NORMALLY_CLOSED)
        self.world.rests_closed = frozenset(alarms).union(*(door.rests_closed for door in policy.doors.values()))
        for door in policy.doors.values():
            for point in (door.contact, door.rex, door.latch, door.lock.fire_input):
                if point is not None:
                    self._doors_of.setdefault(point, set()).add(door.id)

    def doors_at(self, point: Point) -> set[int]:
        """The doors that watch an input, with those that a fire on it still holds under an older Policy."""
        holding = {id_ for id_, machine in self.doors.items() if machine.fire.source == point}
        return self._doors_of.get(point, set()) | holding

    def door_of_output(self, point: Point) -> DoorMachine | None:
        """The door whose lock an output moves."""
        for machine in self.doors.values():
            if machine.drive.point == point and not machine.yields:
                return machine
        return None

    def touch_all(self) -> None:
        """Everything is to be looked at again."""
        self.dirty |= self.doors.keys()

    def refresh(self, answer: Answer, *, restored: bool = False) -> None:
        """The documents changed: work out what they say about every door, and what starts or ends with them."""
        for machine in self.doors.values():
            try:
                machine.refresh(answer)
            except Exception as error:  # noqa: BLE001 - as in settle: an emergency must reach the other doors
                self.tell_fault(error, answer, door=machine.door.id)
        self._urgent |= self.emergencies.take_up(self.doors, answer, restored=restored)
        for door in self._urgent:
            self.doors[door].take_back(answer)
        self.touch_all()

    def settle(self, answer: Answer) -> None:
        """Settle what the event touched and what is due; doors that a new directive locks come first."""
        due = {door for door, second in self._due.items() if second <= answer.now}
        for door in sorted(self.dirty | due, key=lambda id_: (id_ not in self._urgent, id_)):
            try:
                self._settle_door(self.doors[door], answer)
            except Exception as error:  # noqa: BLE001 - a fault of ours at one door must not hold up the others
                self.doors[door].drive.lost()
                self._due[door] = answer.now + FAULT_RETRY_S
                self.tell_fault(error, answer, door=door)
        self.dirty.clear()
        self._urgent = frozenset()

    def tell_fault(self, error: Exception, answer: Answer, door: int | None = None) -> None:
        """Record a fault of this program, which goes on; one that comes again and again does not fill the record."""
        unreported = self._faults.take(answer.now)
        if unreported is not None:
            why = f"{type(error).__name__}: {error}"[:500]
            answer.record(EventCode.CONTROLLER_FAULT, door=door, why=why, unreported=unreported or None)

    def _settle_door(self, machine: DoorMachine, answer: Answer) -> None:
        door = machine.door.id
        urgent = door in self._urgent
        machine.settle(answer, Urgency.EMERGENCY if urgent else Urgency.ROUTINE, again=urgent)
        self.emergencies.watch(machine, answer)
        self.fire_report.watch(machine, answer)
        granted = machine.momentary.slot is not None
        ended = door in self._granted and not granted
        if ended and machine.momentary.unused:
            for reader in self._readers_of.get(door, []):
                reader.forget_card()
        self._show(machine, answer, ended=ended)
        (self._granted.add if granted else self._granted.discard)(door)
        ends = (
            machine.deadline(answer.now),
            self.emergencies.deadline(machine, answer.now),
            self.fire_report.deadline(door, answer.now),
        )
        ahead = [second for second in ends if second is not None]
        if ahead:
            self._due[door] = min(ahead)
        else:
            self._due.pop(door, None)

    def _show(self, machine: DoorMachine, answer: Answer, *, ended: bool) -> None:
        door, readers = machine.door.id, self._readers_of.get(machine.door.id, [])
        at_rest = resting(machine, self.world)
        silent = silent_at(door, self.world)
        # What rests at a reader ends what it shows for a while: not before the grant that is running is over.
        warned = door in self._sounding and machine.leaf.held is DoorAlarm.NONE
        quiet_again = warned and machine.momentary.slot is None
        for reader in readers:
            rest = at_rest if reader.release is None else Indication.RELEASE_PENDING
            if ended or quiet_again or reader.shown is not rest:
                reader.shown = rest
                answer.add(ShowAtReader(reader.reader.id, rest, None, silent))
        if quiet_again:
            self._sounding.discard(door)
        if machine.held_alarm is DoorAlarm.HELD_PRE_ALARM:
            self._sounding.add(door)
            for reader in readers:
                for_s = machine.door.timing.pre_alarm_s
                answer.add(ShowAtReader(reader.reader.id, Indication.HELD_PRE_ALARM, for_s, silent))

    def next_deadline_s(self) -> float | None:
        """When something changes by itself next, in monotonic seconds."""
        readers = (machine.deadline() for machine in self.readers.values())
        ends = [*self._due.values(), *(second for second in (*readers, self.alarms.deadline()) if second is not None)]
        return min(ends, default=None)


def _inputs(door: Door) -> tuple[object, ...]:
    points = door.contact, door.rex, door.latch, door.lock.fire_input
    return *points, door.rests_closed, door.lock.fire_action
