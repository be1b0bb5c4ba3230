from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusIOException

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.simulator.board import Board, BoardLine, BoardServers
from firmware_bridge.simulator.config import BoardConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.wire import Heard
from firmware_bridge.simulator.world import World

BAUD = 115200


class Rack:
    """Two boards on a line, and a real Modbus client."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.first, self.second = (Board(BoardConfig(i, "B", i, inputs=16), world) for i in (1, 2))
        self.boards = BoardLine([self.first, self.second], BAUD)
        self.line = Line(path, BAUD, [self.boards])
        self.client = ModbusSerialClient(str(path), baudrate=BAUD, timeout=0.3, retries=0)


@pytest.fixture
def rack(world: World, tmp_path: Path) -> Iterator[Rack]:
    rack = Rack(world, tmp_path / "B")
    rack.boards.open()
    servers = BoardServers([rack.boards])
    servers.start()
    with rack.line:
        assert rack.client.connect()
        yield rack
        rack.client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
    servers.stop()
    rack.boards.close()


def relay(board: int, index: int) -> Point:
    return Point(DeviceKind.BOARD, board, index)


def test_coils_move_relays_and_read_back(rack: Rack) -> None:
    assert not rack.client.write_coil(address=3, value=True, device_id=1).isError()
    assert rack.world.outputs == {relay(1, 3): True}
    assert rack.client.read_coils(0, count=8, device_id=1).bits == [False, False, False, True] + [False] * 4
    assert not rack.client.write_coils(0, [True, False, True], device_id=2).isError()
    assert rack.second.coils == [True, False, True] + [False] * 5


def test_inputs_show_what_is_there_now(rack: Rack) -> None:
    rack.world.set_input(relay(2, 9), active=True)
    bits = rack.client.read_discrete_inputs(0, count=16, device_id=2).bits
    assert [i for i, bit in enumerate(bits) if bit] == [9]
    assert not any(rack.client.read_discrete_inputs(0, count=16, device_id=1).bits)


def test_one_command_to_all_boards_is_carried_out_and_not_answered(rack: Rack) -> None:
    rack.client.write_coil(address=1, value=True, device_id=0, no_response_expected=True)
    assert rack.world.wait_for(lambda: rack.first.coils[1] and rack.second.coils[1], 5)


def test_what_a_board_has_not_got_is_refused(rack: Rack) -> None:
    assert rack.client.write_coil(address=8, value=True, device_id=1).isError()
    assert rack.client.read_discrete_inputs(10, count=8, device_id=1).isError()
    assert rack.client.read_holding_registers(0, count=1, device_id=1).isError()
    assert rack.client.write_register(0, 1, device_id=1).isError()
    assert rack.world.outputs == {}


def test_a_silent_board_leaves_its_neighbour_alone_and_keeps_its_relays(rack: Rack) -> None:
    rack.client.write_coil(address=0, value=True, device_id=1)
    rack.first.dead = True
    with pytest.raises(ModbusIOException):
        rack.client.write_coil(address=0, value=False, device_id=1)
    assert rack.world.outputs[relay(1, 0)]
    assert not rack.client.write_coil(address=0, value=True, device_id=2).isError()
    rack.first.dead = False
    assert rack.client.read_coils(0, count=1, device_id=1).bits[0]


def test_a_board_that_is_not_there_is_silence(rack: Rack) -> None:
    with pytest.raises(ModbusIOException):
        rack.client.read_coils(0, count=1, device_id=9)


def test_a_slow_board_answers_late(rack: Rack) -> None:
    rack.first.slow_s = 0.6
    with pytest.raises(ModbusIOException):
        rack.client.read_coils(0, count=1, device_id=1)
    rack.first.slow_s = 0.05
    assert not rack.client.read_coils(0, count=1, device_id=1).isError()


def test_a_board_that_loses_power_drops_its_relays(rack: Rack) -> None:
    rack.client.write_coils(0, [True, True], device_id=1)
    assert rack.world.outputs[relay(1, 1)]
    rack.first.restart()
    assert not any(rack.world.outputs.values())
    assert not any(rack.client.read_coils(0, count=8, device_id=1).bits)


@pytest.mark.parametrize(
    ("data", "baud"),
    [
        (bytes.fromhex("01050000FF008C3B"), BAUD),
        (bytes.fromhex("01050000FF008C3A"), 9600),
        (b"\x01", BAUD),
        (b"", BAUD),
    ],
    ids=["wrong check", "another speed", "too short", "nothing"],
)
def test_bytes_that_mean_nothing_move_nothing(rack: Rack, data: bytes, baud: int) -> None:
    assert rack.boards.receive(Heard(data, 1.0, baud)) == ()
    assert not rack.client.read_coils(0, count=1, device_id=1).bits[0]
