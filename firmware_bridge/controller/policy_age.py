"""For how long nobody has confirmed the Policy: said in time, and from the school's limit on timed rights stop.

The age is counted by the monotonic clock, so that a wall clock that jumps makes no Policy old, and goes on over a
restart from what was kept. The wall clock is asked only where the bridge knows nothing else and that clock is proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from access_control.core.decision.model import DoorClass, Policy, Revision
from access_control.core.decision.policy_age import DAY_S, is_over, step_of
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.commands import RememberPolicyAge
from firmware_bridge.controller.memory import KeptAge
from firmware_bridge.controller.status import PolicyAgeStatus

KEEP_CONFIRMED_S: Final = 600.0
"""A Policy that is confirmed every few seconds is kept as such so often."""
KEEP_AGE_S: Final = 3600.0
"""An age that grows is kept so often, so that a bridge that loses its power forgets no more of it."""
RECOUNT_S: Final = 60.0
"""So long after its clock was proved the time without power is counted too, unless the service confirms before."""
_WHERE: Final = {DoorClass.EXTERIOR: "outside doors", DoorClass.INTERIOR: "inside doors", DoorClass.ROOM: "rooms"}


@dataclass(frozen=True, slots=True)
class _Count:
    """Since when the Policy of that revision is unconfirmed: monotonic second, and UTC second of the last word."""

    revision: Revision
    from_s: float
    confirmed: int


class PolicyAge:
    """Counts, tells each step once for each class of doors, and stops what an old Policy may not do any more."""

    def __init__(self, building: Building, kept: KeptAge | None) -> None:
        self._building = building
        self._world = building.world
        self._kept = kept
        self._count: _Count | None = None
        self._told: Mapping[DoorClass, int] = {} if kept is None else kept.told
        self._kept_at: float | None = None
        self._limits: Mapping[DoorClass, int | None] = {}
        self._trusted = building.world.clock_trusted
        self._recount_at: float | None = None

    def take(self, policy: Policy, answer: Answer) -> None:
        """A Policy is about to come into force: it is as old as is known, and not older than the one before it.

        A newer one was the service's last word at some time after the older one was confirmed.
        """
        before = self._count or self._restored(answer.now)
        if before is not None and before.revision == policy.revision:
            self._count = before
        else:
            made = int(policy.made_at.timestamp())
            from_s = [] if before is None else [before.from_s]
            if self._world.clock_trusted:
                from_s.append(answer.now - (answer.at.timestamp() - made))
            self._count = _Count(policy.revision, max(from_s, default=answer.now), made)
            self._keep(answer)
        here = {door.door_class for door in policy.doors.values()}
        self._limits = {one: policy.age_limits.get(one) for one in DoorClass if one in here}
        self._weigh(answer)

    def _restored(self, now: float) -> _Count | None:
        """What an earlier run kept. Nobody knows how long a machine was off: after a reboot it goes on from there."""
        kept = self._kept
        if kept is None:
            return None
        return _Count(kept.revision, (now if kept.mono_s is None else kept.mono_s) - kept.age_s, kept.confirmed)

    def confirm(self, revision: Revision, answer: Answer) -> None:
        """The service says that this is the newest Policy there is."""
        if self._count is None or self._count.revision != revision:
            return
        self._count = _Count(revision, answer.now, int(answer.at.timestamp()))
        self._recount_at = None
        if self._kept_at is None or answer.now - self._kept_at >= KEEP_CONFIRMED_S:
            self._keep(answer)
        self.look(answer)

    def look(self, answer: Answer) -> None:
        """Draw the conclusions from the age of this moment."""
        if self._count is None:
            return
        self._recount(answer)
        before = self._world.policy_old
        steps = self._weigh(answer)
        if steps != self._told:
            self._tell(steps, answer)
        elif self._kept_at is None or answer.now - self._kept_at >= KEEP_AGE_S:
            self._keep(answer)
        if self._world.policy_old != before:
            self._building.refresh(answer)

    def _recount(self, answer: Answer) -> None:
        """Count by the wall clock once it is proved anew: it knows of times when this machine had no power."""
        if self._world.clock_trusted and not self._trusted:
            self._recount_at = answer.now + RECOUNT_S
        self._trusted = self._world.clock_trusted
        if self._recount_at is not None and self._recount_at <= answer.now and self._count is not None:
            self._recount_at = None
            if self._trusted:
                by_date = answer.at.timestamp() - self._count.confirmed
                self._count = replace(self._count, from_s=min(self._count.from_s, answer.now - by_date))

    def _weigh(self, answer: Answer) -> Mapping[DoorClass, int]:
        """The steps that were reached, and with them where the Policy is too old."""
        age_s = self._age_s(answer.now)
        reached = {one: step_of(limit, age_s) for one, limit in self._limits.items()}
        self._world.policy_old = frozenset(one for one, step in reached.items() if is_over(step))
        return {one: step for one, step in reached.items() if step}

    def _tell(self, steps: Mapping[DoorClass, int], answer: Answer) -> None:
        days = int(self._age_s(answer.now) // DAY_S)
        for door_class, step in steps.items():
            if step <= self._told.get(door_class, 0):
                continue
            over, limit = is_over(step), self._limits[door_class]
            answer.record(
                EventCode.POLICY_TOO_OLD if over else EventCode.POLICY_AGEING,
                door_class=door_class.value,
                percent=step,
                days=days,
                limit_days=limit,
                why=_over(door_class, days) if over else _ahead(door_class, days, limit or 0),
            )
        if self._told and not steps:
            answer.record(EventCode.POLICY_CONFIRMED)
        self._told = steps
        self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        if self._count is not None:
            self._kept_at = answer.now
            age_s = self._age_s(answer.now)
            kept = KeptAge(self._count.revision, age_s, answer.now, self._count.confirmed, self._told)
            answer.add(RememberPolicyAge(kept))

    def _age_s(self, now: float) -> float:
        return 0.0 if self._count is None else max(0.0, now - self._count.from_s)

    def status(self, now: float) -> PolicyAgeStatus | None:
        """How old the Policy is, and what that means at each class of doors that has a limit."""
        if self._count is None:
            return None
        age_s = self._age_s(now)
        limits = {one: days for one, days in self._limits.items() if days is not None}
        return PolicyAgeStatus(
            policy_age_s=age_s,
            limits={one.value: days for one, days in limits.items()},
            steps={one.value: step_of(days, age_s) for one, days in limits.items()},
        )


def _ahead(door_class: DoorClass, days: int, limit: int) -> str:
    left = max(1, limit - days)
    when = "In a day" if left == 1 else f"In {left} days"
    return (
        f"{when} whoever has hours is refused at {_WHERE[door_class]}, and timed unlocks end there. "
        "Restore the connection before."
    )


def _over(door_class: DoorClass, days: int) -> str:
    return (
        f"After {days} days whoever has hours is refused at {_WHERE[door_class]} and timed unlocks stay locked there. "
        "Whoever is always admitted still is, responders too, and leaving works. Restore the connection."
    )
