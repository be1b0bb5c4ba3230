"""What the controller must know after a restart, besides Policy and Orders; the runtime keeps it on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ``Remember*`` commands of earlier runs add up to.

    Attributes:
        passes_used: Used-up visitor passes and the UTC second until which that matters.
        cancelled: Ids of manual unlocks that an emergency ended for good.
        fire_held: Doors that fire commanded when the bridge stopped.
        clock_trusted: Whether the wall clock can be believed at this start.
    """

    passes_used: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    cancelled: frozenset[str] = frozenset()
    fire_held: frozenset[int] = frozenset()
    clock_trusted: bool = False
