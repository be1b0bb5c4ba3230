"""What the documents say about a door just now, without anybody standing at it: emergencies, overrides, schedule."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from access_control.core.decision.emergency import lock_effect
from access_control.core.decision.manual_unlocks import ended_unlocks
from access_control.core.decision.model import Door, Override, OverrideEffect
from access_control.core.decision.slots import Effect, Slot, SlotStack
from firmware_bridge.controller.world import World

LOOK_AGAIN_S = 60.0
"""A schedule is looked at again after so long at most, because wall clocks are set forwards and back."""

_SLOTS = {
    OverrideEffect.LOCK: (Slot.MANUAL_LOCK, Effect.LOCK),
    OverrideEffect.UNLOCK: (Slot.MANUAL_UNLOCK, Effect.UNLOCK),
    OverrideEffect.BLOCK: (Slot.BLOCKED, Effect.LOCK),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The slots that documents set, and after how many seconds they must be looked at again."""

    stack: SlotStack
    look_again_s: float | None


def standing(door: Door, world: World, at: datetime) -> Standing:
    """Work a door's standing slots out from the present; edges that were missed are never replayed."""
    assert world.policy is not None
    stack = SlotStack()
    for emergency in lock_effect(world.policy, world.orders, door.id):
        stack = stack.set(emergency.slot, emergency.effect)
    if door.out_of_service:
        stack = stack.set(Slot.BLOCKED, Effect.LOCK)
    second = at.timestamp()
    edges = []
    for override in world.orders.overrides:
        if override.door == door.id and _applies(override, world, second):
            stack = stack.set(*_SLOTS[override.effect])
            if override.expires is not None:
                edges.append(override.expires - second)
    if scheduled_open(door, world, second):
        stack = stack.set(Slot.SCHEDULE, Effect.UNLOCK)
    edges += _schedule_edges(door, world.policy.horizon, second)
    ahead = [edge for edge in edges if edge > 0]
    return Standing(stack, min(*ahead, LOOK_AGAIN_S) if ahead else None)


def _applies(override: Override, world: World, second: float) -> bool:
    expired = override.expires is not None and second >= override.expires
    if override.effect is OverrideEffect.UNLOCK:
        dated = override.expires is not None and world.clock_trusted
        return dated and not expired and override.id not in world.cancelled
    return not (expired and world.clock_trusted)


def scheduled_open(door: Door, world: World, second: float) -> bool:
    """Whether the schedule unlocks the door: never by an untrusted clock.

    Past the horizon, and where nobody has confirmed the Policy for too long, only if it is *always*.
    """
    assert world.policy is not None
    times = door.scheduled_unlock
    counts = second < world.policy.horizon and door.door_class not in world.policy_old
    return world.clock_trusted and times.covers(int(second)) and (times.always or counts)


def _schedule_edges(door: Door, horizon: int, second: float) -> Iterator[float]:
    edge = door.scheduled_unlock.next_edge(int(second))
    if edge is not None:
        yield min(edge, horizon) - second


def newly_cancelled(world: World, judged: AbstractSet[str] = frozenset()) -> list[Override]:
    """The manual unlocks that a Lockdown or Secure has ended for good, also one that is released by now.

    ``judged``: the unlocks that were here already when the bridge last asked. What happened before it heard of another
    is not known: it may be one that it cancelled, and the memory of that was lost.
    """
    assert world.policy is not None
    policy, directives = world.policy, world.orders.directives
    here: list[Override] = []
    new: list[Override] = []
    for override in world.orders.overrides:
        if override.id not in world.cancelled:
            (here if override.id in judged else new).append(override)
    return [*ended_unlocks(policy, directives, here), *ended_unlocks(policy, directives, new, forgetful=True)]
