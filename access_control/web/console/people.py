"""The form of a person, of a PIN, of a group."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField

from access_control.core.decision.model import HolderClass
from access_control.people.cardholders import PersonDetails, edit_person, get_person
from access_control.people.groups import list_groups
from access_control.people.models import Cardholder
from access_control.people.permissions import Actor
from access_control.readers.levels import list_levels, person_levels, set_person_levels
from access_control.readers.staleness import mark_all_stale
from access_control.web.console.fields import (
    ConsoleForm,
    Day,
    Line,
    Pick,
    PickMany,
    day_begun,
    day_ended,
    end_of_day,
    first_of_day,
)
from access_control.web.console.places import may_give_release, require_at_levels, require_at_person

CLASS_WORDS: Final = {
    HolderClass.STUDENT: "Student",
    HolderClass.STAFF: "Staff",
    HolderClass.CONTRACTOR: "Contractor",
    HolderClass.RESPONDER: "Responder",
}
"""Whom a badge can belong to; visitors have visits instead."""


class PersonForm(ConsoleForm):
    """Everything about a person but badges and PIN."""

    version = HiddenField()
    given_name = Line("First name")
    family_name = Line("Last name", needed="Type the last name.")
    holder_class = Pick("Kind of person", convert=HolderClass)
    unit = Line("Grade or department")
    external_id = Line("Roster number")
    active = BooleanField("Active here", default=True)
    extended = BooleanField("Doors stay unlocked longer")
    may_release = BooleanField("May end an emergency at a marked reader")
    valid_from = Day("First day")
    valid_until = Day("Last day")
    groups = PickMany("Groups")
    levels = PickMany("Access levels of this person alone")


class PinForm(ConsoleForm):
    """A PIN, or none."""

    version = HiddenField()
    pin = Line("New PIN", needed="Type 4 to 8 digits.")


class GroupForm(ConsoleForm):
    """A group and what everybody in it holds."""

    version = HiddenField()
    name = Line("Name", needed="Type the group's name.")
    levels = PickMany("Access levels of everybody in it")


def offer(session: Session, form: PersonForm) -> PersonForm:
    """Fill the lists of a person's form, and leave out what whoever looks may not decide."""
    if not may_give_release():
        del form["may_release"]
    form.holder_class.offer(CLASS_WORDS.items())
    form.groups.offer((group.id, group.name) for group, _ in list_groups(session))
    form.levels.offer((level.id, level.name) for level in list_levels(session))
    return form


def stored(session: Session, person: Cardholder, zone: ZoneInfo) -> PersonForm:
    """The form of a person as they are stored."""
    form = PersonForm(
        formdata=None,
        data={
            "version": str(person.version),
            "given_name": person.given_name,
            "family_name": person.family_name,
            "holder_class": person.holder_class.value,
            "unit": person.unit,
            "external_id": person.external_id or "",
            "active": person.active,
            "extended": person.extended,
            "may_release": person.may_release,
            "valid_from": day_begun(person.valid_from, zone),
            "valid_until": day_ended(person.valid_until, zone),
            "groups": [str(one.group_id) for one in person.memberships],
            "levels": [str(level) for level in sorted(person_levels(session, person.ref))],
        },
    )
    return offer(session, form)


def details(form: PersonForm, zone: ZoneInfo, *, may_release: bool) -> PersonDetails:
    """What a valid form says; ``may_release`` is as stored, for whoever may not change it and is not asked."""
    return PersonDetails(
        given_name=form.given_name.data or "",
        family_name=form.family_name.data or "",
        holder_class=form.holder_class.picked,
        unit=form.unit.data or "",
        external_id=form.external_id.data or None,
        active=form.active.data,
        extended=form.extended.data,
        may_release=form.may_release.data if "may_release" in form else may_release,
        valid_from=first_of_day(form.valid_from.data, zone),
        valid_until=end_of_day(form.valid_until.data, zone),
        groups=form.groups.picked,
    )


def keep(
    session: Session, at: datetime, ref: int, form: PersonForm, version: int, zone: ZoneInfo, by: Actor
) -> Cardholder:
    """Save a person's form.

    Raises:
        PeopleError, ReadersError: A value cannot be stored.
        ConflictError: Somebody else changed the person meanwhile.
    """
    before, standing = _belongings(session, ref), _standing(session, ref)
    stored_right = get_person(session, ref).may_release
    person = edit_person(session, at, ref, details(form, zone, may_release=stored_right), version=version, by=by)
    set_person_levels(session, at, ref, form.levels.picked, by.reference)
    session.flush()
    now = _belongings(session, ref)
    require_at_levels(session, before[1] ^ now[1], before[0] ^ now[0])
    if _standing(session, ref) != standing:
        require_at_person(session, ref)
    if now != before and person.version == version:
        person.version += 1  # groups and levels are rows of their own and do not count it up
    session.flush()
    mark_all_stale(session)
    return person


def _standing(session: Session, ref: int) -> tuple[object, ...]:
    """What decides at every door of a person's at once."""
    person = session.get(Cardholder, ref)
    if person is None:
        return ()
    return person.holder_class, person.active, person.extended, person.valid_from, person.valid_until


def _belongings(session: Session, ref: int) -> tuple[set[int], set[int]]:
    person = session.get(Cardholder, ref)
    groups = set() if person is None else {one.group_id for one in person.memberships}
    return groups, person_levels(session, ref)
