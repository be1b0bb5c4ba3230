"""The rules about the door's state: fire, emergencies, and what locks it for everyone but responders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from access_control.core.decision.building import DoorClass, FireAction
from access_control.core.decision.case import Rule
from access_control.core.decision.emergency import PASSES_REFUSED, effect_of, in_force
from access_control.core.decision.model import EmergencyAction, Known, OverrideEffect
from access_control.core.decision.reasons import Reason
from access_control.core.decision.slots import Effect

if TYPE_CHECKING:
    from access_control.core.decision.case import Case

# Looking a member up on its enum costs as much as a whole rule; these are asked for at every read.
_YES, _NO = Known.YES, Known.NO

_REFUSED_BY = {
    EmergencyAction.LOCKDOWN: Reason.DENIED_LOCKDOWN,
    EmergencyAction.EVACUATE: Reason.DENIED_EVACUATE,
    EmergencyAction.SECURE: Reason.DENIED_SECURE,
    EmergencyAction.HOLD: Reason.DENIED_HOLD,
    EmergencyAction.SHELTER: Reason.DENIED_SHELTER,
}


def _fire(case: Case) -> Reason | None:
    cut = case.facts.fire_at_door is _YES and case.door.lock.fire_action is FireAction.RELATCH
    return Reason.DENIED_FIRE if cut else None


def _emergency(case: Case) -> Reason | None:
    directives = in_force(case.policy, case.orders, case.reader.door)
    if not directives:
        return None
    if not case.responder:
        admitted = case.policy.emergency_rules.admitted
        for directive in directives:
            action = directive.action
            refused_pass = case.pass_id is not None and action in PASSES_REFUSED
            if refused_pass or case.holder_class not in admitted.get((action, case.door.door_class), frozenset()):
                return _REFUSED_BY[action]
    for directive in directives:
        does = effect_of(directive, case.door, case.policy.emergency_rules)
        if does is not None and does[1] is Effect.LOCK:
            case.despite_lock = True
    return None


def _door_in_service(case: Case) -> Reason | None:
    if case.door.out_of_service or _overridden(case, OverrideEffect.BLOCK):
        return _unless_responder(case, Reason.DENIED_ALL)
    return None


def _manual_lock(case: Case) -> Reason | None:
    if _overridden(case, OverrideEffect.LOCK):
        return _unless_responder(case, Reason.LOCKED_BY_HIGHER_PRIORITY)
    return None


def _room_lock(case: Case) -> Reason | None:
    fact = case.facts.room_locked
    if fact is _NO or (fact is not _YES and case.door.door_class is not DoorClass.ROOM):
        return None
    return _unless_responder(case, Reason.DENIED_ROOM_LOCKED)


def _overridden(case: Case, effect: OverrideEffect) -> bool:
    here = case.orders.overrides_at.get(case.reader.door)
    return here is not None and any(
        # An override that locks does not end by a clock that nobody trusts; the door's own slots see it the same way.
        order.effect is effect and (order.expires is None or not case.clock_trusted or case.second < order.expires)
        for order in here
    )


def _unless_responder(case: Case, reason: Reason) -> Reason | None:
    """Refuse, unless it is a responder: they pass a locked door, which the verdict then says."""
    if not case.responder:
        return reason
    case.despite_lock = True
    return None


def _saw_emergency(case: Case) -> str:
    directives = in_force(case.policy, case.orders, case.reader.door)
    return ", ".join(f"{directive.action}{' (drill)' if directive.drill else ''}" for directive in directives) or "none"


DOOR_RULES = (
    Rule("fire", _fire, lambda case: f"{case.door.lock.fire_action}, fire: {case.facts.fire_at_door.value}"),
    Rule("emergency", _emergency, _saw_emergency),
    Rule("door in service", _door_in_service, lambda case: f"door {case.door.number}"),
    Rule("manual lock", _manual_lock, lambda case: f"{len(case.orders.overrides)} overrides in Orders"),
    Rule("room lock", _room_lock, lambda case: f"locked from inside: {case.facts.room_locked.value}"),
)
