"""The school's own list of people who are not let in: added, edited and ended by named people, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.errors import expect_version
from access_control.database.ids import new_id
from access_control.people.actors import Local, reference, require
from access_control.people.names import search_name
from access_control.people.permissions import Actor, Permission
from access_control.visitors.errors import BadValueError, NotThereError
from access_control.visitors.models import BannedPerson
from access_control.visitors.typed import typed_line

NOTE_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class BannedDetails:
    """What the form about an entry holds.

    Attributes:
        other_names: Further full names, separated by semicolons.
        source: Whose order it is: a court, the district, the principal.
        ends_at: When the order ends; ``None`` for one without an end.
    """

    given_name: str
    family_name: str
    other_names: str = ""
    company: str = ""
    note: str = ""
    source: str = ""
    ends_at: datetime | None = None


def in_force(at: datetime) -> ColumnElement[bool]:
    """Whether an entry counts at a moment."""
    return and_(BannedPerson.starts_at <= at, or_(BannedPerson.ends_at.is_(None), BannedPerson.ends_at > at))


def list_banned(session: Session, at: datetime, *, ended: bool = False) -> list[BannedPerson]:
    """Entries in force by name, or with ``ended`` those that have ended, the latest first."""
    if ended:
        return list(
            session.scalars(
                select(BannedPerson).where(BannedPerson.ends_at <= at).order_by(BannedPerson.ends_at.desc()).limit(200)
            )
        )
    return list(session.scalars(select(BannedPerson).where(in_force(at)).order_by(BannedPerson.search_name)))


def get_banned(session: Session, banned_id: str) -> BannedPerson:
    """An entry.

    Raises:
        NotThereError: There is none.
    """
    found = session.get(BannedPerson, banned_id)
    if found is None:
        raise NotThereError("There is no such entry on the banned list.", "Look at the list again.")
    return found


def add_banned(session: Session, at: datetime, details: BannedDetails, *, by: Actor | Local) -> BannedPerson:
    """Put somebody on the list, from now on.

    Raises:
        NotAllowedError: ``by`` may not.
        BadValueError: Something in the form cannot be stored; ``field`` says what.
    """
    require(by, Permission.BANNED_EDIT)
    entry = BannedPerson(id=new_id(at), starts_at=at, added_by=by.name if isinstance(by, Actor) else by)
    _fill(entry, at, details)
    session.add(entry)
    session.flush()
    _record(session, at, entry, "banned.added", by)
    return entry


def edit_banned(
    session: Session, at: datetime, banned_id: str, details: BannedDetails, *, version: int, by: Actor | Local
) -> BannedPerson:
    """Change an entry. Whoever was once found not to be this person is compared with it again.

    Raises:
        NotThereError: There is no such entry.
        NotAllowedError: ``by`` may not.
        BadValueError: Something in the form cannot be stored.
        ConflictError: Somebody else changed the entry meanwhile.
    """
    require(by, Permission.BANNED_EDIT)
    entry = get_banned(session, banned_id)
    expect_version(entry.version, version)
    _fill(entry, at, details)
    session.flush()
    _record(session, at, entry, "banned.edited", by)
    return entry


def end_banned(session: Session, at: datetime, banned_id: str, *, version: int, by: Actor | Local) -> BannedPerson:
    """End an entry now. It stays in the records.

    Raises:
        NotThereError, NotAllowedError, ConflictError: As :func:`edit_banned`.
    """
    require(by, Permission.BANNED_EDIT)
    entry = get_banned(session, banned_id)
    expect_version(entry.version, version)
    entry.ends_at = at
    session.flush()
    _record(session, at, entry, "banned.ended", by)
    return entry


def _fill(entry: BannedPerson, at: datetime, details: BannedDetails) -> None:
    given = typed_line(details.given_name, "given_name", "The first name", 80, required=False)
    family = typed_line(details.family_name, "family_name", "The last name", 80)
    if not search_name(family):
        raise BadValueError("The last name has no letters.", "Type it as it is spoken.", "family_name")
    if details.ends_at is not None and details.ends_at <= at:
        raise BadValueError("The end lies in the past.", "Choose a later day, or end the entry.", "ends_on")
    entry.given_name, entry.family_name = given, family
    entry.search_name = search_name(given, family)[:170]
    entry.other_names = typed_line(details.other_names, "other_names", "Other names", 300, required=False)
    entry.company = typed_line(details.company, "company", "The company", 80, required=False)
    entry.source = typed_line(details.source, "source", "Whose order it is", 120)
    note = details.note.replace("\0", "").replace("\r\n", "\n").strip()
    if len(note) > NOTE_LENGTH:
        raise BadValueError(f"The note is longer than {NOTE_LENGTH} characters.", "Shorten it.", "note")
    entry.note = note
    entry.ends_at = details.ends_at


def _record(session: Session, at: datetime, entry: BannedPerson, action: str, by: Actor | Local) -> None:
    name = f"{entry.given_name} {entry.family_name}".strip()
    subject = f"banned:{entry.id}"
    facts = {"version": entry.version, "ends": entry.ends_at is not None}
    record(session, at, actor=reference(by), action=action, subject=subject, facts=facts, text=name, person=entry.id)
