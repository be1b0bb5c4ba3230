from __future__ import annotations

import pytest

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.protocol.lcus import STATUS, command, parse_status
from firmware_bridge.simulator.board import Board
from firmware_bridge.simulator.config import BoardConfig, Tells
from firmware_bridge.simulator.usb_board import LcusLine, NumatoLine
from firmware_bridge.simulator.wire import Heard
from firmware_bridge.simulator.world import World


def board_of(world: World, tells: Tells = Tells.BYTES, *, outputs: int = 4, inputs: int = 0) -> Board:
    return Board(BoardConfig(1, "U", 1, outputs, inputs, tells), world)


def ask(line: LcusLine | NumatoLine, data: bytes, at_s: float = 1.0) -> bytes:
    return b"".join(answer.data for answer in line.receive(Heard(data, at_s, 9600)))


@pytest.mark.parametrize("tells", [Tells.BYTES, Tells.LINES])
def test_an_lcus_board_moves_its_relays_and_tells_where_they_are(world: World, tells: Tells) -> None:
    line = LcusLine(board_of(world, tells))
    assert ask(line, command(3, 1)) == b""
    assert world.outputs == {Point(DeviceKind.BOARD, 1, 2): True}
    assert parse_status(ask(line, STATUS), 4) == (False, False, True, False)
    assert ask(line, command(5, 1) + b"\xa0\x01\x01\x00" + command(3, 0)) == b""
    assert parse_status(ask(line, STATUS), 4) == (False,) * 4


def test_a_replying_board_answers_each_command_and_question(world: World) -> None:
    line = LcusLine(board_of(world, Tells.FRAMES))
    assert ask(line, command(2, 3)) == command(2, 1)
    assert ask(line, command(2, 5)) == command(2, 1)
    assert ask(line, command(2, 2)) == command(2, 0)


def test_a_simple_board_is_out_of_step_after_one_stray_byte_and_in_step_after_four(world: World) -> None:
    board = board_of(world, Tells.NOTHING)
    line = LcusLine(board)
    assert ask(line, STATUS) == b""
    ask(line, command(1, 1))
    assert not board.coils[0]
    ask(line, STATUS * 3)
    ask(line, command(1, 1))
    assert board.coils[0]


def test_a_numato_module_echoes_answers_and_prompts(world: World) -> None:
    board = board_of(world, outputs=16, inputs=2)
    line = NumatoLine(board)
    assert ask(line, b"relay on A") == b""
    assert ask(line, b"\r") == b"relay on A\n\r>"
    assert ask(line, b"relay readall\r") == b"relay readall\n\r0400\n\r>"
    world.set_input(Point(DeviceKind.BOARD, 1, 1), active=True)
    assert ask(line, b"gpio read 0\rgpio read 1\r") == b"gpio read 0\n\r0\n\r>gpio read 1\n\r1\n\r>"
    assert ask(line, b"\r") == b"\n\r>"
    assert ask(line, b"relay on Z\r") == b"relay on Z\n\r>"
    assert sum(board.coils) == 1
    assert ask(line, b"x" * 1000) == b""


def test_faults_of_a_board(world: World) -> None:
    board = board_of(world)
    line = LcusLine(board)
    board.dead = True
    assert ask(line, command(1, 1) + STATUS) == b""
    assert not board.coils[0]
    board.dead, board.partial = False, True
    assert ask(line, STATUS) == b"\x00\x00"
    board.partial, board.garbage = False, True
    assert ask(line, STATUS) == b"\x5a" * 4
    board.garbage, board.slow_s = False, 2.0
    assert line.receive(Heard(STATUS, 1.0, 9600))[0].begin_s == 3.0
    board.foreign = True
    ask(line, command(1, 1))
    assert parse_status(ask(line, STATUS), 4) == (False, False, False, True)
    board.refuses = True
    ask(line, command(2, 1))
    assert board.coils == [True, False, False, False]
    assert b"unknown" in ask(NumatoLine(board), b"relay on 1\r")
