"""Cardholders: added, changed by one at a time, and found by any part of their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord, AuditText
from access_control.audit.record import erase_person, verify
from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.people.cardholders import (
    PersonDetails,
    add_person,
    count_people,
    edit_person,
    find_people,
    get_person,
)
from access_control.people.errors import BadValueError, NotAllowedError, NotThereError
from access_control.people.groups import add_group
from access_control.people.permissions import ROLES, Permission, Place, Role
from tests.building.accounts import AT, account

ADA = PersonDetails("Ada", "Ames", HolderClass.STUDENT, unit="Grade 9", external_id="S-1")


def added(database: Database, *everybody: PersonDetails) -> list[int]:
    with database.writing() as session:
        return [add_person(session, AT, details, by="demo").ref for details in everybody]


def test_a_person_is_added_with_groups_and_recorded(any_database: Database) -> None:
    admin = account(any_database, "admin", Role.ADMINISTRATOR)
    with any_database.writing() as session:
        chess, band = (add_group(session, AT, name=name, by=admin).id for name in ("Chess", "Band"))
        details = replace(ADA, groups=[chess, band], valid_until=AT + timedelta(days=200), extended=True)
        ref = add_person(session, AT, details, by=admin).ref
    with any_database.reading() as session:
        person = get_person(session, ref)
        assert (person.full_name, person.search_name, person.version) == ("Ada Ames", "ADA AMES", 1)
        assert {one.group.name for one in person.memberships} == {"Chess", "Band"}
        assert (person.extended, person.valid_until) == (True, AT + timedelta(days=200))
        assert "Ada Ames" in session.scalars(select(AuditText.text).where(AuditText.person == f"person:{ref}"))
    with any_database.writing() as session:
        assert erase_person(session, f"person:{ref}") == 1
        assert verify(session).whole


def test_an_edit_replaces_groups_and_counts(any_database: Database) -> None:
    with any_database.writing() as session:
        chess, band = (add_group(session, AT, name=name, by="demo").id for name in ("Chess", "Band"))
        ref = add_person(session, AT, replace(ADA, groups=[chess]), by="demo").ref
    with any_database.writing() as session:
        changed = replace(ADA, family_name="Byrd-O'Hara", groups=[band], active=False)
        edit_person(session, AT, ref, changed, version=1, by="demo")
    with any_database.reading() as session:
        person = get_person(session, ref)
        assert (person.search_name, person.active, person.version) == ("ADA BYRD OHARA", False, 2)
        assert [one.group_id for one in person.memberships] == [band]


def test_the_second_of_two_editors_is_told(any_database: Database) -> None:
    (ref,) = added(any_database, ADA)
    with any_database.writing() as session:
        edit_person(session, AT, ref, replace(ADA, unit="Grade 10"), version=1, by="demo")
    with any_database.writing() as session, pytest.raises(ConflictError) as conflict:
        edit_person(session, AT, ref, replace(ADA, unit="Grade 11"), version=1, by="demo")
    assert conflict.value.current_version == 2
    with any_database.reading() as session:
        assert get_person(session, ref).unit == "Grade 10"


def test_two_editors_at_the_same_moment_are_not_both_right(pg_database: Database) -> None:
    (ref,) = added(pg_database, ADA)
    with pg_database.writing() as first:
        edit_person(first, AT, ref, replace(ADA, unit="Grade 10"), version=1, by="demo")
        first.commit()
        stale = replace(ADA, unit="Grade 11")
        with pytest.raises(ConflictError), pg_database.writing() as second:
            edit_person(second, AT, ref, stale, version=1, by="demo")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"family_name": " "}, "family_name"),
        ({"given_name": "x" * 81}, "given_name"),
        ({"unit": "x" * 81}, "unit"),
        ({"external_id": "S-2"}, "external_id"),
        ({"groups": [99]}, "groups"),
        ({"valid_from": AT, "valid_until": AT}, "valid_until"),
    ],
)
def test_nonsense_names_its_field_and_changes_nothing(
    any_database: Database, wrong: dict[str, object], field: str
) -> None:
    ref, _ = added(any_database, ADA, replace(ADA, given_name="Bob", external_id="S-2"))
    bad = replace(ADA, **wrong)  # type: ignore[arg-type] # one field after the other
    with pytest.raises(BadValueError) as refused, any_database.writing() as session:
        edit_person(session, AT, ref, bad, version=1, by="demo")
    assert refused.value.field == field
    new = bad if field == "external_id" else replace(bad, external_id=None)
    with pytest.raises(BadValueError) as refused, any_database.writing() as session:
        add_person(session, AT, new, by="demo")
    assert refused.value.field == field
    with any_database.reading() as session:
        assert count_people(session) == 2
        assert get_person(session, ref).full_name == "Ada Ames"


def test_who_may_not_changes_nobody(database: Database) -> None:
    desk = account(database, "desk", Role.FRONT_DESK)
    (ref,) = added(database, ADA)
    with database.writing() as session:
        with pytest.raises(NotAllowedError):
            add_person(session, AT, ADA, by=desk)
        with pytest.raises(NotAllowedError):
            edit_person(session, AT, ref, ADA, version=1, by=desk)


def test_who_is_not_there_is_a_sentence(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotThereError):
        get_person(session, 12)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jos", ["José O'Brien"]),
        ("obrien jose", ["José O'Brien"]),
        ("JOSÉ", ["José O'Brien"]),
        ("ame", ["Ada Ames", "Zoe Ames"]),
        ("a", ["Ada Ames", "Zoe Ames"]),
        ("a z", ["Zoe Ames"]),
        ("berg", ["Mia van der Berg"]),
        ("erg", []),
        ("S-7", ["Zoe Ames"]),
        ("%", []),
        ("_da", []),
        ("'; DROP TABLE cardholder", []),
        ("\0", ["Ada Ames", "Mia van der Berg", "José O'Brien", "Zoe Ames"]),
        ("", ["Ada Ames", "Mia van der Berg", "José O'Brien", "Zoe Ames"]),
        ("nobody", []),
    ],
)
def test_people_are_found_by_any_part_of_their_names(any_database: Database, text: str, found: list[str]) -> None:
    added(
        any_database,
        ADA,
        replace(ADA, given_name="Zoe", external_id="S-7"),
        replace(ADA, given_name="José", family_name="O'Brien", external_id=None),
        replace(ADA, given_name="Mia", family_name="van der Berg", external_id=None),
    )
    with any_database.reading() as session:
        seen = [person.full_name for person in find_people(session, text, 10)]
        assert sorted(seen) == sorted(found)
        assert count_people(session, text) == len(found)


def test_a_list_goes_on_where_it_stopped(any_database: Database) -> None:
    added(any_database, *(replace(ADA, given_name=name, external_id=None) for name in "CBDA"))
    with any_database.reading() as session:
        pages = [[one.given_name for one in find_people(session, "", 3, offset=start)] for start in (0, 3, 6)]
    assert pages == [["A", "B", "C"], ["D"], []]


def test_people_of_a_group_a_class_and_the_active_ones(any_database: Database) -> None:
    with any_database.writing() as session:
        chess = add_group(session, AT, name="Chess", by="demo").id
    added(
        any_database,
        replace(ADA, groups=[chess]),
        replace(ADA, given_name="Bob", external_id=None, holder_class=HolderClass.STAFF),
        replace(ADA, given_name="Cleo", external_id=None, active=False),
    )
    with any_database.reading() as session:
        assert [one.given_name for one in find_people(session, "", 9, group_id=chess)] == ["Ada"]
        assert [one.given_name for one in find_people(session, "ames", 9, holder_class=HolderClass.STAFF)] == ["Bob"]
        assert count_people(session, active_only=True) == 2


def test_refs_are_never_used_again(database: Database) -> None:
    (first,) = added(database, ADA)
    with database.writing() as session:
        session.delete(get_person(session, first))
    (second,) = added(database, ADA)
    assert second > first


def test_a_name_that_grows_when_it_is_spelled_out_still_fits(any_database: Database) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with any_database.writing() as session:
        person = add_person(session, at, replace(ADA, given_name="ß" * 80, family_name="ﷺ" * 80), by="demo")
    assert len(person.search_name) <= 170


def test_nobody_gives_or_takes_the_right_to_end_emergencies_who_does_not_hold_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLES, Role.FRONT_DESK, ROLES[Role.FRONT_DESK] | {Permission.PERSON_EDIT})
    desk, admin = account(database, "desk", Role.FRONT_DESK), account(database, "admin", Role.ADMINISTRATOR)
    of_one_building = account(database, "arts", Role.ADMINISTRATOR, Place("s", 2))
    may = replace(ADA, may_release=True)
    with database.writing() as session:
        ref = add_person(session, AT, ADA, by=desk).ref
        for who in (desk, of_one_building):
            with pytest.raises(NotAllowedError):
                add_person(session, AT, may, by=who)
            with pytest.raises(NotAllowedError):
                edit_person(session, AT, ref, may, version=1, by=who)
        assert edit_person(session, AT, ref, may, version=1, by=admin).may_release
    with database.writing() as session:
        with pytest.raises(NotAllowedError):
            edit_person(session, AT, ref, ADA, version=2, by=desk)
        edit_person(session, AT, ref, replace(may, unit="Office"), version=2, by=desk)
        assert not edit_person(session, AT, ref, ADA, version=3, by=admin).may_release
    with database.reading() as session:
        said = [one.action for one in session.scalars(select(AuditRecord)) if "release" in one.action]
    assert said == ["person.may_release_given", "person.may_release_taken"]
