"""What the controller must know after a restart, besides Policy and Orders; the runtime keeps it on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from access_control.core.decision.model import Door, DoorClass, Point, Revision


@dataclass(frozen=True, slots=True)
class KeptAge:
    """How long the Policy of that revision had been unconfirmed.

    Attributes:
        mono_s: At which monotonic second that was; ``None`` if it was in another boot of the machine.
        confirmed: The UTC second of the last confirmation, or else when the Policy was made.
        told: The per cent of the limit that were told already, by door class.
    """

    revision: Revision
    age_s: float
    mono_s: float | None
    confirmed: int
    told: Mapping[DoorClass, int]


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ``Remember*`` commands of earlier runs add up to.

    Attributes:
        passes_used: Used-up visitor passes and the UTC second until which that matters.
        cancelled: Ids of manual unlocks that an emergency ended for good.
        fire_held: Doors that fire commanded when the bridge stopped, as they were wired when it took them.
        fire_inputs: Fire inputs that were active then.
        forced: Doors whose forced alarm stood then, and whether somebody had seen it.
        presses: Panic inputs that were not let go yet, and the directive that each press started; empty for none.
        cycles: How often each output was switched on, by its name.
        storing: Whether the disk takes what must be stored.
        clock_trusted: Whether the wall clock can be believed at this start.
        policy_age: How old the Policy had become.
    """

    passes_used: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    cancelled: frozenset[str] = frozenset()
    fire_held: Mapping[int, Door] = field(default_factory=lambda: MappingProxyType({}))
    clock_trusted: bool = False
    storing: bool = True
    presses: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    policy_age: KeptAge | None = None
    fire_inputs: frozenset[Point] = frozenset()
    forced: Mapping[int, bool] = field(default_factory=lambda: MappingProxyType({}))
    cycles: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
