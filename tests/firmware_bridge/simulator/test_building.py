from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial
from pymodbus.client import ModbusSerialClient

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.protocol.em4100 import Framing, TagFrames
from firmware_bridge.protocol.osdp.commands import OutputControl, OutputOrder, Poll, SetKey, SetOutputs
from firmware_bridge.protocol.osdp.replies import Ack, Nak, RawCard
from firmware_bridge.protocol.osdp.secure import SCBK_D
from firmware_bridge.simulator.board import Board
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BoardConfig, BuildingConfig, LineConfig, LineKind, TagReaderConfig
from firmware_bridge.simulator.desk import CannotDoError, Desk
from firmware_bridge.simulator.doors import Doing, Door
from firmware_bridge.simulator.line import PathTakenError
from firmware_bridge.simulator.peripheral import ReaderFaults
from firmware_bridge.simulator.relay_log import read_relay_log
from firmware_bridge.simulator.requests import Present

CARD = Bits(0x1234567, 26)


def test_a_card_travels_over_the_line_and_a_person_goes_in(
    school: BuildingConfig, panel_on: Callable[..., Any]
) -> None:
    with VirtualBuilding(school) as building:
        line_a, line_b = (str(line.path) for line in school.lines[:2])
        board = ModbusSerialClient(line_b, baudrate=115200, timeout=1)
        assert board.connect()
        with serial.Serial(line_a, 115200, exclusive=True) as port:
            panel = panel_on(port, 0)
            assert panel.secure()
            building.present(1, CARD)
            assert panel.ask(Poll()) == RawCard(0, 0, CARD)
            maria = building.walk(1)
            assert maria.doing is Doing.WAITING
            board.write_coil(address=0, value=True, device_id=1)
            assert building.wait_for(lambda: building.world.doors[1].open)
            assert board.read_discrete_inputs(0, count=2, device_id=1).bits[:2] == [True, False]
            board.write_coil(address=0, value=False, device_id=1)
            assert building.wait_for(lambda: maria.over)
            assert maria.doing.value == "passed"
            assert isinstance(panel.ask(Poll()), Ack)
        board.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
    assert school.relay_log is not None
    written = read_relay_log(school.relay_log)
    assert [line["on"] for line in written if line["what"] == "output"] == [True, False]
    assert "card_fetched" in [line["what"] for line in written]
    assert not any(line.path.exists() or line.path.is_symlink() for line in school.lines)


def test_a_new_reader_is_given_a_key_and_keeps_it_over_everything(
    school: BuildingConfig, panel_on: Callable[..., Any]
) -> None:
    key = b"sixteen byte key"
    with VirtualBuilding(school), serial.Serial(str(school.lines[0].path), 115200) as port:
        panel = panel_on(port, 1)
        assert isinstance(panel.ask(SetKey(key)), Nak), "a key in clear is refused"
        assert panel.secure(SCBK_D)
        assert panel.ask(SetKey(key)) == Ack()
    with VirtualBuilding(school) as building, serial.Serial(str(school.lines[0].path), 115200) as port:
        panel = panel_on(port, 1)
        assert not panel.secure(SCBK_D)
        assert panel.secure(key)
        building.restart_reader(2)
        assert panel.secure(key)


def test_a_timed_output_falls_back_by_itself(school: BuildingConfig, panel_on: Callable[..., Any]) -> None:
    with VirtualBuilding(school) as building, serial.Serial(str(school.lines[0].path), 115200) as port:
        panel = panel_on(port, 1)
        assert panel.ask(SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 1),))) == Ack()
        assert building.world.doors[2].released
        assert building.wait_for(lambda: not building.world.doors[2].released)


def test_a_scanned_pass_comes_out_of_the_scanner_line(school: BuildingConfig) -> None:
    with VirtualBuilding(school) as building, serial.Serial(str(school.lines[2].path), 115200, timeout=2) as port:
        building.scan(3, "A PASS")
        assert port.read_until(b"\r") == b"A PASS\r"


@pytest.mark.parametrize("framing", Framing)
def test_a_tag_comes_out_of_a_tag_readers_line(tmp_path: Path, framing: Framing) -> None:
    line = LineConfig("T", LineKind.EM4100, tmp_path / "T", 115200)
    config = BuildingConfig(lines=(line,), tag_readers=(TagReaderConfig(4, "T", framing),))
    first, second = (Bits(0x04006A1C2B + i, 40) for i in range(2))
    with VirtualBuilding(config) as building, serial.Serial(str(line.path), 115200, timeout=5) as port:
        building.present(4, first)
        building.present(4, second)
        frames, tags = TagFrames(), set[int]()
        while len(tags) < 2:
            data = port.read(1)
            assert data
            tags |= {int.from_bytes(tag) for tag in frames.feed(data, 1.0)}
        assert tags == {first.value, second.value}
        assert (frames.rejected, frames.stray) == (0, 0)
        with pytest.raises(CannotDoError, match="A tag has 40 bits, and these are 26"):
            Desk(building).carry_out(Present(reader=4, bits="1" * 26))


def test_usb_boards_hang_on_cables_of_their_own(tmp_path: Path) -> None:
    lines = tuple(
        LineConfig(kind.value, kind, tmp_path / kind.value, 115200) for kind in (LineKind.LCUS, LineKind.NUMATO)
    )
    boards = (BoardConfig(1, "lcus", 1, 4, 0), BoardConfig(2, "numato", 1, 4, 0))
    with VirtualBuilding(BuildingConfig(lines=lines, boards=boards)) as building:
        with serial.Serial(str(lines[0].path), 115200, timeout=5) as port:
            port.write(bytes.fromhex("A00201A3FF"))
            assert port.read(4) == b"\x00\x01\x00\x00"
        with serial.Serial(str(lines[1].path), 115200, timeout=5) as port:
            port.write(b"relay on 3\r")
            assert port.read_until(b">") == b"relay on 3\n\r>"
        board = building.boards[2]
        assert isinstance(board, Board)
        assert board.coils == [False, False, False, True]
        building.set_board_faults(2, garbage=True, refuses=True)
        assert board.garbage
        building.clear_faults()
        assert not any((board.garbage, board.refuses))


def test_a_welded_relay_is_acknowledged_and_does_not_move(school: BuildingConfig) -> None:
    with VirtualBuilding(school) as building:
        board = ModbusSerialClient(str(school.lines[1].path), baudrate=115200, timeout=1)
        assert board.connect()
        board.write_coil(address=0, value=True, device_id=1)
        building.world.stick_relay(Point(DeviceKind.BOARD, 1, 0), at=True)
        board.write_coil(address=0, value=False, device_id=1)
        assert board.read_coils(0, count=1, device_id=1).bits[0] is False
        assert building.world.doors[1].released
        building.clear_faults()
        assert not building.world.doors[1].released
        board.close()


def test_a_door_that_is_jammed_stays_open_and_says_so(school: BuildingConfig) -> None:
    with VirtualBuilding(school) as building:
        building.world.doors[1].jammed_open = True
        assert building.at_door(1, Door.leave)
        assert not building.at_door(1, Door.close)
        assert building.world.inputs[Point(DeviceKind.BOARD, 1, 0)]
        building.clear_faults()
        assert building.at_door(1, Door.close)
        assert not building.world.inputs[Point(DeviceKind.BOARD, 1, 0)]


def test_a_dead_reader_is_silent_and_its_neighbour_is_not(school: BuildingConfig, panel_on: Callable[..., Any]) -> None:
    with VirtualBuilding(school) as building, serial.Serial(str(school.lines[0].path), 115200) as port:
        building.set_reader_faults(1, ReaderFaults(dead=True))
        assert not panel_on(port, 0).secure()
        assert panel_on(port, 1).ask(Poll()) == Ack()
        building.clear_faults()
        assert panel_on(port, 0).secure()


def test_a_second_building_cannot_take_the_same_lines(school: BuildingConfig) -> None:
    with (
        VirtualBuilding(school),
        pytest.raises(PathTakenError, match="another simulator that is running"),
        VirtualBuilding(school),
    ):
        pass
