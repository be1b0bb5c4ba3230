"""The doors that a visitor's pass opens follow the readers that take passes, and never lie in two bridges."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from access_control.readers.boards import BoardForm, add_board
from access_control.readers.door_readers import ReaderForm, add_reader, edit_reader
from access_control.readers.doors import edit_door
from access_control.readers.models import Door, DoorGroup
from access_control.readers.publishing import publish_stale
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY

VESTIBULE = ReaderForm(0, "Vestibule", "usb1", 1, (), takes_passes=True)


def groups(live: LiveSchool) -> dict[str, list[int]]:
    with live.database.reading() as session:
        return {group.bridge_id: group.doors for group in session.scalars(select(DoorGroup))}


def test_a_reader_that_takes_passes_makes_its_door_one_for_visitors(live: LiveSchool) -> None:
    with live.writing() as session:
        reader = add_reader(session, AT, replace(VESTIBULE, door_id=live.door), BY)
        number, version = reader.id, reader.version
    assert groups(live) == {live.bridge: [live.door]}
    publish_stale(live.database, live.keys, later(1))
    assert [set(doors) for doors in live.policy().pass_groups.values()] == [{live.door}]
    with live.writing() as session:
        cards = replace(VESTIBULE, door_id=live.door, formats=("H10301",), takes_passes=False)
        edit_reader(session, AT, number, cards, version, BY)
    assert groups(live) == {live.bridge: []}


def test_a_door_that_moves_to_another_bridge_leaves_the_group_of_the_first(live: LiveSchool) -> None:
    other = live.school.other_bridge
    with live.writing() as session:
        add_reader(session, AT, replace(VESTIBULE, door_id=live.door), BY)
        board = add_board(session, AT, BoardForm(other, "Cabinet", "usb0", 1, 8, 8), BY).id
        form = live.school.door(bridge_id=other, lock_output=f"board {board}.0")
        edit_door(session, AT, live.door, form, session.get_one(Door, live.door).version, BY)
    assert groups(live) == {live.bridge: [], other: [live.door]}
    publish_stale(live.database, live.keys, later(1))
    assert not any(live.policy().pass_groups.values())
