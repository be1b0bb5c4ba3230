"""How each emergency directive arrives at each door: proved secured with its milliseconds, or failed with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from access_control.core.decision.emergency import Directive, Release, in_force, lock_effect
from access_control.core.decision.slots import Effect, Slot
from access_control.core.wire.events import EventCode, change_of, end_of, start_of
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.report import Verdict, verdict
from firmware_bridge.controller.status import DoorAlarm, EmergencyStatus, Position, Security
from firmware_bridge.controller.world import World

PROOF_WAIT_S = 10.0
"""A door that did not prove itself for so long is told as failed; it may still succeed later."""


@dataclass(frozen=True, slots=True)
class Applied:
    """When a directive was applied here; ``restored`` says that it was found in force at a start."""

    directive: Directive
    since: float
    restored: bool


class Emergencies:
    """The directives in force at this bridge and what was told about each door."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._applied: dict[str, Applied] = {}
        self._told: dict[tuple[str, int], Security | None] = {}

    def take_up(self, doors: Iterable[int], answer: Answer, *, restored: bool) -> frozenset[int]:
        """Notice directives that are in force and were not before: the doors that they lock, for an urgent command."""
        found: dict[str, tuple[Directive, list[int]]] = {}
        locked: set[int] = set()
        policy, orders = self._world.policy, self._world.orders
        assert policy is not None
        for door in doors:
            for directive in in_force(policy, orders, door):
                if directive.id not in self._applied:
                    found.setdefault(directive.id, (directive, []))[1].append(door)
            for effect in lock_effect(policy, orders, door):
                key = effect.directive.id, door
                if effect.effect is Effect.LOCK and key not in self._told:
                    self._told[key] = None
                    locked.add(door)
        for directive, at_doors in found.values():
            self._applied[directive.id] = Applied(directive, answer.now, restored)
            if not restored:
                _tell_start(directive, at_doors, answer)
        return frozenset(locked)

    def drop_released(self) -> None:
        """Forget doors that a directive no longer rules."""
        policy = self._world.policy
        assert policy is not None
        ruling = {
            (directive.id, door) for door in policy.doors for directive in in_force(policy, self._world.orders, door)
        }
        self._told = {key: told for key, told in self._told.items() if key in ruling}
        still = {directive for directive, _ in ruling}
        self._applied = {key: applied for key, applied in self._applied.items() if key in still}

    def tell_release(self, release: Release, answer: Answer) -> None:
        """Record that a person ended a directive, everywhere or at some doors."""
        directive = self._world.orders.directives.directives.get(release.directive)
        if directive is None:
            return
        code = end_of(directive.action) if release.doors is None else change_of(directive.action)
        answer.record(
            code,
            drill=directive.drill,
            directive=directive.id,
            release=release.id,
            by=release.by,
            second=release.second,
            doors="" if release.doors is None else _listed(release.doors),
            reason=release.why,
        )

    def watch(self, machine: DoorMachine, answer: Answer) -> None:
        """Tell what changed in how far one door has got."""
        door = machine.door.id
        judged: Verdict | None = None
        for key in [key for key in self._told if key[1] == door]:
            judged = judged or verdict(machine, self._world, answer.now)
            told = self._told[key]
            if judged.security is told or _passing(machine, told):
                continue
            applied = self._applied[key[0]]
            if judged.waiting and answer.now < _waits_until(applied, machine):
                continue
            self._told[key] = judged.security
            _tell_door(door, applied, judged, answer)

    def deadline(self, machine: DoorMachine, now: float) -> float | None:
        """When a door's missing proof becomes a failure."""
        ends = [
            _waits_until(self._applied[directive], machine) for directive, door in self._told if door == machine.door.id
        ]
        return min((end for end in ends if end > now), default=None)

    def status(self, machines: Mapping[int, DoorMachine], now: float) -> tuple[EmergencyStatus, ...]:
        """How far each directive has got, from what is true now."""
        return tuple(self._status(applied, machines, now) for applied in self._applied.values())

    def _status(self, applied: Applied, machines: Mapping[int, DoorMachine], now: float) -> EmergencyStatus:
        doors: dict[Security, list[int]] = {security: [] for security in Security}
        for directive, door in self._told:
            if directive == applied.directive.id and door in machines:
                doors[verdict(machines[door], self._world, now).security].append(door)
        return EmergencyStatus(
            directive=applied.directive.id,
            action=applied.directive.action,
            drill=applied.directive.drill,
            restored=applied.restored,
            elapsed_s=max(0.0, now - applied.since),
            secured=tuple(sorted(doors[Security.SECURED])),
            not_secure=tuple(sorted(doors[Security.NOT_SECURE])),
            not_monitored=tuple(sorted(doors[Security.NOT_MONITORED])),
            unknown=tuple(sorted(doors[Security.UNKNOWN])),
        )


def _waits_until(applied: Applied, machine: DoorMachine) -> float:
    return max(applied.since, machine.drive.sent_at) + PROOF_WAIT_S


def _passing(machine: DoorMachine, told: Security | None) -> bool:
    """Whether the door is only being used as it may be: somebody goes through with a right to, or leaves.

    That is no news about a door that was secured, and none to wait for about another one.
    """
    if machine.stack.top()[0] is Slot.PERMITTED_GRANT:
        return True
    if told is not Security.SECURED:
        return False
    if machine.released:
        return machine.stack.top()[0] is Slot.EGRESS
    leaf = machine.leaf
    return leaf.position is Position.OPEN and not leaf.forced and leaf.held is DoorAlarm.NONE


def _tell_start(directive: Directive, at_doors: list[int], answer: Answer) -> None:
    answer.record(
        start_of(directive.action),
        drill=directive.drill,
        directive=directive.id,
        scope=directive.scope,
        origin=directive.origin,
        by=directive.by,
        doors=_listed(at_doors),
    )


def _tell_door(door: int, applied: Applied, judged: Verdict, answer: Answer) -> None:
    secured = judged.security is Security.SECURED
    answer.record(
        EventCode.DOOR_SECURED if secured else EventCode.SECURE_FAILED,
        door=door,
        drill=applied.directive.drill,
        directive=applied.directive.id,
        ms=round((answer.now - applied.since) * 1000),
        state=judged.security.value,
        why=judged.why,
        restored=applied.restored or None,
    )


def _listed(doors: Iterable[int]) -> str:
    return ",".join(str(door) for door in sorted(doors))
