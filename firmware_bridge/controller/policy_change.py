"""A new Policy during an emergency: it is taken, but it never loosens a door under a directive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from access_control.core.decision.emergency import DirectiveSet, in_force
from access_control.core.decision.model import DeviceKind, Door, EmergencyRules, Orders, Policy

Held = tuple[Policy, frozenset[str]]
"""A Policy that a newer one took the place of, and the directives that stood then."""


def tempered_again(new: Policy, held: Sequence[Held], orders: Orders) -> Policy | None:
    """What was applied before a restart, worked out anew from the Policies held since the emergency began.

    Directives that were released since count as they stood: each step is taken as it was taken then.
    """
    applied: Policy | None = None
    followers = [*(policy for policy, _ in held[1:]), new]
    for (policy, ids), follower in zip(held, followers, strict=True) if held else ():
        then = {key: one for key, one in orders.directives.directives.items() if one.id in ids}
        applied = tempered(follower, applied or policy, replace(orders, directives=DirectiveSet(then)))
    return applied


def tempered(new: Policy, old: Policy | None, orders: Orders) -> Policy:
    """``new`` as it may be applied now.

    While a directive is in force, scopes keep the doors that they had under ``old``, a door under a directive keeps its
    class and is not newly unlocked by Evacuate, and the rules of emergencies can only become stricter. When the last
    directive is released, ``new`` applies as it is.
    """
    if old is None:
        return new
    ruled = {door for door in old.doors if in_force(old, orders, door)}
    if not ruled:
        return new
    return replace(
        new,
        scopes={
            scope: new.scopes.get(scope, frozenset()) | old.scopes.get(scope, frozenset())
            for scope in {**old.scopes, **new.scopes}
        },
        emergency_rules=_stricter(new.emergency_rules, old.emergency_rules),
        doors={
            **_orphans(new, old, ruled),
            **{door: _kept(built, old.doors[door]) if door in ruled else built for door, built in new.doors.items()},
        },
    )


def _orphans(new: Policy, old: Policy, ruled: set[int]) -> dict[int, Door]:
    """Doors under a directive that ``new`` leaves out, as far as their wires are still there and nobody else's."""
    taken = {door.lock.output for door in new.doors.values()}
    return {
        door: _orphan(old.doors[door], new)
        for door in ruled - new.doors.keys()
        if old.doors[door].lock.output not in taken and _there(old.doors[door], new)
    }


def with_held(new: Policy, held: Mapping[int, Door]) -> Policy:
    """``new`` with the doors that it leaves out while fire or an exit holds them, if their lock's device is there.

    Their outputs stay as they are held, even if ``new`` gives one to another door.
    """
    orphans = {
        door: _orphan(built, new) for door, built in held.items() if door not in new.doors and _there(built, new)
    }
    return replace(new, doors={**new.doors, **orphans}) if orphans else new


def _there(door: Door, new: Policy) -> bool:
    output = door.lock.output
    return output.device in (new.readers if output.kind is DeviceKind.READER else new.boards)


def _orphan(door: Door, new: Policy) -> Door:
    """A door that ``new`` leaves out, without the inputs that ``new`` gives to something else."""
    taken = {given.point for given in new.inputs.values()}
    for other in new.doors.values():
        taken |= {point for point in (other.contact, other.rex, other.latch, other.lock.fire_input) if point}
    contact, rex, latch = (None if point in taken else point for point in (door.contact, door.rex, door.latch))
    return replace(door, contact=contact, rex=rex, latch=latch, rests_closed=door.rests_closed - taken)


def _kept(new: Door, old: Door) -> Door:
    return replace(new, door_class=old.door_class, evacuate_unlock=new.evacuate_unlock and old.evacuate_unlock)


def _stricter(new: EmergencyRules, old: EmergencyRules) -> EmergencyRules:
    return EmergencyRules(
        admitted={key: new.admitted[key] & old.admitted[key] for key in new.admitted if key in old.admitted},
        lockdown_locks_perimeter=new.lockdown_locks_perimeter or old.lockdown_locks_perimeter,
        drill_moves_doors=new.drill_moves_doors or old.drill_moves_doors,
    )
