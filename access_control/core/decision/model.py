"""The decoded documents and the question put to them.

A :class:`Policy` and :class:`Orders` are what ``core.wire`` makes of signed bytes. Rules work on these and on nothing
else, at the door and in the console alike. Doors, readers, boards, levels and holders are small integers, unique in the
site and never reused. Seconds are UTC seconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping
    from datetime import datetime

    from access_control.core.credentials.bits import Bits
    from access_control.core.decision.emergency import DirectiveSet
    from access_control.core.decision.reasons import Reason


class DoorClass(StrEnum):
    """What kind of place a door guards."""

    EXTERIOR = "exterior"
    INTERIOR = "interior"
    ROOM = "room"


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


class FireAction(StrEnum):
    """What the fire input does to one door's lock."""

    RELEASE = "release"
    RELATCH = "relatch"
    NONE = "none"


class LockKind(StrEnum):
    """The lock's hardware; it decides which fire actions are possible."""

    STRIKE = "strike"
    MAGLOCK = "maglock"
    LOCKSET = "lockset"
    LATCH_RETRACTION = "latch_retraction"


class UnlockWhen(StrEnum):
    """Which relay state unlocks: the wiring decides the polarity."""

    RELAY_ON = "relay_on"
    RELAY_OFF = "relay_off"


class RelockMode(StrEnum):
    """When a momentary unlock ends."""

    ON_OPEN = "on_open"
    ON_CLOSE = "on_close"
    TIMER = "timer"


class Known(Enum):
    """A fact that only the caller can tell; each rule says what it makes of ``UNKNOWN``."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class DeviceKind(StrEnum):
    """Which table of Policy a :class:`Point` points into."""

    READER = "reader"
    BOARD = "board"


@dataclass(frozen=True, slots=True)
class Point:
    """One input or output of one device, counted from 0. Inputs and outputs are counted apart."""

    kind: DeviceKind
    device: int
    index: int

    def __str__(self) -> str:
        """Write it as installers do: ``board 1.3``."""
        return f"{self.kind} {self.device}.{self.index}"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When something applies: always, or in UTC spans ``[start, end)`` that are sorted and do not touch."""

    always: bool = False
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def covers(self, second: int) -> bool:
        """Whether ``second`` lies inside."""
        if self.always:
            return True
        i = bisect_right(self.starts, second) - 1
        return i >= 0 and second < self.ends[i]

    def next_edge(self, second: int) -> int | None:
        """The first second after ``second`` at which the answer of :meth:`covers` changes, if there is one."""
        if self.always:
            return None
        i = bisect_right(self.starts, second)
        if i and second < self.ends[i - 1]:
            return self.ends[i - 1]
        return self.starts[i] if i < len(self.starts) else None


@dataclass(frozen=True, slots=True)
class DoorTiming:
    """A door's timers. Defaults and meanings: docs/decisions.md, Timers."""

    unlock_s: float = 5.0
    extended_unlock_s: float = 20.0
    held_open_s: float = 30.0
    extended_held_open_s: float = 60.0
    pre_alarm_s: float = 10.0
    rex_shunt_s: float = 15.0
    rex_unlock_s: float = 30.0
    relock: RelockMode = RelockMode.ON_OPEN
    relock_delay_s: float = 0.5
    forced_grace_s: float = 0.5
    debounce_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock and where its relay sits.

    ``secure_side`` says that the relay is out of reach from the unsecured side; ``bench_override`` is the written
    reason for accepting one that is not. ``fire_input`` is the input that reports the fire panel's contact.
    """

    kind: LockKind
    output: Point
    unlock_when: UnlockWhen = UnlockWhen.RELAY_ON
    fire_rated: bool = False
    fire_action: FireAction = FireAction.NONE
    fire_manual_reset: bool = False
    fire_input: Point | None = None
    rex_unlocks: bool = False
    secure_side: bool = True
    bench_override: str | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """A door as it is built: its class, lock, inputs and timers.

    Attributes:
        number: What is painted on the frame; responders use it.
        scheduled_unlock: When the door stands unlocked for everybody.
        evacuate_unlock: Evacuate unlocks it (interior doors only).
        contact: Active means open.
        rex: Active means that someone is leaving.
        latch: Active means that the latch is *not* thrown.
    """

    id: int
    number: str
    name: str
    door_class: DoorClass
    lock: Lock
    contact: Point | None = None
    rex: Point | None = None
    latch: Point | None = None
    timing: DoorTiming = field(default_factory=DoorTiming)
    scheduled_unlock: Timetable = field(default_factory=Timetable)
    evacuate_unlock: bool = False
    out_of_service: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader at a door: where it sits on the line and what it may hand over.

    Attributes:
        port: The name of a serial port in the bridge's own settings.
        formats: Accepted card formats by name, in the order they are tried (several may share a length).
        facility_codes: Accepted facility codes; empty accepts any.
        copyable: The formats that anyone with a cloner can copy at this reader's technology.
        pin_times: When a PIN is asked for besides the card.
        takes_passes: Whether scanned visitor passes are decided here.
    """

    id: int
    name: str
    door: int
    port: str
    address: int
    formats: tuple[str, ...]
    facility_codes: frozenset[int] = frozenset()
    copyable: frozenset[str] = frozenset()
    pin_times: Timetable = field(default_factory=Timetable)
    takes_passes: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Board:
    """A Modbus RTU relay and input board."""

    id: int
    name: str
    port: str
    address: int
    outputs: int
    inputs: int


@dataclass(frozen=True, slots=True)
class Holders:
    """Cardholders as columns; a row number stands for a person inside this Policy only.

    ``refs`` are the opaque numbers that events carry. ``level_sets`` holds row numbers of :attr:`Policy.level_sets`.
    ``pins`` maps a row to HMAC-SHA-256(digest key, ref as 8 bytes big-endian + PIN digits), 16 bytes.
    ``valid_from`` and ``valid_until`` are seconds, ``[from, until)``.
    """

    refs: array[int]
    classes: tuple[HolderClass, ...]
    level_sets: array[int]
    active: bytes
    extended: bytes
    valid_from: array[int]
    valid_until: array[int]
    pins: Mapping[int, bytes] = MappingProxyType({})


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
    pass_keys: Mapping[int, bytes] = MappingProxyType({})
    pass_groups: Mapping[int, frozenset[int]] = MappingProxyType({})
    scopes: Mapping[str, frozenset[int]] = MappingProxyType({})
    neighbour_keys: Mapping[str, tuple[bytes, tuple[str, ...]]] = MappingProxyType({})


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
    revoked: Mapping[bytes, BadgeStatus] = MappingProxyType({})
    revoked_passes: Mapping[int, PassRevocation] = MappingProxyType({})


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
        pass_repeat: Whether this is the same pass at the same reader within 5 s of being admitted.
        locked_out: Whether the reader pauses after too many refusals.
    """

    clock_trusted: Known = Known.UNKNOWN
    fire_at_door: Known = Known.UNKNOWN
    room_locked: Known = Known.UNKNOWN
    pass_used: Known = Known.UNKNOWN
    pass_repeat: Known = Known.UNKNOWN
    locked_out: Known = Known.UNKNOWN


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was applied: its name in ``docs/decisions.md``, whether it let the read pass, and what it saw."""

    rule: str
    passed: bool
    saw: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one read.

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
