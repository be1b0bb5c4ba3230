"""What a service fills in to have a Policy made: plain rows, in any order, with card numbers and PINs in the clear."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import (
    AlarmInput,
    BadgeStatus,
    Board,
    Door,
    DoorClass,
    EmergencyRules,
    HolderClass,
    Reader,
    RecoveryKey,
    Revision,
    Timetable,
)
from access_control.core.wire.strict import FOREVER


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may hold badges. ``ref`` is an opaque number; ``[valid_from, valid_until)`` are UTC seconds.

    ``may_release`` says that they may be one of the two who end an emergency at a marked reader.
    """

    ref: int
    holder_class: HolderClass
    levels: Collection[int] = ()
    active: bool = True
    extended: bool = False
    valid_from: int = 0
    valid_until: int = FOREVER
    pin: str | None = None
    may_release: bool = False


@dataclass(frozen=True, slots=True)
class Badge:
    """A credential and the ``ref`` of the person who holds it."""

    credential: Credential
    person: int
    status: BadgeStatus = BadgeStatus.ACTIVE
    valid_from: int = 0
    valid_until: int = FOREVER


@dataclass(frozen=True, slots=True)
class Level:
    """An access level: which doors it opens and when, which it forbids and when. Its name stays with the service."""

    id: int
    grants: Mapping[int, Timetable] = field(default_factory=dict)
    denials: Mapping[int, Timetable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """Everything one bridge shall know.

    Attributes:
        emergency_rules: ``None`` takes the defaults of ``core.decision.emergency``.
        scopes: What each symbolic scope means as doors; ``site`` is added and always means every door.
        age_limits: Days for which the Policy may be used unconfirmed, by door class; no limit where none is named.
    """

    site: str
    site_code: int
    bridge: str
    revision: Revision
    made_at: datetime
    horizon: int
    doors: Iterable[Door] = ()
    readers: Iterable[Reader] = ()
    boards: Iterable[Board] = ()
    inputs: Iterable[AlarmInput] = ()
    levels: Iterable[Level] = ()
    people: Iterable[Person] = ()
    badges: Iterable[Badge] = ()
    emergency_rules: EmergencyRules | None = None
    pass_keys: Mapping[int, bytes] = field(default_factory=dict)
    pass_groups: Mapping[int, Collection[int]] = field(default_factory=dict)
    scopes: Mapping[str, Collection[int]] = field(default_factory=dict)
    neighbour_keys: Mapping[str, tuple[bytes, Collection[str]]] = field(default_factory=dict)
    neighbour_addresses: Mapping[str, str] = field(default_factory=dict)
    release_codes: Collection[bytes] = ()
    age_limits: Mapping[DoorClass, int] = field(default_factory=dict)
    recovery: RecoveryKey | None = None
