"""Tables of emergencies beside those that Orders are made of: how each door answered, and who walks where."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from access_control.database.tables import UUID_TEXT, Table


class DoorAnswer(Table):
    """How a door under a directive answered, kept for good.

    Attributes:
        confirmed_at: When it was first proved to be as the directive wants it (secure; for Evacuate unlocked).
        confirmed_ms: The same in milliseconds after the start; ``None`` where only a Status proved it.
        not_monitored: It was locked, but nothing could prove that it was shut: then neither is set.
    """

    __tablename__ = "door_answer"

    directive_id: Mapped[str] = mapped_column(ForeignKey("directive.id"), primary_key=True)
    door_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    commanded_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_ms: Mapped[int | None] = mapped_column(BigInteger)
    not_monitored: Mapped[bool]


class Going(Table):
    """Somebody said *I am going* to a door that is not secure."""

    __tablename__ = "going"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    directive_id: Mapped[str] = mapped_column(ForeignKey("directive.id"), index=True)
    door_id: Mapped[int]
    operator: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class PendingRelease(Table):
    """A release that waits its 10 seconds, with a Cancel, where a school has one administrator.

    Attributes:
        doors: Their numbers as JSON; ``None`` for all of them.
        cancelled_why: Why the service could not carry it out, for people; ``None`` if a person took it back.
    """

    __tablename__ = "pending_release"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    directive_id: Mapped[str] = mapped_column(ForeignKey("directive.id"), index=True)
    doors: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120))
    why: Mapped[str] = mapped_column(String(300))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_why: Mapped[str | None] = mapped_column(String(300))
    done_at: Mapped[datetime | None]
