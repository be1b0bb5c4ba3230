"""The banned list: by whom it may be changed, what it takes, and that nothing is overwritten or lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditText
from access_control.database.errors import ConflictError
from access_control.people.errors import NotAllowedError
from access_control.visitors.banned import (
    NOTE_LENGTH,
    BannedDetails,
    add_banned,
    edit_banned,
    end_banned,
    get_banned,
    list_banned,
)
from access_control.visitors.errors import BadValueError, NotThereError
from tests.building.visits import AT, DeskSchool

DETAILS = BannedDetails("Mara", "Quist", source="Court order")


def names(school: DeskSchool, *, days: float = 0, ended: bool = False) -> list[str]:
    with school.database.reading() as session:
        return [one.family_name for one in list_banned(session, AT + timedelta(days=days), ended=ended)]


def test_an_entry_counts_from_now_until_its_end(school: DeskSchool) -> None:
    with school.database.writing() as session:
        add_banned(session, AT, replace(DETAILS, ends_at=AT + timedelta(days=2)), by=school.principal)
    assert sorted(names(school)) == ["Hale", "Quist"]
    assert names(school, days=-1) == ["Hale"]
    assert names(school, days=2) == ["Hale"]
    assert names(school, days=2, ended=True) == ["Quist"]


def test_an_entry_is_ended_not_deleted_and_a_stale_form_ends_nothing(school: DeskSchool) -> None:
    with school.database.writing() as session:
        version = get_banned(session, school.banned).version
        edit_banned(session, AT, school.banned, DETAILS, version=version, by=school.principal)
    with pytest.raises(ConflictError), school.database.writing() as session:
        end_banned(session, AT, school.banned, version=version, by=school.principal)
    with school.database.writing() as session:
        version = get_banned(session, school.banned).version
        end_banned(session, AT, school.banned, version=version, by=school.principal)
    assert names(school) == []
    assert names(school, ended=True) == ["Quist"]


def test_the_desk_and_installers_change_nothing(school: DeskSchool) -> None:
    with school.database.writing() as session:
        for actor in (school.installer, school.clerk):
            with pytest.raises(NotAllowedError):
                add_banned(session, AT, DETAILS, by=actor)
            with pytest.raises(NotAllowedError):
                end_banned(session, AT, school.banned, version=1, by=actor)
    assert names(school) == ["Hale"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"family_name": " "}, "family_name"),
        ({"family_name": "!?"}, "family_name"),
        ({"source": ""}, "source"),
        ({"ends_at": AT}, "ends_on"),
        ({"note": "x" * (NOTE_LENGTH + 1)}, "note"),
        ({"company": "x" * 81}, "company"),
    ],
)
def test_nonsense_is_refused_at_its_field(school: DeskSchool, changes: dict[str, object], field: str) -> None:
    with school.database.writing() as session:
        with pytest.raises(BadValueError) as refused:
            add_banned(session, AT, replace(DETAILS, **changes), by=school.principal)  # type: ignore[arg-type] # by name
        assert refused.value.field == field
        with pytest.raises(NotThereError):
            get_banned(session, "nobody")


def test_the_name_in_the_audit_can_be_found_by_the_entry(school: DeskSchool) -> None:
    with school.database.reading() as session:
        (text,) = session.scalars(select(AuditText.text).where(AuditText.person == school.banned))
    assert text == "Victor Hale"
