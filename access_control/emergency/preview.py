"""What each door will do after a release, as the order stack says at this moment.

Worked out from the last published documents, as a bridge would, and never from rows: the schedule of the Policy and the
overrides of the Orders. What only a bridge knows (a fire input, somebody passing) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access_control.core.decision.emergency import DirectiveSet, Release, lock_effect
from access_control.core.decision.manual_unlocks import ended_unlocks
from access_control.core.decision.model import EmergencyAction, Orders, Override, OverrideEffect, Policy
from access_control.core.decision.slots import Effect, Slot, SlotStack
from access_control.emergency.board import by_number
from access_control.emergency.school import KnownDoor, Running, School
from access_control.emergency.words import NAMES
from access_control.readers.documents import Documents, published_documents
from access_control.readers.errors import ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys
from access_control.readers.models import Bridge

_SLOTS: Final[Mapping[OverrideEffect, tuple[Slot, Effect]]] = {
    OverrideEffect.LOCK: (Slot.MANUAL_LOCK, Effect.LOCK),
    OverrideEffect.BLOCK: (Slot.BLOCKED, Effect.LOCK),
    OverrideEffect.UNLOCK: (Slot.MANUAL_UNLOCK, Effect.UNLOCK),
}
_WORDS: Final[Mapping[Slot, str]] = {
    Slot.BLOCKED: "Stays locked: it is out of service.",
    Slot.MANUAL_LOCK: "Stays locked: an operator locked it.",
    Slot.MANUAL_UNLOCK: "Unlocks: an operator unlocked it for a time.",
    Slot.SCHEDULE: "Unlocks: its schedule says so now.",
    Slot.DEFAULT: "Stays locked. Cards work again.",
}


@dataclass(frozen=True, slots=True)
class After:
    """One door after the release. ``unlocks`` is ``None`` where nobody can tell."""

    door: KnownDoor
    unlocks: bool | None
    words: str


def after_release(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    school: School,
    running: Running,
    doors: Iterable[int] | None,
) -> list[After]:
    """What the doors of a part (``None``: all of them) will do, by door number."""
    left = school.in_scope(running.directive) - running.released
    chosen = sorted(left if doors is None else left & set(doors), key=lambda door: by_number(school.doors[door]))
    documents = {bridge: _documents(session, keys, at, bridge) for bridge in school.bridges_of(chosen)}
    return [_after(at, school, running, school.doors[door], documents) for door in chosen]


def _after(
    at: datetime,
    school: School,
    running: Running,
    door: KnownDoor,
    documents: Mapping[str, Documents | None],
) -> After:
    known = documents.get(door.bridge or "")
    if known is None or door.id not in known.policy.doors:
        return After(door, None, "Not known: its bridge has no documents yet.")
    policy, orders = known.policy, known.orders
    others = [one for one in school.running if one.directive.id != running.directive.id]
    directives = DirectiveSet(
        {one.directive.id: one.directive for one in others},
        {one.directive.id: _staged(one) for one in others if one.released},
    )
    standing = lock_effect(policy, Orders(policy.revision, directives), door.id)
    stack = SlotStack()
    for emergency in standing:
        stack = stack.set(emergency.slot, emergency.effect)
    # A Lockdown or Secure has ended manual unlocks for good, so they do not come back.
    gone = ended_unlocks(policy, DirectiveSet({running.directive.id: running.directive}), orders.overrides)
    left = [override for override in orders.overrides if override not in gone]
    stack = _with_orders(stack, policy, left, door.id, at)
    slot, effect = stack.top()
    if standing and slot is standing[0].slot:
        still = standing[0].directive
        return After(door, effect is Effect.UNLOCK, f"Stays under {_named(still.action, drill=still.drill)}.")
    return After(door, effect is Effect.UNLOCK, _WORDS[slot])


def _staged(one: Running) -> Release:
    directive = one.directive
    return Release(directive.id, directive.id, one.released, directive.by, None, "staged", directive.started_at)


def _with_orders(stack: SlotStack, policy: Policy, overrides: Iterable[Override], door: int, at: datetime) -> SlotStack:
    built, second = policy.doors[door], int(at.timestamp())
    if built.out_of_service:
        stack = stack.set(Slot.BLOCKED, Effect.LOCK)
    for override in overrides:
        over = override.expires is not None and second >= override.expires
        if override.door == door and not over:
            stack = stack.set(*_SLOTS[override.effect])
    times = built.scheduled_unlock
    if times.covers(second) and (times.always or second < policy.horizon):
        stack = stack.set(Slot.SCHEDULE, Effect.UNLOCK)
    return stack


def _named(action: EmergencyAction, *, drill: bool) -> str:
    return f"{'DRILL. ' if drill else ''}{NAMES[action]}"


def _documents(session: Session, keys: SchoolKeys, at: datetime, bridge: str) -> Documents | None:
    row = session.get(Bridge, bridge)
    try:
        return None if row is None else published_documents(session, keys, row, at)
    except (ReadersError, KeyFileError):
        return None
