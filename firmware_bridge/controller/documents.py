"""Policy, Orders, directives and releases as they come into force. Directives only ever add up; releases end them."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import EmergencyAction, Orders, Override, Policy
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.commands import RaiseDirective, RememberCancelled, RememberFire
from firmware_bridge.controller.events import DocumentRefused, EmergencyAsked
from firmware_bridge.controller.indications import lockdown_anywhere
from firmware_bridge.controller.policy_change import Held, tempered, tempered_again, with_held
from firmware_bridge.controller.standing import newly_cancelled

_REFUSALS = {
    "policy": EventCode.POLICY_REFUSED,
    "orders": EventCode.ORDERS_REFUSED,
    "directive": EventCode.DIRECTIVE_REFUSED,
    "release": EventCode.RELEASE_REFUSED,
    "keys": EventCode.KEYS_REFUSED,
}


class Documents:
    """Takes documents into force. ``signed`` is the Policy as it came; during an emergency a stricter one may serve."""

    def __init__(self, building: Building) -> None:
        self._building = building
        self._world = building.world
        self._signed: Policy | None = None
        self._left_out: AbstractSet[tuple[int, bool]] = frozenset()
        self._judged: AbstractSet[str] = frozenset()
        self._lockdown = False

    def restore(self, policy: Policy | None, orders: Orders | None, answer: Answer, held: Sequence[Held] = ()) -> None:
        """Take what was on disk at the start; ``held`` is what the Policy took the place of during this emergency."""
        if orders is not None:
            self._world.orders, self._world.orders_seen = orders, True
        if policy is not None:
            self._world.policy = tempered_again(policy, held, self._world.orders)
        if policy is not None:
            self._take(policy, answer)
            self._in_force(answer, restored=True)

    def policy(self, policy: Policy, answer: Answer) -> None:
        """A new Policy."""
        self._take(policy, answer)
        answer.record(EventCode.POLICY_APPLIED, epoch=policy.revision.epoch, n=policy.revision.n)
        self._in_force(answer)

    def _take(self, policy: Policy, answer: Answer) -> None:
        self._signed = policy
        by_fire = self._building.held_by_fire()
        held = self._building.held_by_leaving(answer.now) | by_fire
        self._world.policy = with_held(tempered(policy, self._world.policy, self._world.orders), held)
        self._left_out = {(door, door in by_fire) for door in held.keys() - policy.doors.keys()}
        for door, built in list(self._world.fire_held.items()):
            if door not in self._world.policy.doors or not self._world.listed(built.lock.output):
                del self._world.fire_held[door]
                answer.add(RememberFire(door, None))
        self._building.rebuild(self._world.policy, answer, self._world.policy.doors.keys() - policy.doors.keys())

    def _held(self, now: float) -> set[tuple[int, bool]]:
        """The doors that stay as they are for now, and whether it is fire that holds them."""
        by_fire = self._building.held_by_fire()
        return {(door, door in by_fire) for door in by_fire.keys() | self._building.held_by_leaving(now).keys()}

    def look(self, answer: Answer) -> None:
        """Take what the Policy says of doors that a fire or an exit held until now as an older one has them."""
        outgrown = any(machine.outgrown(answer.now) for machine in self._building.doors.values())
        if self._signed is not None and (outgrown or (self._left_out and self._left_out - self._held(answer.now))):
            self._take(self._signed, answer)
            self._in_force(answer)

    def orders(self, orders: Orders, answer: Answer) -> None:
        """New Orders. What they leave out is not released by that."""
        before = self._world.orders
        self._world.orders = replace(orders, directives=orders.directives.merge(before.directives))
        self._world.orders_seen = True
        answer.record(EventCode.ORDERS_APPLIED, epoch=orders.revision.epoch, n=orders.revision.n)
        _tell_overrides(before.overrides, orders.overrides, answer)
        for id_ in orders.directives.releases.keys() - before.directives.releases.keys():
            self._building.emergencies.tell_release(orders.directives.releases[id_], answer)
        self._in_force(answer)

    def directive(self, directive: Directive, answer: Answer) -> None:
        """A directive from anywhere; one that is known already changes nothing."""
        self._world.orders = replace(
            self._world.orders, directives=self._world.orders.directives.with_directive(directive)
        )
        self._in_force(answer)

    def release(self, release: Release, answer: Answer) -> None:
        """A release from anywhere."""
        known = release.id in self._world.orders.directives.releases
        self._world.orders = replace(self._world.orders, directives=self._world.orders.directives.with_release(release))
        if not known:
            self._building.emergencies.tell_release(release, answer)
        self._in_force(answer)

    def emergency(self, event: EmergencyAsked, answer: Answer) -> None:
        """Somebody here starts an emergency. An unknown scope means every door to what locks, none to Evacuate."""
        policy = self._world.policy
        if policy is None:
            why = "This bridge has no Policy yet, so it knows no doors. Give it one first."
            answer.record(EventCode.DIRECTIVE_REFUSED, directive=event.directive_id, why=why)
            return
        # Too much locked beats too little; an Evacuate unlocks, and nothing is unlocked on a guess.
        unheard_of = frozenset[int]() if event.action is EmergencyAction.EVACUATE else frozenset(policy.doors)
        directive = Directive(
            id=event.directive_id,
            action=event.action,
            scope=event.scope,
            doors=policy.scopes.get(event.scope, unheard_of),
            origin=f"bridge:{policy.bridge}",
            by=event.by,
            drill=event.drill,
            started_at=answer.at,
        )
        answer.add(RaiseDirective(directive))
        if event.input is not None:
            self._building.alarms.raised(event.input, directive.id, answer)
        self.directive(directive, answer)

    def clock(self, answer: Answer, *, trusted: bool) -> None:
        """The wall clock can be believed, or not any more."""
        if trusted is not self._world.clock_trusted:
            self._world.clock_trusted = trusted
            answer.record(EventCode.CLOCK_TRUSTED if trusted else EventCode.CLOCK_UNTRUSTED)
            self._in_force(answer)

    def refused(self, event: DocumentRefused, answer: Answer) -> None:
        """A document was not taken."""
        code = _REFUSALS.get(event.kind, EventCode.ACTION_REFUSED)
        answer.record(code, kind=event.kind, refusal=event.code, why=event.why)

    def _in_force(self, answer: Answer, *, restored: bool = False) -> None:
        if self._signed is None:
            return
        if self._world.policy is not self._signed:
            self._take(self._signed, answer)
        self._cancel_unlocks(answer)
        self._building.emergencies.drop_released()
        self._building.refresh(answer, restored=restored)
        self._tell_fires(answer)

    def _cancel_unlocks(self, answer: Answer) -> None:
        for override in newly_cancelled(self._world, self._judged):
            self._world.cancelled.add(override.id)
            answer.add(RememberCancelled(override.id))
            answer.record(EventCode.MANUAL_OVERRIDE_CANCELLED, door=override.door, override=override.id)
        assert self._world.policy is not None
        doors = self._world.policy.doors
        self._judged = {override.id for override in self._world.orders.overrides if override.door in doors}

    def _tell_fires(self, answer: Answer) -> None:
        """A Lockdown began while a fire input is active; the other order is told as the input goes active."""
        before, self._lockdown = self._lockdown, lockdown_anywhere(self._world)
        if self._lockdown and not before:
            for point in sorted(self._world.fires, key=str):
                answer.record(EventCode.FIRE_DURING_LOCKDOWN, input=str(point))


def _tell_overrides(before: tuple[Override, ...], after: tuple[Override, ...], answer: Answer) -> None:
    old, new = {override.id: override for override in before}, {override.id: override for override in after}
    for id_ in new.keys() - old.keys():
        override = new[id_]
        answer.record(
            EventCode.MANUAL_OVERRIDE_SET,
            door=override.door,
            override=id_,
            effect=override.effect.value,
            by=override.by,
            reason=override.why,
        )
    for id_ in old.keys() - new.keys():
        answer.record(EventCode.MANUAL_OVERRIDE_ENDED, door=old[id_].door, override=id_)
