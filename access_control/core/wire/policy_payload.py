"""The records of a Policy's JSON, field by field as docs/wire-protocol.md lists them.

Few things (doors, readers, boards) are records. Many things (holders, credentials) are columns of equal length.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from access_control.core.decision.model import (
    LONGEST_PULSE_S,
    DeviceKind,
    DoorClass,
    EmergencyAction,
    FireAction,
    HolderClass,
    InputKind,
    InputNormal,
    LockKind,
    RelockMode,
    UnlockWhen,
)
from access_control.core.wire.addresses import Address
from access_control.core.wire.strict import Name, Number, Record, Ref, ScopeName, Second, TimeText, Uuid, Why
from access_control.core.wire.timetables import TimetableRow

PortName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,32}\Z")]
FormatName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,32}\Z")]
Code32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
KeyNumber = Annotated[int, msgspec.Meta(ge=0, le=255)]
Index = Annotated[int, msgspec.Meta(ge=0, le=255)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]
UnlockMillis = Annotated[int, msgspec.Meta(ge=100, le=int(LONGEST_PULSE_S * 1000))]
Days = Annotated[int, msgspec.Meta(ge=1, le=400)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class PointRow(Record, frozen=True):
    """One input or output."""

    kind: DeviceKind
    device: Number
    index: Index


class LockRow(Record, frozen=True):
    """A door's lock."""

    kind: LockKind
    output: PointRow
    unlock_when: UnlockWhen
    fire_rated: bool
    fire_action: FireAction
    fire_manual_reset: bool
    fire_input: PointRow | None
    rex_unlocks: bool
    secure_side: bool
    bench_override: Why | None


class TimingRow(Record, frozen=True):
    """A door's timers in milliseconds."""

    unlock_ms: UnlockMillis
    extended_unlock_ms: UnlockMillis
    held_open_ms: Annotated[int, msgspec.Meta(ge=100, le=3_600_000)]
    extended_held_open_ms: Annotated[int, msgspec.Meta(ge=100, le=3_600_000)]
    pre_alarm_ms: Millis
    rex_shunt_ms: Millis
    rex_unlock_ms: Millis
    relock: RelockMode
    relock_delay_ms: Instant
    forced_grace_ms: Instant
    debounce_ms: Instant


class DoorRow(Record, frozen=True):
    """A door. ``rests_closed`` names its inputs that are active when their loop opens, in this order."""

    id: Number
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    name: Name
    door_class: DoorClass
    lock: LockRow
    contact: PointRow | None
    rex: PointRow | None
    latch: PointRow | None
    rests_closed: Annotated[list[Literal["contact", "rex", "latch"]], msgspec.Meta(max_length=3)]
    timing: TimingRow
    scheduled_unlock: Number
    evacuate_unlock: bool
    out_of_service: bool


class ReaderRow(Record, frozen=True):
    """A reader."""

    id: Number
    name: Name
    door: Number
    port: PortName
    address: Annotated[int, msgspec.Meta(ge=0, le=126)]
    formats: Annotated[list[FormatName], msgspec.Meta(max_length=32)]
    facility_codes: Annotated[list[Code32], msgspec.Meta(max_length=1000)]
    copyable: Annotated[list[FormatName], msgspec.Meta(max_length=32)]
    pin_times: Number
    takes_passes: bool
    takes_releases: bool
    enabled: bool
    head: Annotated[int, msgspec.Meta(ge=0, le=7)]


class BoardRow(Record, frozen=True):
    """A relay and input board; ``osdp`` for one that speaks OSDP."""

    id: Number
    name: Name
    port: PortName
    address: Annotated[int, msgspec.Meta(ge=1, le=247)]
    outputs: Annotated[int, msgspec.Meta(ge=0, le=256)]
    inputs: Annotated[int, msgspec.Meta(ge=0, le=256)]
    osdp: bool
    hardware_pulse: bool


class InputRow(Record, frozen=True):
    """An alarm input; ``action`` and ``scope`` are those of a panic input, ``null`` for the others."""

    id: Number
    name: Name
    kind: InputKind
    point: PointRow
    normal: InputNormal
    action: EmergencyAction | None
    scope: ScopeName | None


class DoorLevels(Record, frozen=True):
    """For one door: levels and, column beside column, their timetables."""

    door: Number
    levels: list[Number]
    timetables: list[Number]


class Pins(Record, frozen=True):
    """Rows of holders that have a PIN, and 16 bytes for each in one base64 text."""

    rows: list[Number]
    digests: str


class HolderColumns(Record, frozen=True):
    """People. ``classes`` has a letter a row, ``active`` and ``extended`` a ``0`` or ``1``.

    ``releasers`` are the rows of those who may be one of two that end an emergency at a marked reader.
    """

    refs: list[Ref]
    classes: str
    level_sets: list[Number]
    active: str
    extended: str
    validities: list[Number]
    pins: Pins
    releasers: list[Number]


class CredentialColumns(Record, frozen=True):
    """Badges, sorted by digest. ``digests`` has 16 bytes a row in one base64 text, ``status`` a letter a row."""

    digests: str
    holders: list[Number]
    status: str
    validities: list[Number]


class AdmittedRow(Record, frozen=True):
    """Whose cards still work at one class of doors during one action."""

    action: EmergencyAction
    door_class: DoorClass
    classes: list[HolderClass]


class EmergencyRow(Record, frozen=True):
    """What the school chose for emergencies."""

    admitted: list[AdmittedRow]
    lockdown_locks_perimeter: bool
    drill_moves_doors: bool


class AgeRow(Record, frozen=True):
    """For how many days the Policy may be used without word that it still holds; ``null`` where there is no limit."""

    exterior: Days | None
    interior: Days | None
    room: Days | None


class PassKeyRow(Record, frozen=True):
    """A key that signs visitor passes."""

    id: KeyNumber
    key: str


class GroupRow(Record, frozen=True):
    """A group of doors that a pass can name."""

    id: Code32
    doors: str


class ScopeRow(Record, frozen=True):
    """What a symbolic scope means."""

    scope: ScopeName
    doors: str


class BridgeKeyRow(Record, frozen=True):
    """A bridge, its key, and the scopes it may raise."""

    bridge: Uuid
    key: str
    scopes: list[ScopeName]


class NeighbourRow(Record, frozen=True):
    """Another bridge, its key, the scopes it may raise, and where it listens for its neighbours, if it does."""

    bridge: Uuid
    key: str
    scopes: list[ScopeName]
    address: Address | None


class RecoveryRow(Record, frozen=True):
    """What devices' keys are sealed to, and how a passphrase becomes the key that opens it."""

    key: str
    salt: str
    memory_kib: Annotated[int, msgspec.Meta(ge=8 * 1024, le=256 * 1024)]
    passes: Annotated[int, msgspec.Meta(ge=1, le=16)]
    lanes: Annotated[int, msgspec.Meta(ge=1, le=8)]


class PolicyPayload(Record, frozen=True):
    """A whole Policy."""

    site: Uuid
    site_code: Code32
    bridge: Uuid
    epoch: Ref
    n: Ref
    made_at: TimeText
    horizon: Second
    digest_check: str
    timetables: list[TimetableRow]
    doors: list[DoorRow]
    readers: list[ReaderRow]
    boards: list[BoardRow]
    inputs: list[InputRow]
    levels: list[Number]
    grants: list[DoorLevels]
    denials: list[DoorLevels]
    level_sets: list[list[Number]]
    validities: list[tuple[Second, Second]]
    holders: HolderColumns
    credentials: CredentialColumns
    emergency: EmergencyRow
    age_days: AgeRow
    pass_keys: list[PassKeyRow]
    pass_groups: list[GroupRow]
    scopes: list[ScopeRow]
    neighbours: list[NeighbourRow]
    release_codes: str
    recovery: RecoveryRow | None
