"""Groups: named once, and counted."""

from __future__ import annotations

import pytest

from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.people.cardholders import PersonDetails, add_person
from access_control.people.errors import BadValueError, NotAllowedError, NotThereError
from access_control.people.groups import add_group, get_group, list_groups, members_of, rename_group
from access_control.people.permissions import Role
from tests.building.accounts import AT, account


def test_groups_are_listed_by_name_with_their_people(any_database: Database) -> None:
    with any_database.writing() as session:
        chess = add_group(session, AT, name="Chess", by="demo").id
        band = add_group(session, AT, name="Band", by="demo").id
        for name, groups in (("Ada", [chess, band]), ("Bob", [chess])):
            add_person(session, AT, PersonDetails(name, "Ames", HolderClass.STUDENT, groups=groups), by="demo")
    with any_database.reading() as session:
        assert [(group.name, count) for group, count in list_groups(session)] == [("Band", 1), ("Chess", 2)]
        assert len(members_of(session, [chess, band])) == 2
        assert members_of(session, []) == []


def test_a_name_is_used_once(any_database: Database) -> None:
    with any_database.writing() as session:
        add_group(session, AT, name="Chess", by="demo")
        for taken in ("Chess", "  Chess "):
            with pytest.raises(BadValueError) as refused:
                add_group(session, AT, name=taken, by="demo")
            assert refused.value.field == "name"


def test_a_group_is_renamed_by_one_at_a_time(any_database: Database) -> None:
    with any_database.writing() as session:
        group = add_group(session, AT, name="Chess", by="demo")
        rename_group(session, AT, group_id=group.id, name="Chess club", version=1, by="demo")
        rename_group(session, AT, group_id=group.id, name="Chess club", version=2, by="demo")
        with pytest.raises(ConflictError):
            rename_group(session, AT, group_id=group.id, name="Draughts", version=1, by="demo")
        assert get_group(session, group.id).name == "Chess club"


def test_who_may_not_makes_none(database: Database) -> None:
    desk = account(database, "desk", Role.FRONT_DESK)
    with database.writing() as session:
        with pytest.raises(NotAllowedError):
            add_group(session, AT, name="Chess", by=desk)
        with pytest.raises(NotThereError):
            rename_group(session, AT, group_id=7, name="Chess", version=1, by="demo")
