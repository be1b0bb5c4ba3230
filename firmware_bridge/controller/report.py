"""What a door can truthfully say of itself: is it secured, and if not, why not, in one plain sentence."""

from __future__ import annotations

from dataclasses import dataclass

from access_control.core.decision.emergency import in_force
from access_control.core.decision.model import Door, EmergencyAction
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.events import InputState
from firmware_bridge.controller.status import DoorAlarm, DoorStatus, Position, Security
from firmware_bridge.controller.world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a door is secured. ``waiting`` says that only a proof is missing, which may come any moment."""

    security: Security
    why: str = ""
    waiting: bool = False


_RELEASED_BY = {
    Slot.EGRESS: "Somebody is leaving through this door.",
    Slot.FIRE: "The fire input holds this door unlocked.",
    Slot.PERMITTED_GRANT: "Somebody who is admitted all the same is going through.",
    Slot.GRANT: "Somebody who was admitted is going through.",
    Slot.EVACUATE: "Evacuate holds this door unlocked.",
    Slot.MANUAL_UNLOCK: "An operator unlocked this door.",
    Slot.SCHEDULE: "The schedule holds this door unlocked.",
}


def verdict(machine: DoorMachine, world: World, now: float) -> Verdict:
    """Judge one door now. What is known to be wrong comes before what is not known."""
    position = machine.leaf.position
    latch = world.input(machine.door.latch)
    if machine.released:
        slot, effect = machine.stack.top()
        return Verdict(Security.NOT_SECURE, _RELEASED_BY[slot] if effect is Effect.UNLOCK else "The lock has no power.")
    if position is Position.OPEN:
        return Verdict(Security.NOT_SECURE, "The door is open. Walk there and close it.")
    if machine.leaf.latch_faulty:
        return Verdict(Security.NOT_SECURE, "The door is shut but its latch is not thrown. Pull it shut.")
    if not world.alive(machine.lock_device):
        # Just after a start nothing has answered yet; that is no failure before it has had the time to.
        never = machine.lock_device not in world.links
        why = "The device that moves the lock does not answer. Walk there and check."
        return Verdict(Security.UNKNOWN, why, waiting=never)
    if not machine.drive.fresh(now):
        return Verdict(Security.UNKNOWN, "The lock has not proved that it is locked.", waiting=True)
    if position is Position.NOT_MONITORED:
        return Verdict(Security.NOT_MONITORED, "Locked, not monitored: this door has no contact. Walk there and check.")
    if position is Position.UNKNOWN:
        return Verdict(Security.UNKNOWN, "The door contact cannot be read. Walk there and check.", waiting=True)
    if machine.door.latch is not None and latch is not InputState.NORMAL:
        return Verdict(Security.UNKNOWN, "The latch has not proved that it is thrown.", waiting=True)
    return Verdict(Security.SECURED)


def status_of(machine: DoorMachine, world: World, now: float, *, tampered: bool) -> DoorStatus:
    """Everything about one door."""
    assert world.policy is not None
    door: Door = machine.door
    slot, effect = machine.stack.top()
    judged = verdict(machine, world, now)
    directives = in_force(world.policy, world.orders, door.id)
    return DoorStatus(
        door=door.id,
        number=door.number,
        name=door.name,
        command=effect,
        slot=slot,
        proof=machine.drive.proof,
        proof_age_s=None if machine.drive.proved_at is None else max(0.0, now - machine.drive.proved_at),
        proved=machine.drive.fresh(now) and world.alive(machine.lock_device),
        position=machine.leaf.position,
        alarm=_alarm(machine, tampered=tampered),
        acknowledged=machine.leaf.acknowledged,
        security=judged.security,
        why=judged.why,
        link=world.link(machine.lock_device),
        directives=tuple(directive.id for directive in directives),
        lockdown=any(directive.action is EmergencyAction.LOCKDOWN for directive in directives),
        drill=bool(directives) and all(directive.drill for directive in directives),
    )


def _alarm(machine: DoorMachine, *, tampered: bool) -> DoorAlarm:
    if machine.leaf.forced:
        return DoorAlarm.FORCED
    if machine.leaf.held is not DoorAlarm.NONE:
        return machine.leaf.held
    if tampered:
        return DoorAlarm.TAMPER
    faulty = machine.drive.faulty or machine.leaf.latch_faulty or machine.leaving.stuck
    return DoorAlarm.FAULT if faulty else DoorAlarm.NONE
