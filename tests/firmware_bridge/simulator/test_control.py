from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from access_control.core.credentials.bits import Bits
from firmware_bridge.protocol.osdp.commands import Poll
from firmware_bridge.protocol.osdp.replies import Ack, Keypad, RawCard
from firmware_bridge.simulator.board import Board
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BuildingConfig
from firmware_bridge.simulator.control import ControlServer
from firmware_bridge.simulator.line import PathTakenError
from firmware_bridge.simulator.remote import AskedInVainError, Remote

CARD = "10111101100010001110101110"


@pytest.fixture
def building(school: BuildingConfig) -> Iterator[VirtualBuilding]:
    assert school.control is not None
    with VirtualBuilding(school) as building:
        control = ControlServer(building, school.control)
        control.start()
        yield building
        control.stop()
    assert not school.control.exists()


@pytest.fixture
def remote(building: VirtualBuilding) -> Iterator[Remote]:
    assert building.config.control is not None
    with Remote(building.config.control) as remote:
        yield remote


def test_cards_keys_and_passes_are_presented(
    building: VirtualBuilding, remote: Remote, panel_on: Callable[..., Any]
) -> None:
    lines = {line.name: str(line.path) for line in building.config.lines}
    remote.ask("present", reader=1, bits=CARD)
    remote.ask("present", reader=1, hex="2F623AE", length=26)
    remote.ask("keys", reader=1, digits="1234#")
    with serial.Serial(lines["A"], 115200) as port:
        panel = panel_on(port, 0)
        assert panel.secure()
        card = RawCard(0, 0, Bits(int(CARD, 2), 26))
        assert [panel.ask(Poll()) for _ in range(4)] == [card, card, Keypad(0, b"1234\r"), Ack()]
    with serial.Serial(lines["S"], 115200, timeout=5) as port:
        remote.ask("present", reader=3, text="A PASS")
        assert port.read_until(b"\r") == b"A PASS\r"


def test_people_walk_and_doors_are_moved_by_hand(remote: Remote) -> None:
    assert remote.ask("walk", door=1, out=True, wait=True)["doing"] == "passed"
    assert remote.ask("walk", door=1, bits=CARD, patience_s=0.1, wait=True)["doing"] == "gave_up"
    assert remote.ask("walk", door=1, text="A PASS", patience_s=5)["doing"] == "waiting"
    assert remote.ask("door", door=1, action="open")["done"] is False
    assert remote.ask("door", door=1, action="exit")["done"] is True
    remote.ask("door", door=1, action="press_rex")
    state = remote.ask("state")["state"]
    assert (state["doors"]["1"]["open"], state["doors"]["1"]["rex"]) == (True, True)
    assert state["inputs"]["board 1.1"] is True
    remote.ask("door", door=1, action="release_rex")
    assert remote.ask("door", door=1, action="close")["done"] is True
    assert remote.ask("door", door=1, action="force")["done"] is True
    assert remote.ask("state")["state"]["inputs"] == {"board 1.0": True, "board 1.1": False}


def test_faults_come_show_and_go(remote: Remote) -> None:
    remote.ask("fault_line", line="A", cut=True, garble=0.5)
    remote.ask("fault_reader", reader=1, dead=True, gap_chars=2, tampered=True)
    remote.ask("fault_board", board=1, slow_s=0.5)
    remote.ask("fault_door", door=1, contact_stuck=True, lock_stuck=True)
    remote.ask("fault_relay", point="board 1.5", stuck=True)
    remote.ask("input", point="board 1.7", active=True)
    remote.ask("input", point="board 1.6", active=True)
    remote.ask("cut", point="board 1.6")
    assert remote.ask("state")["state"]["inputs"]["board 1.6"] is False
    state = remote.ask("state")["state"]
    assert state["readers"]["1"]["faults"]["dead"] is True
    assert state["readers"]["1"]["tampered"] is True
    assert state["boards"]["1"]["slow_s"] == 0.5
    assert (state["doors"]["1"]["contact"], state["doors"]["1"]["released"]) == (True, True)
    assert state["outputs"]["board 1.5"] is True
    assert state["inputs"]["board 1.7"] is True
    remote.ask("clear")
    state = remote.ask("state")["state"]
    assert state["inputs"]["board 1.6"] is True
    assert state["lines"]["A"]["faults"]["cut"] is False
    assert state["readers"]["1"]["faults"]["dead"] is False
    assert state["readers"]["1"]["tampered"] is False
    assert (state["doors"]["1"]["contact"], state["doors"]["1"]["released"]) == (False, False)
    assert state["outputs"]["board 1.5"] is False


def _relay_board(building: VirtualBuilding) -> Board:
    board = building.boards[1]
    assert isinstance(board, Board)
    return board


def test_restarts(building: VirtualBuilding, remote: Remote) -> None:
    _relay_board(building).write(0, [True])
    remote.ask("restart", board=1)
    remote.ask("restart", reader=1)
    assert remote.ask("state")["state"]["outputs"]["board 1.0"] is False


def test_whoever_watches_sees_what_happens(building: VirtualBuilding) -> None:
    assert building.config.control is not None
    with Remote(building.config.control) as watcher, Remote(building.config.control) as other:
        happenings = watcher.watch()
        other.ask("fault_board", board=1)
        first = next(happenings)
        assert (first["what"], first["on"]) == ("fault", "board 1")
        _relay_board(building).write(0, [True])
        seen = [next(happenings) for _ in range(2)]
        assert [(h["what"], h["door"]) for h in seen] == [("output", 1), ("lock", 1)]
        assert seen[0]["at"].endswith("Z")


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"do": "dance"}, "Invalid value 'dance'"),
        ({"do": "present", "reader": 1}, "Present either a card"),
        ({"do": "present", "reader": 1, "bits": "012"}, "The card cannot be read"),
        ({"do": "present", "reader": 1, "hex": "FF"}, "needs its length"),
        ({"do": "present", "reader": 1, "hex": "FF", "length": 4}, "does not fit in 4 bits"),
        ({"do": "present", "reader": 9, "bits": "1"}, "There is no card reader 9; there are: 1, 2."),
        ({"do": "present", "reader": 1, "text": "PASS"}, "There is no scanner 1; there are: 3."),
        ({"do": "keys", "reader": 1, "digits": "abc"}, "Keys are"),
        ({"do": "walk", "door": 2, "text": "PASS"}, "Door 2 has no reader for that."),
        ({"do": "walk", "door": 5}, "There is no door 5; there are: 1, 2."),
        ({"do": "door", "door": 1, "action": "kick"}, "Invalid enum value 'kick'"),
        ({"do": "input", "point": "5", "active": True}, "'5' does not name a point"),
        ({"do": "restart"}, "Restart either a reader or a board."),
        ({"do": "fault_line", "line": "Z"}, "There is no line Z; there are: A, B, S."),
        ({"do": "fault_reader", "reader": 1, "deaf": True}, "unknown field `deaf`"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(remote: Remote, request_: dict[str, Any], why: str) -> None:
    with pytest.raises(AskedInVainError) as refused:
        remote.ask(**request_)
    assert why in str(refused.value)
    assert remote.ask("state")["ok"], "the connection goes on"


def test_only_its_user_may_use_the_socket(building: VirtualBuilding) -> None:
    assert building.config.control is not None
    assert building.config.control.stat().st_mode & 0o777 == 0o600


def test_a_socket_in_use_is_refused_and_a_dead_one_replaced(building: VirtualBuilding, tmp_path: Path) -> None:
    assert building.config.control is not None
    with pytest.raises(PathTakenError, match="Another simulator that is running"):
        ControlServer(building, building.config.control).start()
    dead = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(dead))
    control = ControlServer(building, dead)
    control.start()
    with Remote(dead) as remote:
        assert remote.ask("state")["ok"]
    control.stop()


@pytest.mark.parametrize("where", ["file", "nowhere/control", "x" * 120])
def test_a_path_where_no_socket_can_be_is_said(building: VirtualBuilding, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("my thesis")
    with pytest.raises(PathTakenError):
        ControlServer(building, tmp_path / where).start()
    assert (tmp_path / "file").read_text() == "my thesis"


def test_a_caller_learns_that_the_simulator_has_gone(school: BuildingConfig) -> None:
    assert school.control is not None
    with VirtualBuilding(school) as building:
        control = ControlServer(building, school.control)
        control.start()
        with Remote(school.control) as remote:
            remote.ask("stop")
            assert control.desk.stop_asked.wait(10)
            control.stop()
            with pytest.raises((ConnectionError, BrokenPipeError)):
                remote.ask("state")
