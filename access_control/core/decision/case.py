"""What the rules hand on to each other while one read is decided, and the shape of a rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from access_control.core.decision.building import DoorClass, Timetable

if TYPE_CHECKING:
    from collections.abc import Callable

    from access_control.core.credentials.canonical import Credential
    from access_control.core.credentials.passes import SignedPass
    from access_control.core.decision.building import Door, Reader
    from access_control.core.decision.model import Facts, HolderClass, Orders, Policy, Read
    from access_control.core.decision.reasons import Reason


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
