"""Tables of people: cardholders, groups, operators with their grants, and what slows down guessing at the sign-in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access_control.core.decision.model import HolderClass
from access_control.database.tables import UUID_TEXT, Table, word


class Cardholder(Table):
    """Someone who may hold badges.

    Attributes:
        ref: The opaque number that documents and events carry; never reused.
        holder_class: Student, staff, contractor or responder (visitors have visits instead).
        unit: Grade, department or agency, as people say it.
        external_id: The number in the school's roster, if there is one.
        pin_sealed: The PIN, encrypted with the school's sealing key; see :mod:`access_control.people.pins`.
        extended: Doors stay unlocked longer for this person.
        may_release: May be one of the two people who end an emergency at a marked reader.
        version: Counted up by each change, for noticing two people editing one record.
    """

    __tablename__ = "cardholder"
    __table_args__ = ({"sqlite_autoincrement": True},)

    ref: Mapped[int] = mapped_column(Integer, primary_key=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80), index=True)
    search_name: Mapped[str] = mapped_column(String(170), index=True)
    holder_class: Mapped[HolderClass] = mapped_column(word(HolderClass))
    unit: Mapped[str] = mapped_column(String(80), default="")
    external_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    extended: Mapped[bool] = mapped_column(default=False)
    may_release: Mapped[bool] = mapped_column(default=False)
    pin_sealed: Mapped[bytes | None]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    memberships: Mapped[list[Membership]] = relationship(cascade="all, delete-orphan", back_populates="person")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    @property
    def full_name(self) -> str:
        """As people say it."""
        return f"{self.given_name} {self.family_name}".strip()


class Group(Table):
    """People who get the same levels: a grade, a department, a club."""

    __tablename__ = "person_group"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class Membership(Table):
    """A person in a group."""

    __tablename__ = "membership"

    person_ref: Mapped[int] = mapped_column(ForeignKey("cardholder.ref"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("person_group.id"), primary_key=True, index=True)

    person: Mapped[Cardholder] = relationship(back_populates="memberships")
    group: Mapped[Group] = relationship()


class Theme(StrEnum):
    """What an operator chose to look at."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Operator(Table):
    """Someone who signs in to the pages.

    Attributes:
        login: What they type, lower case.
        settings: Their own choices: ``theme``, ``two_step_lockdown``, ``single_key_shortcuts``.
        session_salt: Changed to sign this person out everywhere.
    """

    __tablename__ = "operator"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    login: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    session_salt: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(default=True)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    grants: Mapped[list[Grant]] = relationship(
        cascade="all, delete-orphan", back_populates="operator", foreign_keys="Grant.operator_id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as above


class Grant(Table):
    """A role for an operator within a scope, which is :attr:`access_control.people.permissions.Place.path`."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("operator_id", "role", "scope"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(80), default="")
    granted_by: Mapped[str | None] = mapped_column(String(80))
    granted_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    operator: Mapped[Operator] = relationship(back_populates="grants", foreign_keys=[operator_id])


class KnownDevice(Table):
    """A browser from which an operator has signed in before: never locked out there by somebody else's guessing.

    ``token_digest`` covers the operator, too, because the people of one desk share one browser.
    """

    __tablename__ = "known_device"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operator.id"), index=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class SignInFailure(Table):
    """One wrong password, by a digest of the account and the address it came from; kept for an hour."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_account", "account", "at"),
        Index("ix_sign_in_failure_address", "address", "at"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    account: Mapped[bytes]
    address: Mapped[bytes]
    known_device: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
