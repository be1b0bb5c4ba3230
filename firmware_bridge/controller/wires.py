"""Every input as its wire is seen, before anybody says what that means: what an installer measures against."""

from __future__ import annotations

from collections.abc import Iterator

from access_control.core.decision.model import Point, Policy
from firmware_bridge.controller.events import InputState
from firmware_bridge.controller.status import WireState, WireStatus
from firmware_bridge.controller.world import World

_SEEN = {
    InputState.ACTIVE: WireState.CLOSED,
    InputState.NORMAL: WireState.OPEN,
    InputState.CUT: WireState.CUT,
    InputState.SHORT: WireState.SHORT,
}


def wires(world: World, now: float) -> tuple[WireStatus, ...]:
    """All inputs that the Policy names or that a device has told of, in the order of their devices."""
    if world.policy is None:
        return ()
    used: dict[Point, list[str]] = {}
    for point, use in uses(world.policy):
        used.setdefault(point, []).append(use)
    points = sorted(used.keys() | world.inputs.keys(), key=lambda point: (point.kind, point.device, point.index))
    return tuple(_wire(world, point, ", ".join(used.get(point, ())), now) for point in points)


def uses(policy: Policy) -> Iterator[tuple[Point, str]]:
    """What each input is for, in a few words."""
    for door in policy.doors.values():
        watched = (("contact", door.contact), ("exit", door.rex), ("latch", door.latch), ("fire", door.lock.fire_input))
        for use, point in watched:
            if point is not None:
                yield point, f"{use} of door {door.number}"
    for given in policy.inputs.values():
        yield given.point, given.name


def _wire(world: World, point: Point, use: str, now: float) -> WireStatus:
    alive = world.alive((point.kind, point.device))
    since = world.inputs_since.get(point) if alive and point in world.inputs else None
    return WireStatus(
        point=str(point),
        use=use,
        rests_closed=point in world.rests_closed,
        state=_SEEN.get(world.inputs.get(point, InputState.UNKNOWN), WireState.UNKNOWN) if alive else WireState.UNKNOWN,
        since_s=None if since is None else max(0.0, now - since),
    )
