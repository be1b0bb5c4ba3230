"""Emergency directives as a two-phase set, and what each action does to a door and to a card."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from access_control.core.decision.model import EmergencyAction


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
    """Every directive and release ever received. It only grows, and merging is union, so order never matters."""

    directives: Mapping[str, Directive] = field(default_factory=lambda: MappingProxyType({}))
    releases: Mapping[str, Release] = field(default_factory=lambda: MappingProxyType({}))
