"""Badges: giving one by its printed number, changing when it counts, and finding it.

Marking one lost or stolen is :mod:`access_control.readers.badge_status`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.credentials.canonical import Credential
from access_control.database.errors import expect_version
from access_control.database.ids import new_id
from access_control.people.actors import require_release_for
from access_control.people.models import Cardholder
from access_control.readers.badge_numbers import read_number
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError
from access_control.readers.models import Badge
from access_control.readers.staleness import mark_all_stale


@dataclass(frozen=True, slots=True)
class BadgeForm:
    """What the form of a new badge says, as it was typed.

    Attributes:
        format: A name of :data:`core.credentials.formats.FORMATS`.
        facility_code: Digits, or empty for formats without one.
        number: As it is printed: digits, or hexadecimal for a raw UID.
        label: What else is printed on the card.
        valid_from: The first moment it counts; ``None`` is from now on.
        valid_until: The first moment it no longer counts; ``None`` is for ever.
    """

    format: str
    number: str
    facility_code: str = ""
    label: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def issue_badge(
    session: Session, at: datetime, ref: int, form: BadgeForm, by: str, *, names_allowed: bool = False
) -> Badge:
    """Give a badge to a person.

    Args:
        session: A transaction that writes.
        at: Now.
        ref: Who gets it.
        form: What was typed.
        by: Who gives it.
        names_allowed: Whether ``by`` may read who holds the badge already, if somebody does.

    Raises:
        BadValueError: The number does not fit its format, or somebody has it; ``field`` says which.
        NotThereError: There is no such person.
        NotAllowedError: The person may end emergencies, and ``by`` may not at the whole school.
    """
    person = require(session, Cardholder, ref, "This person")
    require_release_for(session, at, person, by)  # whoever makes this badge could use it
    credential = read_number(form.format, form.facility_code, form.number)
    _require_free(session, credential, names_allowed=names_allowed)
    _require_order(form.valid_from, form.valid_until)
    badge = Badge(
        id=new_id(at),
        person_ref=person.ref,
        format=credential.format,
        facility_code=credential.facility_code,
        number=credential.key.rpartition(":")[2],
        canonical=credential.key,
        label=clean_text(form.label, "label", "What is printed on the card", 40, needed=False),
        status_at=at,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
    )
    session.add(badge)
    session.flush()
    mark_all_stale(session)
    record(session, at, actor=by, action="badge.issued", subject=f"badge:{badge.id}", facts={"person": f"person:{ref}"})
    return badge


def edit_badge(
    session: Session,
    at: datetime,
    badge_id: str,
    version: int,
    by: str,
    *,
    label: str,
    valid_from: datetime | None,
    valid_until: datetime | None,
) -> Badge:
    """Change what is printed on a badge and when it counts. Its number and its holder never change.

    Raises:
        BadValueError: A value cannot be stored.
        NotThereError: There is no such badge.
        ConflictError: Somebody else changed it since ``version`` was read.
        NotAllowedError: Its days change, its holder may end emergencies, and ``by`` may not at the whole school.
    """
    badge = get_badge(session, badge_id)
    expect_version(badge.version, version)
    if (badge.valid_from, badge.valid_until) != (valid_from, valid_until):
        require_release_for(session, at, session.get_one(Cardholder, badge.person_ref), by)
    _require_order(valid_from, valid_until)
    clean = clean_text(label, "label", "What is printed on the card", 40, needed=False)
    if (badge.label, badge.valid_from, badge.valid_until) == (clean, valid_from, valid_until):
        return badge
    badge.label, badge.valid_from, badge.valid_until = clean, valid_from, valid_until
    session.flush()
    mark_all_stale(session)
    record(session, at, actor=by, action="badge.edited", subject=f"badge:{badge.id}")
    return badge


def get_badge(session: Session, badge_id: str) -> Badge:
    """One badge.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Badge, badge_id, "This badge")


def badges_of(session: Session, ref: int) -> Sequence[Badge]:
    """Every badge of a person, the newest change first."""
    return session.scalars(select(Badge).where(Badge.person_ref == ref).order_by(Badge.status_at.desc())).all()


def credential_of(badge: Badge) -> Credential:
    """What the card says."""
    number = int(badge.number, 16) if badge.format.startswith("RAW") else int(badge.number)
    return Credential(badge.format, badge.facility_code, number)


def _require_free(session: Session, credential: Credential, *, names_allowed: bool) -> None:
    held = session.scalar(select(Badge).where(Badge.canonical == credential.key))
    if held is None:
        return
    who = "somebody else"
    if names_allowed:
        who = session.get_one(Cardholder, held.person_ref).full_name
    raise BadValueError(
        f"This badge is already given to {who} and is {held.status}.", "Give another badge, or see that one.", "number"
    )


def _require_order(valid_from: datetime | None, valid_until: datetime | None) -> None:
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise BadValueError("The badge would end before it begins.", "Correct one of the two.", "valid_until")
