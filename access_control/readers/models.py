"""Tables of the site: what is built, who may pass when, and what bridges were told and said.

Doors, readers, boards, levels, buildings and zones are small integers, unique in the site and never reused, because
documents and events name them by these numbers.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access_control.core.decision.model import (
    BadgeStatus,
    DoorClass,
    FireAction,
    LockKind,
    RelockMode,
    UnlockWhen,
)
from access_control.database.tables import UUID_TEXT, Table, word

_NEVER_REUSED = {"sqlite_autoincrement": True}


class Site(Table):
    """The school.

    Attributes:
        code: The site as visitor passes name it, 32 bits.
        kind: "Elementary School" and the like, shown below the name.
        timezone: IANA name; one for the whole site.
        epoch: Of every revision published; a restore raises it.
        restored_at: When it was last noticed, or said, that the database had been put back from an older copy.
        keys_sealed: The key statement last issued, the exact bytes, under the number ``keys_n``.
        tls_current: SHA-256 of the TLS public key in use, and ``tls_next`` of the one that follows.
        demo: Made up by the demo; ``serve`` refuses such a database and the demo refuses any other.
        settings: What the school chose: ``lockdown_locks_perimeter``, ``drill_moves_doors``, ``pass_hours``,
            ``proof_limit_s`` and others; missing means the default in :mod:`access_control.readers.settings`.
    """

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    code: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(40), default="")
    kind: Mapped[str] = mapped_column(String(80), default="")
    timezone: Mapped[str] = mapped_column(String(60))
    epoch: Mapped[int] = mapped_column(BigInteger, default=1)
    restored_at: Mapped[datetime | None]
    keys_n: Mapped[int] = mapped_column(BigInteger, default=0)
    keys_sealed: Mapped[bytes | None]
    tls_current: Mapped[bytes | None]
    tls_next: Mapped[bytes | None]
    demo: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class Building(Table):
    """A building; ``building:N`` as a scope."""

    __tablename__ = "building"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(80))


class Zone(Table):
    """A part of a building; ``zone:N`` as a scope."""

    __tablename__ = "zone"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))


class BridgeState(StrEnum):
    """How far a bridge has come. Only a confirmed one gets documents."""

    INVITED = "invited"
    ENROLLED = "enrolled"
    CONFIRMED = "confirmed"
    REVOKED = "revoked"


class Bridge(Table):
    """The machine that runs the doors of one building.

    Attributes:
        public_key: Its own Ed25519 key, 32 bytes, from enrolment on.
        digest_key_sealed: The key of its digests, encrypted with the school's sealing key.
        code_digest: SHA-256 of the one-time enrolment code while it is good, until ``code_until``.
        policy_n: The revision number last published; the epoch is the site's at that time. Orders likewise.
        policy_stale: Something that the Policy holds has changed since; a rebuild is due.
        status: The newest Status as it came (:mod:`access_control.readers.status`), ``status_at`` when.
        in_force: Revisions that the bridge says are in force: ``policy``, ``orders``, ``keys`` as ``epoch/n``.
        instance: The process that has the session, told apart from a second one with the same identity; heard last at
            ``instance_at``.
        rival_at: When another process asked for the session that this one has, until this one is heard again.
        duplicate_at: When two processes with this identity were last proved to run at the same time.
        neighbour_address: Where its neighbours reach it, as ``host:port``; what it said last.
        neighbour_address_set: The same as a person wrote it down, which counts instead; ``neighbour_version`` counts
            how often that was changed.
    """

    __tablename__ = "bridge"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[BridgeState] = mapped_column(word(BridgeState), default=BridgeState.INVITED)
    public_key: Mapped[bytes | None]
    digest_key_sealed: Mapped[bytes | None]
    code_digest: Mapped[bytes | None]
    code_until: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(120))
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    policy_n: Mapped[int] = mapped_column(BigInteger, default=0)
    orders_n: Mapped[int] = mapped_column(BigInteger, default=0)
    policy_stale: Mapped[bool] = mapped_column(default=True)
    policy_error: Mapped[str | None] = mapped_column(Text)
    status: Mapped[dict[str, Any] | None]
    status_at: Mapped[datetime | None]
    in_force: Mapped[dict[str, Any]] = mapped_column(default=dict)
    instance: Mapped[str | None] = mapped_column(UUID_TEXT)
    instance_at: Mapped[datetime | None]
    rival_at: Mapped[datetime | None]
    duplicate_at: Mapped[datetime | None]
    neighbour_address: Mapped[str | None] = mapped_column(String(260))
    neighbour_address_set: Mapped[str | None] = mapped_column(String(260))
    neighbour_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    @property
    def called_at(self) -> str | None:
        """Where its neighbours are told to reach it, as ``host:port``."""
        return self.neighbour_address_set or self.neighbour_address


class PublishedDocument(Table):
    """The exact bytes last published to a bridge, one row a kind; *Why?* decodes these and nothing else."""

    __tablename__ = "published_document"

    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
    n: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes]
    content_digest: Mapped[bytes]
    made_at: Mapped[datetime]


class Door(Table):
    """A door as it is built. Points are written ``board 1.3`` or ``reader 2.0``; times are milliseconds.

    Attributes:
        number: What is painted on the frame.
        bridge_id: The bridge that runs it.
        unlock_schedule_id: When it stands unlocked for everybody.
        timing: Those of :class:`access_control.core.decision.building.DoorTiming` that differ from its defaults, in
            seconds, by name.
    """

    __tablename__ = "door"
    __table_args__ = (UniqueConstraint("building_id", "number"), _NEVER_REUSED)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"), index=True)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id"), index=True)
    bridge_id: Mapped[str | None] = mapped_column(ForeignKey("bridge.id"), index=True)
    number: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
    door_class: Mapped[DoorClass] = mapped_column(word(DoorClass))
    lock_kind: Mapped[LockKind] = mapped_column(word(LockKind), default=LockKind.STRIKE)
    lock_output: Mapped[str] = mapped_column(String(40))
    unlock_when: Mapped[UnlockWhen] = mapped_column(word(UnlockWhen), default=UnlockWhen.RELAY_ON)
    fire_rated: Mapped[bool] = mapped_column(default=False)
    fire_action: Mapped[FireAction] = mapped_column(word(FireAction), default=FireAction.NONE)
    fire_manual_reset: Mapped[bool] = mapped_column(default=False)
    fire_input: Mapped[str | None] = mapped_column(String(40))
    rex_unlocks: Mapped[bool] = mapped_column(default=False)
    secure_side: Mapped[bool] = mapped_column(default=True)
    bench_override: Mapped[str | None] = mapped_column(String(300))
    contact: Mapped[str | None] = mapped_column(String(40))
    rex: Mapped[str | None] = mapped_column(String(40))
    latch: Mapped[str | None] = mapped_column(String(40))
    relock: Mapped[RelockMode] = mapped_column(word(RelockMode), default=RelockMode.ON_OPEN)
    timing: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unlock_schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedule.id"))
    evacuate_unlock: Mapped[bool] = mapped_column(default=False)
    out_of_service: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    building: Mapped[Building] = relationship()
    readers: Mapped[list[Reader]] = relationship(back_populates="door", order_by="Reader.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class Reader(Table):
    """A reader at a door. ``port`` is a name in the bridge's own settings, ``head`` a part of the device there."""

    __tablename__ = "reader"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    port: Mapped[str] = mapped_column(String(40))
    address: Mapped[int]
    formats: Mapped[list[str]]
    facility_codes: Mapped[list[int]] = mapped_column(default=list)
    copyable: Mapped[list[str]] = mapped_column(default=list)
    pin_schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedule.id"))
    takes_passes: Mapped[bool] = mapped_column(default=False)
    takes_releases: Mapped[bool] = mapped_column(default=False)
    head: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    door: Mapped[Door] = relationship(back_populates="readers")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class Board(Table):
    """A relay and input board of a bridge; ``osdp`` for an OSDP module."""

    __tablename__ = "board"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    port: Mapped[str] = mapped_column(String(40))
    address: Mapped[int]
    outputs: Mapped[int]
    inputs: Mapped[int]
    osdp: Mapped[bool] = mapped_column(default=False)
    hardware_pulse: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class Schedule(Table):
    """A weekly pattern by day type. ``always`` is a value of its own and needs no intervals."""

    __tablename__ = "schedule"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    always: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    intervals: Mapped[list[ScheduleInterval]] = relationship(
        cascade="all, delete-orphan", order_by="ScheduleInterval.weekday, ScheduleInterval.start_minute"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class ScheduleInterval(Table):
    """``[start, end)`` in local minutes of a day: on a weekday (0 is Monday), or on every day of a day type.

    ``end_minute`` may be up to 1440; a span over midnight is two intervals.
    """

    __tablename__ = "schedule_interval"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"), index=True)
    weekday: Mapped[int | None]
    day_type_id: Mapped[int | None] = mapped_column(ForeignKey("day_type.id"))
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class DayType(Table):
    """Holiday, early release, exam day: on such a date only intervals of this type apply, not those of the weekday."""

    __tablename__ = "day_type"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)


class CalendarDay(Table):
    """A date that is not a regular day."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    day_type_id: Mapped[int] = mapped_column(ForeignKey("day_type.id"))
    name: Mapped[str] = mapped_column(String(80), default="")

    day_type: Mapped[DayType] = relationship()


class Level(Table):
    """An access level: doors, each with a schedule, that holders may pass (or, with ``deny``, may not)."""

    __tablename__ = "level"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    doors: Mapped[list[LevelDoor]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class LevelDoor(Table):
    """One door of a level."""

    __tablename__ = "level_door"

    level_id: Mapped[int] = mapped_column(ForeignKey("level.id"), primary_key=True)
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"), primary_key=True, index=True)
    deny: Mapped[bool] = mapped_column(primary_key=True, default=False)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id"), index=True)


class PersonLevel(Table):
    """A level held by one person."""

    __tablename__ = "person_level"

    person_ref: Mapped[int] = mapped_column(ForeignKey("cardholder.ref"), primary_key=True)
    level_id: Mapped[int] = mapped_column(ForeignKey("level.id"), primary_key=True, index=True)


class GroupLevel(Table):
    """A level held by everybody in a group."""

    __tablename__ = "group_level"

    group_id: Mapped[int] = mapped_column(ForeignKey("person_group.id"), primary_key=True)
    level_id: Mapped[int] = mapped_column(ForeignKey("level.id"), primary_key=True, index=True)


class Badge(Table):
    """A credential and who holds it. Its number is (format, facility code, card number), never the last alone.

    ``label`` is what is printed on the card. ``canonical`` is :attr:`Credential.key`.
    """

    __tablename__ = "badge"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    person_ref: Mapped[int] = mapped_column(ForeignKey("cardholder.ref"), index=True)
    format: Mapped[str] = mapped_column(String(20))
    facility_code: Mapped[int | None]
    number: Mapped[str] = mapped_column(String(40))
    canonical: Mapped[str] = mapped_column(String(80), unique=True)
    label: Mapped[str] = mapped_column(String(40), default="")
    status: Mapped[BadgeStatus] = mapped_column(word(BadgeStatus), default=BadgeStatus.ACTIVE)
    status_at: Mapped[datetime]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class DoorGroup(Table):
    """Doors of one bridge that a visitor pass can name; ``id`` is what stands in the pass."""

    __tablename__ = "door_group"
    __table_args__ = (_NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    doors: Mapped[list[int]]
