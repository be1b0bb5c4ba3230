"""Cardholders: people who may hold badges, found again by any part of their names.

Policies hold people, so whoever changes one has to publish afterwards (:mod:`access_control.readers.publishing`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.core.decision.model import HolderClass
from access_control.database.errors import expect_version
from access_control.people.actors import Local, reference, require, require_release
from access_control.people.errors import BadValueError, NotThereError
from access_control.people.models import Cardholder, Group, Membership
from access_control.people.names import search_name
from access_control.people.permissions import Actor, Permission
from access_control.people.values import line, period, plain


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What a form about a person holds.

    Attributes:
        groups: Numbers of the groups that the person is in; those not named are left.
        extended: Doors stay unlocked longer for this person.
        may_release: May be one of the two people who end an emergency at a marked reader.
    """

    given_name: str
    family_name: str
    holder_class: HolderClass
    unit: str = ""
    external_id: str | None = None
    active: bool = True
    extended: bool = False
    may_release: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    groups: Collection[int] = ()


def add_person(session: Session, at: datetime, details: PersonDetails, *, by: Actor | Local) -> Cardholder:
    """Add a person, without any badge.

    Raises:
        NotAllowedError: ``by`` may not.
        BadValueError: Something in the form cannot be stored; ``field`` says what.
    """
    require(by, Permission.PERSON_EDIT)
    person = Cardholder(may_release=False)
    _require_release(person, details, by)
    _fill(session, person, details)
    session.add(person)
    session.flush()
    _record(session, at, person, "person.added", by)
    _record_release(session, at, person, by, before=False)
    return person


def edit_person(
    session: Session, at: datetime, person_ref: int, details: PersonDetails, *, version: int, by: Actor | Local
) -> Cardholder:
    """Change a person. A PIN that was there before the right to end emergencies ends: whoever set it knows it.

    Raises:
        NotThereError: There is no such person.
        NotAllowedError: ``by`` may not.
        BadValueError: Something in the form cannot be stored; ``field`` says what.
        ConflictError: Somebody else changed the person meanwhile.
    """
    require(by, Permission.PERSON_EDIT)
    person = get_person(session, person_ref)
    expect_version(person.version, version)
    _require_release(person, details, by)
    before = person.may_release
    with session.no_autoflush:
        _fill(session, person, details)
    ends_pin = person.may_release and not before and person.pin_sealed is not None
    if ends_pin:
        person.pin_sealed = None
    session.flush()
    _record(session, at, person, "person.edited", by)
    _record_release(session, at, person, by, before=before)
    if ends_pin:
        record(session, at, actor=reference(by), action="person.pin_removed", subject=f"person:{person_ref}")
    return person


def get_person(session: Session, person_ref: int) -> Cardholder:
    """A person with their groups.

    Raises:
        NotThereError: There is no such person.
    """
    with_groups = selectinload(Cardholder.memberships).selectinload(Membership.group)
    found = session.get(Cardholder, person_ref, options=[with_groups])
    if found is None:
        raise NotThereError("There is no such person.", "Look for them by name.")
    return found


def find_people(
    session: Session,
    text: str,
    limit: int,
    *,
    offset: int = 0,
    group_id: int | None = None,
    holder_class: HolderClass | None = None,
    active_only: bool = False,
) -> list[Cardholder]:
    """People whose names begin with every word of ``text`` in any order, or whose roster number it is; by name.

    Accents, case and punctuation do not matter. An empty text finds everybody.
    """
    found = select(Cardholder).where(*_conditions(text, group_id, holder_class, active_only=active_only))
    ordered = found.order_by(Cardholder.family_name, Cardholder.given_name, Cardholder.ref)
    return list(session.scalars(ordered.offset(offset).limit(limit)))


def count_people(
    session: Session,
    text: str = "",
    *,
    group_id: int | None = None,
    holder_class: HolderClass | None = None,
    active_only: bool = False,
) -> int:
    """How many :func:`find_people` would find without a limit."""
    conditions = _conditions(text, group_id, holder_class, active_only=active_only)
    return session.scalars(select(func.count(Cardholder.ref)).where(*conditions)).one()


def _conditions(
    text: str, group_id: int | None, holder_class: HolderClass | None, *, active_only: bool
) -> list[ColumnElement[bool]]:
    words = search_name(text).split()
    named = and_(true(), *(_begins(word) for word in words))
    found: list[ColumnElement[bool]] = []
    if plain(text):
        found.append(or_(named if words else false(), Cardholder.external_id == plain(text)))
    if group_id is not None:
        found.append(Cardholder.memberships.any(Membership.group_id == group_id))
    if holder_class is not None:
        found.append(Cardholder.holder_class == holder_class)
    if active_only:
        found.append(Cardholder.active.is_(True))
    return found


def _begins(word: str) -> ColumnElement[bool]:
    """Whether one of the words of a name begins with this one, which has letters and digits only."""
    return or_(Cardholder.search_name.like(f"{word}%"), Cardholder.search_name.like(f"% {word}%"))


def _require_release(person: Cardholder, details: PersonDetails, by: Actor | Local) -> None:
    """Nobody gives, or takes, the right to end emergencies who does not hold it."""
    if details.may_release != person.may_release:
        require_release(by)


def _fill(session: Session, person: Cardholder, details: PersonDetails) -> None:
    person.given_name = line(details.given_name, "given_name", "The first name", 80, required=False)
    person.family_name = line(details.family_name, "family_name", "The last name", 80)
    person.search_name = search_name(person.given_name, person.family_name)[:170]
    person.holder_class = HolderClass(details.holder_class)
    person.unit = line(details.unit, "unit", "Grade or department", 80, required=False)
    person.external_id = line(details.external_id or "", "external_id", "The roster number", 80, required=False) or None
    period(details.valid_from, details.valid_until)
    person.valid_from, person.valid_until = details.valid_from, details.valid_until
    person.active, person.extended = details.active, details.extended
    person.may_release = details.may_release
    _check_external_id(session, person)
    _set_groups(session, person, set(details.groups))


def _check_external_id(session: Session, person: Cardholder) -> None:
    if person.external_id is None:
        return
    other = session.scalars(select(Cardholder).where(Cardholder.external_id == person.external_id)).first()
    if other is not None and other is not person:
        raise BadValueError(
            f"{other.full_name} has this roster number.", "Correct it, or open that person instead.", "external_id"
        )


def _set_groups(session: Session, person: Cardholder, wanted: set[int]) -> None:
    known = set(session.scalars(select(Group.id).where(Group.id.in_(wanted)))) if wanted else set()
    if known != wanted:
        raise BadValueError("One of these groups does not exist any more.", "Choose the groups again.", "groups")
    person.memberships = [one for one in person.memberships if one.group_id in wanted] + [
        Membership(group_id=number) for number in sorted(wanted - {one.group_id for one in person.memberships})
    ]


def _record(session: Session, at: datetime, person: Cardholder, action: str, by: Actor | Local) -> None:
    subject = f"person:{person.ref}"
    facts = {"class": person.holder_class.value, "active": person.active, "version": person.version}
    name = person.full_name
    record(session, at, actor=reference(by), action=action, subject=subject, facts=facts, text=name, person=subject)


def _record_release(session: Session, at: datetime, person: Cardholder, by: Actor | Local, *, before: bool) -> None:
    if person.may_release == before:
        return
    action = "person.may_release_given" if person.may_release else "person.may_release_taken"
    record(session, at, actor=reference(by), action=action, subject=f"person:{person.ref}")
