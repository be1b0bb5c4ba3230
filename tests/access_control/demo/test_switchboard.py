"""Switches break and mend simulated buildings, and know what is broken since when."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access_control.database.engine import Database
from access_control.demo.errors import StageError
from access_control.demo.plan import FIRE_INPUT, Side
from access_control.demo.switchboard import GARBLE, Switchboard
from tests.building.panel_school import Stage, stage

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
PLUGS = {"service_gone-service", "bridge_gone-main", "bridge_gone-arts"}
"""Neither service nor bridges run on this stage."""


class Moving:
    """A clock that goes on by a second each time somebody looks."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def there(database: Database) -> Iterator[Stage]:
    with stage(database) as found:
        yield found


@pytest.fixture
def board(there: Stage) -> Switchboard:
    return Switchboard(there.deeds, there.programs, Moving())


def broken(board: Switchboard, *shut: int) -> set[str]:
    return set(board.standing(shut)) - PLUGS


def line(there: Stage, name: str) -> dict[str, Any]:
    return dict(there.deeds.building(Side.MAIN)["lines"][name]["faults"])


def test_a_switch_says_where_and_what_to_watch_and_stays_pressed(there: Stage, board: Switchboard) -> None:
    said = board.press("reader_dead-2", on=True)
    assert said.startswith("A reader goes dead: door 2, Bus loop. Within a second or two")
    assert there.deeds.building(Side.MAIN)["readers"]["2"]["faults"]["dead"]
    since = board.standing()["reader_dead-2"]
    assert since > AT
    board.press("reader_dead-2", on=True)
    assert board.standing()["reader_dead-2"] == since
    assert board.press("reader_dead-2", on=False) == "Mended: door 2, Bus loop."
    assert not there.deeds.building(Side.MAIN)["readers"]["2"]["faults"]["dead"]
    assert broken(board) == set()


def test_two_faults_of_one_line_are_mended_one_by_one(there: Stage, board: Switchboard) -> None:
    board.press("line_cut-main-A", on=True)
    board.press("line_garbage-main-A", on=True)
    assert (line(there, "A")["cut"], line(there, "A")["garble"]) == (True, GARBLE)
    assert not line(there, "B")["cut"]
    board.press("line_cut-main-A", on=False)
    assert (line(there, "A")["cut"], line(there, "A")["garble"]) == (False, GARBLE)
    assert broken(board) == {"line_garbage-main-A"}


def test_faults_of_one_reader_and_of_one_door_do_not_undo_each_other(there: Stage, board: Switchboard) -> None:
    for key in ("reader_dead-13", "reader_opened-13", "contact_stuck-13", "wedged-13"):
        board.press(key, on=True)
    arts = there.deeds.building(Side.ARTS)
    assert arts["readers"]["13"]["faults"]["dead"]
    assert arts["readers"]["13"]["tampered"]
    assert arts["doors"]["13"]["jammed_open"]
    assert arts["doors"]["13"]["contact_stuck"]
    board.press("wedged-13", on=False)
    arts = there.deeds.building(Side.ARTS)
    assert not arts["doors"]["13"]["jammed_open"]
    assert arts["doors"]["13"]["contact_stuck"]


def test_a_door_that_was_broken_open_is_so_until_somebody_shuts_it(there: Stage, board: Switchboard) -> None:
    board.press("forced-14", on=True)
    assert there.deeds.building(Side.ARTS)["doors"]["14"]["open"]
    assert broken(board) == {"forced-14"}
    there.deeds.at_door(14, "close")
    assert broken(board, 14) == set()


def test_a_lockdown_is_not_mended_with_the_button_that_began_it(board: Switchboard) -> None:
    assert "letting go of the button does not end it" in board.press("panic-main", on=True)
    assert board.press("panic-main", on=False).endswith("is released in the console.")


def test_buildings_and_boards(there: Stage, board: Switchboard) -> None:
    for key in ("fire-main", "board_dead-2", "boards_cut-main-C"):
        board.press(key, on=True)
    main = there.deeds.building(Side.MAIN)
    assert main["inputs"][FIRE_INPUT[Side.MAIN]]
    assert main["boards"]["2"]["dead"]
    assert not main["boards"]["1"]["dead"]
    assert main["lines"]["C"]["faults"]["cut"]


def test_what_there_is_no_switch_for_is_refused(board: Switchboard) -> None:
    for key in ("", "meteor-1", "reader_dead-99", "line_cut-main-C"):
        with pytest.raises(StageError, match="There is no such fault"):
            board.press(key, on=True)


def test_a_program_that_does_not_run_has_its_plug_pulled(board: Switchboard) -> None:
    assert set(board.standing()) == PLUGS
    assert board.standing() == board.standing()
