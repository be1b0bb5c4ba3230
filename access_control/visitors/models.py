"""Tables of visitors: who comes, their visits, their passes, and whom the school does not let in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access_control.database.tables import UUID_TEXT, Table, word


class VisitorCategory(StrEnum):
    """What stands on the badge."""

    VISITOR = "visitor"
    VOLUNTEER = "volunteer"
    CONTRACTOR = "contractor"
    SUBSTITUTE = "substitute"


class VisitState(StrEnum):
    """How far a visit has come. ``HELD`` waits for an administrator; the desk only sees *please wait*."""

    EXPECTED = "expected"
    HELD = "held"
    ON_SITE = "on_site"
    SIGNED_OUT = "signed_out"
    TURNED_AWAY = "turned_away"
    CANCELLED = "cancelled"
    CLOSED_BY_SYSTEM = "closed_by_system"


class Visitor(Table):
    """Someone who visits, known again by name. No licence, no birth date is kept.

    ``search_name`` is the normalised full name; see :mod:`access_control.visitors.names`.
    """

    __tablename__ = "visitor"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    search_name: Mapped[str] = mapped_column(String(170), index=True)
    company: Mapped[str] = mapped_column(String(80), default="")
    last_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    @property
    def full_name(self) -> str:
        """As people say it."""
        return f"{self.given_name} {self.family_name}".strip()


class Visit(Table):
    """One visit.

    Attributes:
        invitation: The random look-up code of an invitation's QR; no reader takes it.
        host_ref: The cardholder who is visited, if it is one; ``host`` is the name as it stands on the badge.
        badge_number: Counted from 1 in each school day, printed with ``reprints`` as ``0147-2``.
        stay_s: How long the visit is meant to last, as it was asked for; the form at arrival begins with it.
        until_at: When the visit ends, and with it the pass: 10 h after arrival at most.
        asked_at: When the desk last asked the office to hurry, while the visit is held; ``asked_by`` who did.
    """

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_state_expected", "state", "expected_at"), Index("ix_visit_arrived", "arrived_at"))

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitor.id"), index=True)
    category: Mapped[VisitorCategory] = mapped_column(word(VisitorCategory), default=VisitorCategory.VISITOR)
    state: Mapped[VisitState] = mapped_column(word(VisitState))
    invitation: Mapped[str | None] = mapped_column(String(40), unique=True)
    host_ref: Mapped[int | None] = mapped_column(ForeignKey("cardholder.ref"))
    host: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    destination: Mapped[str] = mapped_column(String(80), default="")
    escort_needed: Mapped[bool] = mapped_column(default=False)
    stay_s: Mapped[int] = mapped_column(default=3600)
    expected_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    until_at: Mapped[datetime | None]
    signed_out_at: Mapped[datetime | None]
    badge_number: Mapped[int | None]
    reprints: Mapped[int] = mapped_column(default=0)
    checked_in_by: Mapped[str | None] = mapped_column(String(80))
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)

    visitor: Mapped[Visitor] = relationship()
    passes: Mapped[list[Pass]] = relationship(back_populates="visit", order_by="Pass.minted_at")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above

    @property
    def announced(self) -> bool:
        """Whether somebody expected it before the visitor came; who just came has no invitation, even while waiting."""
        return self.invitation is not None


class Pass(Table):
    """A minted pass; its text is never kept, a reprint mints a new one and revokes this.

    Attributes:
        shown_at: When a door last unlocked for it; that alone uses it up only where no contact sees the door open.
        used_at: When the door was opened with it: from then on no door takes it.
        refused_at: When it was last shown again after that.
    """

    __tablename__ = "pass"

    pass_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    bridge_id: Mapped[str] = mapped_column(ForeignKey("bridge.id"))
    group_id: Mapped[int]
    minted_at: Mapped[datetime]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship(back_populates="passes")


class BannedPerson(Table):
    """Someone whom the school does not let in, on its own order; ``ends_at`` when the order does.

    ``other_names`` are further names in full, separated by semicolons. ``note`` is for whoever compares.
    """

    __tablename__ = "banned_person"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    search_name: Mapped[str] = mapped_column(String(170), index=True)
    other_names: Mapped[str] = mapped_column(String(300), default="")
    company: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    added_by: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class ScreeningOutcome(StrEnum):
    """What a person decided about a possible match."""

    NOT_THE_SAME = "not_the_same"
    ESCORT_ONLY = "escort_only"
    SAME_PERSON = "same_person"


class PossibleMatch(Table):
    """A name at check-in that is or resembles one on the banned list; a named human decides, with a reason.

    ``points`` and ``compared`` say in how many points the two agree; never a percentage. ``banned_version`` is the
    entry as it was compared: once the entry changes, a cleared pair is looked at again.
    """

    __tablename__ = "possible_match"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)
    banned_id: Mapped[str] = mapped_column(ForeignKey("banned_person.id"), index=True)
    banned_version: Mapped[int]
    exact: Mapped[bool]
    points: Mapped[int]
    compared: Mapped[int]
    found_at: Mapped[datetime]
    outcome: Mapped[ScreeningOutcome | None] = mapped_column(word(ScreeningOutcome))
    reason: Mapped[str | None] = mapped_column(String(300))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship()
    banned: Mapped[BannedPerson] = relationship()
