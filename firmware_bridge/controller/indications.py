"""What a reader shows while nobody stands at it. Under a Lockdown every buzzer at the doors in scope is silent."""

from __future__ import annotations

from access_control.core.decision.emergency import in_force, lock_effect
from access_control.core.decision.model import EmergencyAction
from access_control.core.decision.slots import Effect
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


def lockdown_anywhere(world: World) -> bool:
    """Whether any door of this bridge is in a Lockdown."""
    return world.policy is not None and any(silent_at(door, world) for door in world.policy.doors)


def _secured_outside(door: int, world: World) -> bool:
    """Whether a Secure locks this door. Hold and Shelter use the same slot, but their readers look as usual."""
    assert world.policy is not None
    effects = lock_effect(world.policy, world.orders, door)
    return any(effect.directive.action is EmergencyAction.SECURE for effect in effects)


def resting(machine: DoorMachine, world: World) -> Indication:
    """What the readers of a door show at rest."""
    stack = machine.steady
    if silent_at(machine.door.id, world):
        return Indication.LOCKDOWN
    if _secured_outside(machine.door.id, world):
        return Indication.SECURE
    if not world.alive(machine.lock_device):
        return Indication.DEGRADED
    if stack.top()[1] is Effect.UNLOCK:
        return Indication.UNLOCKED
    return Indication.ALONE if world.alone else Indication.LOCKED
