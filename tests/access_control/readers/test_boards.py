from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.boards import BoardForm, add_board, edit_board, form_of, get_board, list_boards
from access_control.readers.door_readers import ReaderForm, add_reader
from access_control.readers.doors import add_door
from access_control.readers.errors import ReadersError
from tests.building.sites import AT, BY, build_school, fresh, stale


def test_a_board_is_added_and_changed(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        fresh(session)
        board = add_board(session, AT, BoardForm(school.other_bridge, "Attic", "usb0", 1, 4, 0), BY)
        assert stale(session) == {"South bridge"}
        edit_board(session, AT, board.id, replace(form_of(board), inputs=4), 1, BY)
        assert [(one.name, one.inputs, one.version) for one in list_boards(session) if one.id == board.id] == [
            ("Attic", 4, 2)
        ]
        with pytest.raises(ConflictError):
            edit_board(session, AT, board.id, form_of(board), 1, BY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"port": "usb0"}, "address"),
        ({"port": "a port"}, "port"),
        ({"port": ""}, "port"),
        ({"address": 0}, "address"),
        ({"address": 248}, "address"),
        ({"outputs": 257}, "outputs"),
        ({"inputs": -1}, "inputs"),
        ({"name": ""}, "name"),
        ({"bridge_id": "nobody"}, "bridge_id"),
    ],
)
def test_what_a_bridge_would_refuse_is_refused_at_its_field(
    database: Database, changes: dict[str, object], field: str
) -> None:
    with database.writing() as session:
        school = build_school(session)
        form = BoardForm(school.bridge, "Attic", "usb7", 1, 4, 4)
        with pytest.raises(ReadersError) as caught:
            add_board(session, AT, replace(form, **changes), BY)  # type: ignore[arg-type] # a test names its fields
        assert caught.value.field == field


def test_a_board_keeps_the_relays_that_doors_use(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        add_door(session, AT, school.door("1", 7), BY)
        board = get_board(session, school.board)
        with pytest.raises(ReadersError, match=r"Door 1 names output board 1.7") as caught:
            edit_board(session, AT, board.id, replace(form_of(board), outputs=4), 1, BY)
        assert caught.value.field == "outputs"


def test_readers_and_modbus_boards_do_not_share_a_line(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        with pytest.raises(ReadersError, match="is no OSDP module") as caught:
            add_reader(session, AT, ReaderForm(door.id, "Outside", "usb0", 5, ("H10301",)), BY)
        assert caught.value.field == "port"


def test_readers_and_osdp_modules_share_a_line_with_an_address_each(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        module = BoardForm(school.bridge, "Lobby", "usb4", 7, 2, 2, osdp=True)
        add_board(session, AT, module, BY)
        reader = ReaderForm(door.id, "Outside", "usb4", 7, ("H10301",))
        with pytest.raises(ReadersError, match="Two devices have address 7 on port usb4") as caught:
            add_reader(session, AT, reader, BY)
        assert caught.value.field == "address"


def test_a_reader_joins_a_module_on_its_line(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        board = add_board(session, AT, BoardForm(school.bridge, "Lobby", "usb4", 7, 2, 2, osdp=True), BY)
        add_reader(session, AT, ReaderForm(door.id, "Outside", "usb4", 8, ("H10301",)), BY)
        with pytest.raises(ReadersError, match="is no OSDP module") as caught:
            edit_board(session, AT, board.id, replace(form_of(board), osdp=False), board.version, BY)
        assert caught.value.field == "osdp"
