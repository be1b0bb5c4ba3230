"""What the rules hand on to each other while one read is decided, and the shape of a rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from access_control.core.decision.building import DoorClass, Timetable
from access_control.core.decision.model import Known
from access_control.core.decision.policy_age import too_old
from access_control.core.decision.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from access_control.core.credentials.canonical import Credential
    from access_control.core.credentials.passes import SignedPass
    from access_control.core.decision.building import Door, Reader
    from access_control.core.decision.model import Facts, HolderClass, Orders, Policy, Read

# As in the rules: looking a member up on its enum costs as much as a whole rule.
_YES, _NO = Known.YES, Known.NO


@dataclass(slots=True)
class Case:
    """One read on its way through the rules. A rule may use what the rules before it have filled in.

    Attributes:
        second: The instant of the read, UTC seconds.
        clock_trusted: Whether that instant is proved; not knowing it counts as not proved.
        past_horizon: Whether timetables have not been worked out for this instant.
        row: The badge's row in :attr:`Policy.credentials`.
        holder: The holder's row in :attr:`Policy.holders`.
        levels: The access levels that the holder has.
        responder: Police, fire or medical service: they pass wherever the door's hardware allows it.
        despite_lock: Something locks the door that this holder may pass all the same.
    """

    policy: Policy
    orders: Orders
    read: Read
    facts: Facts
    second: int
    clock_trusted: bool
    past_horizon: bool
    reader: Reader = field(init=False)
    door: Door = field(init=False)
    credential: Credential = field(init=False)
    row: int = field(init=False)
    holder: int = field(init=False)
    levels: tuple[int, ...] = field(init=False)
    signed: SignedPass = field(init=False)
    door_id: int | None = None
    digest: bytes | None = None
    holder_ref: int | None = None
    holder_class: HolderClass | None = None
    extended: bool = False
    pass_id: int | None = None
    pin_wanted: bool = False
    responder: bool = False
    despite_lock: bool = False

    @property
    def exterior(self) -> bool:
        """Whether the door leads outside, where doubt is answered with a refusal."""
        return self.door.door_class is DoorClass.EXTERIOR

    @property
    def outlived(self) -> Reason | None:
        """Why timed levels do not open this door any more: their hours end, or nobody has confirmed them for too long.

        Until the horizon what forbids or asks for more at some hours goes on by these, however old the Policy is: what
        *always* opens shall not be refused by surprise.
        """
        if self.past_horizon:
            return Reason.DENIED_PAST_HORIZON
        old = self.facts.policy_old
        if old is _YES or (old is not _NO and self.clock_trusted and self._old_by_its_date()):
            return Reason.DENIED_POLICY_OLD
        return None

    def _old_by_its_date(self) -> bool:
        """What is known of the age by whoever has not counted it: the Policy held when it was made."""
        limit = self.policy.age_limits.get(self.door.door_class)
        return limit is not None and too_old(limit, self.second - self.policy.made_at.timestamp())

    def doubtful(self, times: Timetable) -> bool:
        """Whether a timetable cannot be judged now, because of the clock or the horizon."""
        return bool(times.starts) and (self.past_horizon or not self.clock_trusted)


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of a decision.

    Attributes:
        name: As docs/decisions.md and the trace call it.
        check: The reason to refuse, or ``None`` to go on. It may raise on documents that do not fit together.
        saw: For the trace: what the rule looked at, in a few words, without numbers of cards.
    """

    name: str
    check: Callable[[Case], Reason | None]
    saw: Callable[[Case], str]
