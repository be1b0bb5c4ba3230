"""The decoded documents and the question put to them.

A :class:`Policy` and :class:`Orders` are what ``core.wire`` makes of signed bytes. Rules work on these and on nothing
else, at the door and in the console alike. Doors, readers, boards, levels and holders are small integers, unique in the
site and never reused. Seconds are UTC seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from access_control.core.decision.building import (
    LONGEST_PULSE_S,
    Board,
    DeviceKind,
    Door,
    DoorClass,
    DoorTiming,
    FireAction,
    Lock,
    LockKind,
    Point,
    Reader,
    RelockMode,
    Timetable,
    UnlockWhen,
)
from access_control.core.decision.inputs import AlarmInput, InputKind, InputNormal

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping
    from datetime import datetime

    from access_control.core.credentials.bits import Bits
    from access_control.core.decision.emergency import DirectiveSet
    from access_control.core.decision.reasons import Reason

# The building's records are read together with these, so they can be imported from here too.
__all__ = [
    "LONGEST_PULSE_S",
    "AlarmInput",
    "BadgeStatus",
    "Board",
    "Credentials",
    "Decision",
    "DeviceKind",
    "Door",
    "DoorClass",
    "DoorTiming",
    "EmergencyAction",
    "EmergencyRules",
    "Facts",
    "FireAction",
    "HolderClass",
    "Holders",
    "InputKind",
    "InputNormal",
    "Known",
    "Lock",
    "LockKind",
    "Orders",
    "Override",
    "OverrideEffect",
    "PassRevocation",
    "Point",
    "Policy",
    "Read",
    "Reader",
    "RelockMode",
    "Revision",
    "Step",
    "Timetable",
    "UnlockWhen",
]


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


class HolderClass(StrEnum):
    """What kind of person a badge belongs to."""

    STUDENT = "student"
    STAFF = "staff"
    VISITOR = "visitor"
    CONTRACTOR = "contractor"
    RESPONDER = "responder"


class BadgeStatus(StrEnum):
    """Whether a badge still counts; anything but ``ACTIVE`` is refused with a reason of its own."""

    ACTIVE = "active"
    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    DESTROYED = "destroyed"
    DISABLED = "disabled"
    SUSPENDED = "suspended"
    UNASSIGNED = "unassigned"


class EmergencyAction(StrEnum):
    """The five actions of the Standard Response Protocol (docs/decisions.md, Emergencies)."""

    HOLD = "hold"
    SECURE = "secure"
    LOCKDOWN = "lockdown"
    EVACUATE = "evacuate"
    SHELTER = "shelter"


class Known(Enum):
    """A fact that only the caller can tell; each rule says what it makes of ``UNKNOWN``."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Holders:
    """Cardholders as columns; a row number stands for a person inside this Policy only.

    ``refs`` are the opaque numbers that events carry. ``level_sets`` holds row numbers of :attr:`Policy.level_sets`.
    ``pins`` maps a row to HMAC-SHA-256(digest key, ref as 8 bytes big-endian + PIN digits), 16 bytes.
    ``valid_from`` and ``valid_until`` are seconds, ``[from, until)``. ``releasers`` are the rows of those who may be
    one of the two that end an emergency at a marked reader.
    """

    refs: array[int]
    classes: tuple[HolderClass, ...]
    level_sets: array[int]
    active: bytes
    extended: bytes
    valid_from: array[int]
    valid_until: array[int]
    pins: Mapping[int, bytes] = field(default_factory=_nothing)
    releasers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Badges as columns. ``rows`` finds one by :func:`core.credentials.canonical.digest` of its canonical key."""

    rows: Mapping[bytes, int]
    holders: array[int]
    status: tuple[BadgeStatus, ...]
    valid_from: array[int]
    valid_until: array[int]


@dataclass(frozen=True, slots=True)
class EmergencyRules:
    """What a school chose for each action; the defaults are in ``core.decision.emergency``.

    ``admitted`` names the classes whose cards still work, for each action and door class. Responders are admitted
    everywhere whatever it says. A missing entry admits nobody else.
    """

    admitted: Mapping[tuple[EmergencyAction, DoorClass], frozenset[HolderClass]]
    lockdown_locks_perimeter: bool = True
    drill_moves_doors: bool = True


@dataclass(frozen=True, slots=True)
class Revision:
    """A document's place in its order; epochs come first."""

    epoch: int
    n: int

    def __lt__(self, other: Revision) -> bool:
        """Whether this one is older."""
        return (self.epoch, self.n) < (other.epoch, other.n)


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """What a bridge seals its devices' keys to, so that they outlive it; only the school's passphrase opens that.

    Attributes:
        public: An X25519 public key, 32 bytes.
        salt: 16 bytes that go into Argon2id with the passphrase.
        memory_kib: How much memory Argon2id takes, in KiB.
        passes: How often it goes through that.
        lanes: In how many lanes.
    """

    public: bytes
    salt: bytes
    memory_kib: int
    passes: int
    lanes: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a bridge needs to decide by itself for weeks.

    Attributes:
        site: The site's UUID as text.
        site_code: The site as visitor passes name it, 32 bits.
        bridge: The bridge's UUID as text; a Policy is for one bridge.
        horizon: Until when timetables are worked out; past it timed levels deny and scheduled unlocks stay locked.
        digest_key: The bridge's HMAC key, kept beside the document and never inside it.
        grants: For each door, the levels that open it and when.
        denials: For each door, the levels that forbid it and when; these come first.
        level_sets: The combinations of levels that people hold.
        pass_keys: Ed25519 public keys that sign visitor passes, by key id.
        pass_groups: The doors of each door group that a pass can name.
        scopes: What a directive's symbolic scope means now, as doors.
        neighbour_keys: Ed25519 public keys of other bridges, by their UUID, with the scopes they may raise.
        inputs: Alarm inputs by their id: panic buttons, mains, batteries, tampering.
        neighbour_addresses: Where those of them listen that do, as ``host:port``.
        release_codes: Digests of the single-use codes that end an emergency at this bridge's own doors.
        age_limits: For how many days the bridge may use this Policy without hearing that it still holds, by door class;
            a class that is not named has no limit.
        recovery: What devices' keys are sealed to; ``None`` before the school has a recovery passphrase.
    """

    site: str
    site_code: int
    bridge: str
    revision: Revision
    made_at: datetime
    horizon: int
    digest_key: bytes
    doors: Mapping[int, Door]
    readers: Mapping[int, Reader]
    boards: Mapping[int, Board]
    grants: Mapping[int, Mapping[int, Timetable]]
    denials: Mapping[int, Mapping[int, Timetable]]
    level_sets: tuple[tuple[int, ...], ...]
    holders: Holders
    credentials: Credentials
    emergency_rules: EmergencyRules
    pass_keys: Mapping[int, bytes] = field(default_factory=_nothing)
    pass_groups: Mapping[int, frozenset[int]] = field(default_factory=_nothing)
    scopes: Mapping[str, frozenset[int]] = field(default_factory=_nothing)
    neighbour_keys: Mapping[str, tuple[bytes, tuple[str, ...]]] = field(default_factory=_nothing)
    inputs: Mapping[int, AlarmInput] = field(default_factory=_nothing)
    neighbour_addresses: Mapping[str, str] = field(default_factory=_nothing)
    release_codes: frozenset[bytes] = frozenset()
    age_limits: Mapping[DoorClass, int] = field(default_factory=_nothing)
    recovery: RecoveryKey | None = None
    opening_levels: frozenset[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Gather the levels that open any door at all, so that a refusal need not walk the doors."""
        object.__setattr__(self, "opening_levels", frozenset().union(*self.grants.values()))


class PassRevocation(StrEnum):
    """Why a visitor pass is dead before its time."""

    SIGNED_OUT = "signed_out"
    CANCELLED = "cancelled"


class OverrideEffect(StrEnum):
    """What an operator's override does to a door."""

    LOCK = "lock"
    UNLOCK = "unlock"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Override:
    """An operator's standing order for one door; unlocking ones always expire."""

    id: str
    door: int
    effect: OverrideEffect
    by: str
    why: str
    expires: int | None


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders in force at one bridge: the last document merged with what it heard and kept itself."""

    revision: Revision
    directives: DirectiveSet
    overrides: tuple[Override, ...] = ()
    revoked: Mapping[bytes, BadgeStatus] = field(default_factory=_nothing)
    revoked_passes: Mapping[int, PassRevocation] = field(default_factory=_nothing)
    overrides_at: Mapping[int, tuple[Override, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort overrides by door once, so that a read looks at its own door's only."""
        doors = {override.door for override in self.overrides}
        sorted_out = {door: tuple(o for o in self.overrides if o.door == door) for door in doors}
        object.__setattr__(self, "overrides_at", MappingProxyType(sorted_out))


@dataclass(frozen=True, slots=True)
class Read:
    """What somebody presented at a reader: card bits or scanned text, and perhaps a PIN typed with it."""

    reader: int
    bits: Bits | None = None
    text: str | None = None
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the bridge can know. Every field has *unknown*; ``docs/decisions.md`` says what each rule makes of it.

    Attributes:
        clock_trusted: Whether ``at`` has been proved by the service or by the same boot.
        fire_at_door: Whether the door's fire input is active or latched.
        room_locked: Whether someone inside locked this room by its button.
        pass_used: Whether this single-entry pass has opened its door before.
        pass_use_kept: Whether the bridge can store now that a pass was used.
        pass_repeat: Whether this is the same pass at the same reader within 5 s of being admitted.
        locked_out: Whether the reader pauses after too many refusals.
        pin_paused: Whether this person's PIN pauses after too many wrong ones, at whatever reader.
        policy_old: Whether the Policy is older than the school lets it get at doors of this class.
    """

    clock_trusted: Known = Known.UNKNOWN
    fire_at_door: Known = Known.UNKNOWN
    room_locked: Known = Known.UNKNOWN
    pass_used: Known = Known.UNKNOWN
    pass_use_kept: Known = Known.UNKNOWN
    pass_repeat: Known = Known.UNKNOWN
    locked_out: Known = Known.UNKNOWN
    pin_paused: Known = Known.UNKNOWN
    policy_old: Known = Known.UNKNOWN


QUIET: Final = Facts(
    clock_trusted=Known.YES,
    fire_at_door=Known.NO,
    room_locked=Known.NO,
    pass_used=Known.NO,
    pass_use_kept=Known.YES,
    pass_repeat=Known.NO,
    locked_out=Known.NO,
    pin_paused=Known.NO,
    policy_old=Known.NO,
)
"""A day on which everything is known and nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was applied: its name in ``docs/decisions.md``, whether it let the read pass, and what it saw."""

    rule: str
    passed: bool
    saw: str


class Decision(NamedTuple):
    """The verdict on one read. A tuple: one is made for each read, and a frozen dataclass takes six times as long.

    Attributes:
        holder_ref: Who it was, if the credential is known.
        credential: The credential's canonical key digest, if it could be read.
        unlock_s: How long to unlock when granted, else 0.
        extended: Whether the holder's longer times apply, for unlocking and for the held-open alarm.
        despite_lock: A higher slot locks the door and this grant is permitted all the same (slot 3).
        pass_id: The visitor pass that was presented, if any.
        trace: The rules in the order they were applied; filled only when asked for.
    """

    granted: bool
    reason: Reason
    door: int | None = None
    holder_ref: int | None = None
    holder_class: HolderClass | None = None
    credential: bytes | None = None
    unlock_s: float = 0.0
    extended: bool = False
    despite_lock: bool = False
    pin_wanted: bool = False
    pass_id: int | None = None
    trace: tuple[Step, ...] = ()
