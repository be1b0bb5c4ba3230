"""Tables of what goes out to bridges (emergencies, overrides, revocations, actions) and what comes back (events).

Only ``readers/orders.py`` and its neighbours write these; visitors and emergency call them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access_control.core.decision.model import BadgeStatus, EmergencyAction, OverrideEffect, PassRevocation
from access_control.core.wire.actions import ActionKind
from access_control.database.tables import UUID_TEXT, Table, word


class DirectiveRow(Table):
    """A directive, raised here or at a bridge, as its exact signed bytes (several when it names very many doors).

    Attributes:
        doors: The doors that it meant when it was raised, sorted.
        confirmed: Bridge UUIDs that said they hold its full release, so that it may leave Orders.
        ended_at: When a release covered all of it.
        press_s: How long before ``started_at`` the control was let fire; milliseconds on the board count from the end
            of the press.
    """

    __tablename__ = "directive"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    action: Mapped[EmergencyAction] = mapped_column(word(EmergencyAction))
    scope: Mapped[str] = mapped_column(String(60))
    doors: Mapped[list[int]]
    origin: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    drill: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime] = mapped_column(index=True)
    sealed: Mapped[list[str]]
    confirmed: Mapped[list[str]] = mapped_column(default=list)
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    left_orders_at: Mapped[datetime | None]


class ReleaseRow(Table):
    """The signed end of a directive; ``doors`` is ``null`` for all of them."""

    __tablename__ = "release"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    directive_id: Mapped[str] = mapped_column(ForeignKey("directive.id"), index=True)
    doors: Mapped[list[int] | None]
    origin: Mapped[str] = mapped_column(String(60))
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    second: Mapped[str | None] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    sealed: Mapped[str] = mapped_column(Text)


class ReleaseOwed(Table):
    """A bridge that has to be told of the end of a directive whatever its doors, until it proves that it knows.

    It holds the directive, from a neighbour or from before its doors went elsewhere; or it is a new machine, to which
    somebody may tell a directive that ended long ago.
    """

    __tablename__ = "release_owed"

    directive_id: Mapped[str] = mapped_column(ForeignKey("directive.id"), primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True, index=True)


class ReleaseCode(Table):
    """One of the single-use codes that end an emergency at a bridge's own doors; only its digest is kept.

    Attributes:
        number: As printed beside it, from 1.
        digest: Under the bridge's digest key, as Policy has it.
        made_by: The account that made it.
        replaced_at: When newer codes took its place; it is worth nothing once the bridge has that Policy.
        used_at: When a release was made with it, and ``used_by`` who gave it, as the bridge says.
    """

    __tablename__ = "release_code"

    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    number: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    replaced_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    used_by: Mapped[str | None] = mapped_column(String(100))


class OverrideRow(Table):
    """An operator's standing order for one door; an unlock always ends by itself."""

    __tablename__ = "override"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"), index=True)
    effect: Mapped[OverrideEffect] = mapped_column(word(OverrideEffect))
    by: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(300))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class Revocation(Table):
    """A badge that is dead; in each bridge's Orders until that bridge proves a Policy that does not grant it."""

    __tablename__ = "revocation"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    badge_id: Mapped[str] = mapped_column(ForeignKey("badge.id"), index=True)
    canonical: Mapped[str] = mapped_column(String(80))
    status: Mapped[BadgeStatus] = mapped_column(word(BadgeStatus))
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class RevocationAt(Table):
    """One revocation at one bridge: ``orders_n`` carries it, ``confirmed_at`` when those were in force.

    ``done_at``: a Policy without the badge is in force there, so it left that bridge's Orders.
    """

    __tablename__ = "revocation_at"

    revocation_id: Mapped[str] = mapped_column(ForeignKey("revocation.id"), primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), primary_key=True, index=True)
    epoch: Mapped[int | None] = mapped_column(BigInteger)
    orders_n: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class PassRevocationRow(Table):
    """A visitor pass that is dead before its time; leaves Orders 24 h after ``expires_at``."""

    __tablename__ = "pass_revocation"

    pass_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    why: Mapped[PassRevocation] = mapped_column(word(PassRevocation))
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), index=True)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ActionRow(Table):
    """A momentary command to a bridge and what came of it."""

    __tablename__ = "action"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), index=True)
    kind: Mapped[ActionKind] = mapped_column(word(ActionKind))
    target: Mapped[int | None]
    by: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(300), default="")
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    sealed: Mapped[bytes]
    fetched_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    outcome_at: Mapped[datetime | None]


class EventRow(Table):
    """One event of a bridge, or of the service itself (then ``bridge_id`` is the site's UUID)."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_at", "at"),
        Index("ix_event_door_at", "door_id", "at"),
        Index("ix_event_holder_at", "holder_ref", "at"),
    )

    bridge_id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    stream: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[str] = mapped_column(UUID_TEXT)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(10))
    door_id: Mapped[int | None]
    reader_id: Mapped[int | None]
    holder_ref: Mapped[int | None] = mapped_column(BigInteger)
    drill: Mapped[bool]
    flagged: Mapped[bool]
    detail: Mapped[dict[str, Any]]


class StreamPosition(Table):
    """How far one bridge's stream has been taken: up to ``seq`` all is here, but for what :class:`EventGap` names.

    ``unsent_to`` is there once the bridge writes another stream, or has to: how far it said that this one goes, or as
    far as it was taken where what comes after that is sent in another one.
    """

    __tablename__ = "stream_position"

    bridge_id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    stream: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    unsent_to: Mapped[int | None] = mapped_column(BigInteger)


class EventGap(Table):
    """Numbers of a stream that never came and that no fold or drop explains: one row for each unbroken run of them.

    Attributes:
        from_seq: The first missing number, and ``to_seq`` the last.
        sent_before: The bridge says that they were acknowledged once: they went with a backup that was restored.
        heard: How many Statuses came since, up to two; a number may still be explained by an event on its way.
        due_seq: Once the stream has come so far, everything that could explain it is here.
        confirmed_at: When that was so; a ``LOG_GAP`` is in the log from then on.
        closed_at: When a person said to leave it at that, and ``closed_by`` who.
    """

    __tablename__ = "event_gap"

    bridge_id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    stream: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    from_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    to_seq: Mapped[int] = mapped_column(BigInteger)
    sent_before: Mapped[bool] = mapped_column(default=False)
    found_at: Mapped[datetime]
    heard: Mapped[int] = mapped_column(default=0)
    due_seq: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))


class FireDoorOutcome(StrEnum):
    """What became of one door after a fire input went active."""

    RELEASED = "released"
    LATCHED = "latched"
    STAYED = "stayed"
    FAILED = "failed"


class FireReportRow(Table):
    """One alarm of a fire input, kept by events as they come; ``id`` is that of the event with which it began.

    Attributes:
        input: The wire, as ``board 1.3``.
        test: What a person said that it was, ``None`` while nobody has; the other marks go with it.
    """

    __tablename__ = "fire_report"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"), index=True)
    input: Mapped[str] = mapped_column(String(40))
    began_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    test: Mapped[bool | None]
    why: Mapped[str] = mapped_column(String(300), default="")
    marked_by: Mapped[str | None] = mapped_column(String(80))
    marked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    doors: Mapped[list[FireReportDoor]] = relationship(cascade="all, delete-orphan", order_by="FireReportDoor.door_id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class FireReportDoor(Table):
    """What one door did; ``ms`` is from the fire input to the proof, or to when its lack was told."""

    __tablename__ = "fire_report_door"

    report_id: Mapped[str] = mapped_column(ForeignKey("fire_report.id"), primary_key=True)
    door_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[FireDoorOutcome] = mapped_column(word(FireDoorOutcome))
    ms: Mapped[int]
    why: Mapped[str] = mapped_column(String(300), default="")


class Presence(Table):
    """Where a person was last admitted, kept by events as they come; *who is inside* never counts events."""

    __tablename__ = "presence"

    person_ref: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    building_id: Mapped[int | None] = mapped_column(index=True)
    door_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
