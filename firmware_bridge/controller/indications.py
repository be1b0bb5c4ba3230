"""What a reader shows while nobody stands at it. Under a Lockdown every buzzer at the doors in scope is silent."""

from __future__ import annotations

from access_control.core.decision.emergency import in_force
from access_control.core.decision.model import EmergencyAction
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.commands import Indication
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.world import World

REFUSED_S = 2.0
"""How long a refusal is shown; it never says why."""


def silent_at(door: int, world: World) -> bool:
    """Whether nothing may sound at this door: a chirping reader gives people away."""
    if world.policy is None:
        return False
    return any(d.action is EmergencyAction.LOCKDOWN for d in in_force(world.policy, world.orders, door))


def resting(machine: DoorMachine, world: World) -> Indication:
    """What the readers of a door show at rest."""
    stack = machine.steady
    if silent_at(machine.door.id, world):
        return Indication.LOCKDOWN
    if stack.get(Slot.SECURE) is not None:
        return Indication.SECURE
    if not world.alive(machine.lock_device):
        return Indication.DEGRADED
    return Indication.UNLOCKED if stack.top()[1] is Effect.UNLOCK else Indication.LOCKED
