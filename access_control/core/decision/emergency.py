"""Emergency directives as a two-phase set, and what each action does to a door and to a card."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from access_control.core.decision.building import DoorClass
from access_control.core.decision.model import EmergencyAction, EmergencyRules, HolderClass
from access_control.core.decision.slots import Effect, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from access_control.core.decision.building import Door
    from access_control.core.decision.model import Orders, Policy

PRECEDENCE = (
    EmergencyAction.LOCKDOWN,
    EmergencyAction.EVACUATE,
    EmergencyAction.SECURE,
    EmergencyAction.HOLD,
    EmergencyAction.SHELTER,
)
"""Which action gives the reason when several refuse a card: in the order of their slots, Lockdown first."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One emergency action as it was raised. In force at the union of ``doors`` and what ``scope`` means now.

    Attributes:
        id: UUIDv7 as text, made by whoever raised it.
        scope: ``site``, ``building:N``, ``zone:N`` or ``doors``; Policy says which doors that is.
        doors: The doors it meant when it was raised.
        origin: ``service`` or ``bridge:UUID``.
        by: An opaque reference to who raised it.
    """

    id: str
    action: EmergencyAction
    scope: str
    doors: frozenset[int]
    origin: str
    by: str
    drill: bool
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """The end of a directive for some doors (``None``: for all of them). Never implied by anything else."""

    id: str
    directive: str
    doors: frozenset[int] | None
    by: str
    second: str | None
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DirectiveSet:
    """Every directive and release ever received. It only grows, and merging is union, so order never matters.

    Two records with one id do not come from honest hands. Two such directives both hold: if one took the other's place,
    whoever may raise an emergency at one door could end one everywhere. Of two such releases the narrower one stays.

    Attributes:
        directives: By id; those that share an id with a stricter one are ``ID+1``, ``ID+2`` and so on.
        standing: What is not released everywhere, with the doors that are. Ids are kept for ever, and a card must not
            have to walk them all.
    """

    directives: Mapping[str, Directive] = field(default_factory=lambda: MappingProxyType({}))
    releases: Mapping[str, Release] = field(default_factory=lambda: MappingProxyType({}))
    standing: tuple[tuple[Directive, frozenset[int]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort out once what may still be in force."""
        object.__setattr__(self, "standing", tuple(_still_open(self.directives, self.releases.values())))

    def with_directive(self, directive: Directive) -> DirectiveSet:
        """The set with one more directive; one that is already there changes nothing."""
        return DirectiveSet(_every_directive(self.directives, {directive.id: directive}), self.releases)

    def with_release(self, release: Release) -> DirectiveSet:
        """The set with one more release. It may arrive before the directive that it ends."""
        return DirectiveSet(self.directives, _narrower_releases(self.releases, {release.id: release}))

    def merge(self, other: DirectiveSet) -> DirectiveSet:
        """Everything that either set knows."""
        return DirectiveSet(
            _every_directive(self.directives, other.directives), _narrower_releases(self.releases, other.releases)
        )

    def is_over(self, directive: str) -> bool:
        """Whether a directive's id is released everywhere, be the directive known here or not."""
        return any(one.doors is None and one.directive == directive for one in self.releases.values())

    def in_force_at(self, door: int, scopes: Mapping[str, frozenset[int]]) -> tuple[Directive, ...]:
        """The directives that hold at a door now, highest action first.

        Args:
            door: The door's number in Policy.
            scopes: :attr:`Policy.scopes`, what the symbolic scopes mean now.
        """
        found = [
            directive
            for directive, released in self.standing
            if door not in released and (door in directive.doors or door in scopes.get(directive.scope, ()))
        ]
        if len(found) > 1:
            found.sort(key=lambda directive: (PRECEDENCE.index(directive.action), directive.drill, directive.id))
        return tuple(found)

    def in_force_among(self, doors: Iterable[int], scopes: Mapping[str, frozenset[int]]) -> dict[str, frozenset[int]]:
        """The ids of the directives that hold at any of these doors, drills too, each with the doors where it does."""
        found: dict[str, set[int]] = {}
        if self.standing:
            for door in doors:
                for directive in self.in_force_at(door, scopes):
                    found.setdefault(directive.id, set()).add(door)
        return {directive: frozenset(at) for directive, at in found.items()}


def _still_open(
    directives: Mapping[str, Directive], releases: Iterable[Release]
) -> Iterable[tuple[Directive, frozenset[int]]]:
    everywhere: set[str] = set()
    staged: dict[str, frozenset[int]] = {}
    for release in releases:
        if release.doors is None:
            everywhere.add(release.directive)
        else:
            staged[release.directive] = staged.get(release.directive, frozenset()) | release.doors
    for directive in directives.values():
        if directive.id not in everywhere:
            yield directive, staged.get(directive.id, frozenset())


def _every_directive(ours: Mapping[str, Directive], theirs: Mapping[str, Directive]) -> dict[str, Directive]:
    both = dict(ours)
    shared = {record.id for key, record in theirs.items() if both.setdefault(key, record) != record}
    for id_ in shared:
        claims = {record for record in (*ours.values(), *theirs.values()) if record.id == id_}
        for place, record in enumerate(sorted(claims, key=_directive_strictness, reverse=True)):
            both[f"{id_}+{place}" if place else id_] = record
    return both


def _narrower_releases(ours: Mapping[str, Release], theirs: Mapping[str, Release]) -> dict[str, Release]:
    both = dict(ours)
    for key, record in theirs.items():
        both[key] = max(both[key], record, key=_release_strictness) if key in both else record
    return both


def _directive_strictness(directive: Directive) -> tuple[object, ...]:
    d = directive
    severity = -PRECEDENCE.index(d.action)
    return (not d.drill, severity, len(d.doors), sorted(d.doors), d.scope, d.origin, d.by, d.started_at.isoformat())


def _release_strictness(release: Release) -> tuple[object, ...]:
    r = release
    doors = r.doors or frozenset()
    return (r.doors is not None, -len(doors), sorted(doors), r.directive, r.by, repr(r.second), r.why, r.at.isoformat())


@dataclass(frozen=True, slots=True)
class EmergencyEffect:
    """What one directive does to one door's lock: the slot it writes and the effect."""

    slot: Slot
    effect: Effect
    directive: Directive


def in_force(policy: Policy, orders: Orders, door: int) -> tuple[Directive, ...]:
    """The directives that rule a door now, highest first; without drills where drills move no doors."""
    if not orders.directives.standing:
        return ()
    found = orders.directives.in_force_at(door, policy.scopes)
    if found and not policy.emergency_rules.drill_moves_doors:
        return tuple(directive for directive in found if not directive.drill)
    return found


def lock_effect(policy: Policy, orders: Orders, door: int) -> tuple[EmergencyEffect, ...]:
    """What each action in force does to a door's slots, highest first.

    Two actions may write the same slot; they then agree on the effect. A door that Policy does not know has none.
    """
    if door not in policy.doors:
        return ()
    built, rules = policy.doors[door], policy.emergency_rules
    found = ((directive, effect_of(directive, built, rules)) for directive in in_force(policy, orders, door))
    return tuple(EmergencyEffect(*does, directive) for directive, does in found if does is not None)


_INSIDE = frozenset({DoorClass.INTERIOR, DoorClass.ROOM})
_OUTSIDE = frozenset({DoorClass.EXTERIOR})

_EFFECTS: Mapping[EmergencyAction, tuple[frozenset[DoorClass], tuple[Slot, Effect]]] = MappingProxyType(
    {
        EmergencyAction.LOCKDOWN: (_INSIDE | _OUTSIDE, (Slot.LOCKDOWN, Effect.LOCK)),
        EmergencyAction.EVACUATE: (frozenset({DoorClass.INTERIOR}), (Slot.EVACUATE, Effect.UNLOCK)),
        EmergencyAction.SECURE: (_OUTSIDE, (Slot.SECURE, Effect.LOCK)),
        EmergencyAction.HOLD: (_INSIDE, (Slot.SECURE, Effect.LOCK)),
        EmergencyAction.SHELTER: (_OUTSIDE, (Slot.SECURE, Effect.LOCK)),
    }
)


def effect_of(directive: Directive, door: Door, rules: EmergencyRules) -> tuple[Slot, Effect] | None:
    """What a directive in force does to a door of this class, if anything."""
    return effect_on(directive.action, door.door_class, rules, evacuate_unlock=door.evacuate_unlock)


def effect_on(
    action: EmergencyAction, door_class: DoorClass, rules: EmergencyRules, *, evacuate_unlock: bool
) -> tuple[Slot, Effect] | None:
    """What an action does to a door of this class, if anything; Evacuate unlocks only doors that are set up for it."""
    classes, does = _EFFECTS[action]
    left_as_it_is = door_class is DoorClass.EXTERIOR and not rules.lockdown_locks_perimeter
    if action is EmergencyAction.LOCKDOWN and left_as_it_is:
        return None
    if action is EmergencyAction.EVACUATE and not evacuate_unlock:
        return None
    return does if door_class in classes else None


_NOBODY: frozenset[HolderClass] = frozenset()
_STAFF = frozenset({HolderClass.STAFF})
_STAFF_AND_STUDENTS = _STAFF | {HolderClass.STUDENT}
_EVERYBODY = frozenset(HolderClass)

DEFAULT_EMERGENCY_RULES = EmergencyRules(
    admitted=MappingProxyType(
        {
            (EmergencyAction.HOLD, DoorClass.EXTERIOR): _EVERYBODY,
            (EmergencyAction.HOLD, DoorClass.INTERIOR): _STAFF,
            (EmergencyAction.HOLD, DoorClass.ROOM): _STAFF,
            (EmergencyAction.SECURE, DoorClass.EXTERIOR): _STAFF,
            (EmergencyAction.SECURE, DoorClass.INTERIOR): _EVERYBODY,
            (EmergencyAction.SECURE, DoorClass.ROOM): _EVERYBODY,
            (EmergencyAction.LOCKDOWN, DoorClass.EXTERIOR): _NOBODY,
            (EmergencyAction.LOCKDOWN, DoorClass.INTERIOR): _NOBODY,
            (EmergencyAction.LOCKDOWN, DoorClass.ROOM): _STAFF,
            (EmergencyAction.EVACUATE, DoorClass.EXTERIOR): _STAFF,
            (EmergencyAction.EVACUATE, DoorClass.INTERIOR): _EVERYBODY,
            (EmergencyAction.EVACUATE, DoorClass.ROOM): _EVERYBODY,
            (EmergencyAction.SHELTER, DoorClass.EXTERIOR): _STAFF_AND_STUDENTS,
            (EmergencyAction.SHELTER, DoorClass.INTERIOR): _EVERYBODY,
            (EmergencyAction.SHELTER, DoorClass.ROOM): _EVERYBODY,
        }
    )
)
"""What holds unless a school chooses otherwise; the reasons are in docs/decisions.md, Emergencies."""

PASSES_REFUSED = frozenset({EmergencyAction.HOLD, EmergencyAction.SECURE, EmergencyAction.LOCKDOWN})
"""The actions under which no visitor pass opens any door in scope, whatever a school chose for badges."""
