from __future__ import annotations

import pytest

from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.people.models import Group
from access_control.readers.doors import add_door
from access_control.readers.errors import ReadersError
from access_control.readers.levels import (
    LevelForm,
    add_level,
    edit_level,
    form_of,
    get_level,
    group_levels,
    holders_of,
    list_levels,
    person_levels,
    set_group_levels,
    set_person_levels,
)
from tests.building.sites import AT, BY, build_school, fresh, stale


def test_only_the_bridges_of_its_doors_are_due(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        doors = [add_door(session, AT, school.door(str(at), at), BY).id for at in (1, 2)]
        elsewhere = add_door(session, AT, school.door("9", 3, bridge_id=None), BY).id
        level = add_level(session, AT, LevelForm("Staff", {elsewhere: school.always}), BY)
        fresh(session)
        form = LevelForm("Staff", {doors[0]: school.always, doors[1]: school.never}, {doors[0]: school.never})
        edit_level(session, AT, level.id, form, 1, BY)
        assert stale(session) == {"North bridge"}
    with any_database.writing() as session:
        stored = get_level(session, level.id)
        assert (form_of(stored), stored.version) == (form, 2)
        fresh(session)
        edit_level(session, AT, level.id, LevelForm("Staff"), 2, BY)
        assert (stale(session), stored.version) == ({"North bridge"}, 3)
        with pytest.raises(ConflictError):
            edit_level(session, AT, level.id, form, 2, BY)


def test_a_new_name_rebuilds_nothing(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        level = add_level(session, AT, LevelForm("Staff", {door.id: school.always}), BY)
        fresh(session)
        edit_level(session, AT, level.id, LevelForm("All staff", {door.id: school.always}), 1, BY)
        assert (level.version, stale(session), [one.name for one in list_levels(session)]) == (2, set(), ["All staff"])


def test_people_and_groups_hold_levels(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        group = Group(name="Grade 4")
        session.add(group)
        session.flush()
        levels = [add_level(session, AT, LevelForm(name), BY).id for name in ("A", "B")]
        fresh(session)
        set_person_levels(session, AT, school.person, levels, BY)
        set_group_levels(session, AT, group.id, levels[:1], BY)
        assert stale(session) == {"North bridge", "South bridge"}
        set_person_levels(session, AT, school.person, levels[1:], BY)
        assert (person_levels(session, school.person), group_levels(session, group.id)) == ({levels[1]}, {levels[0]})
        assert holders_of(session) == {levels[0]: (0, 1), levels[1]: (1, 0)}
        fresh(session)
        set_person_levels(session, AT, school.person, levels[1:], BY)
        assert stale(session) == set()


def test_nonsense_is_refused(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        add_level(session, AT, LevelForm("Staff"), BY)
        for form, field in (
            (LevelForm("Staff"), "name"),
            (LevelForm(""), "name"),
            (LevelForm("A", {99: school.always}), "doors"),
            (LevelForm("A", {door.id: 99}), "doors"),
        ):
            with pytest.raises(ReadersError) as caught:
                add_level(session, AT, form, BY)
            assert caught.value.field == field
        for ref, levels in ((99, []), (school.person, [99])):
            with pytest.raises(ReadersError):
                set_person_levels(session, AT, ref, levels, BY)
