"""Numato modules over a pty."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    InputChanged,
    InputState,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    Proof,
)
from firmware_bridge.devices import board_state
from firmware_bridge.simulator.line import LineFaults
from firmware_bridge.simulator.usb_board import NumatoLine
from tests.firmware_bridge.devices.modbus_rack import drive, relay
from tests.firmware_bridge.devices.usb_rack import UsbRack, usb_rack


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_state, "READ_BACK_S", 0.2)
    monkeypatch.setattr(board_state, "QUIET_POLL_S", 0.1)


def test_relays_are_acknowledged_and_read_back(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", outputs=16)) as rack:
        rack.begin()
        rack.port.submit(drive(1, 12, urgency=Urgency.EMERGENCY))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 12) and e.proof is Proof.ACKNOWLEDGED)
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 12) and e.energised and e.proof is Proof.READ_BACK)
        assert rack.board.coils[12]
        rack.port.submit(drive(1, 1, lease_s=0.3))
        assert rack.said.wait(OutputLapsed).point == relay(1, 1)
        rack.wait_coil(1, on=False)
        rack.port.stop()
        assert not any(rack.board.coils)


def test_pins_are_inputs(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", inputs=3)) as rack:
        rack.world.set_input(relay(1, 2), active=True)
        rack.begin()
        rack.said.wait_input(relay(1, 2), InputState.ACTIVE)
        rack.said.wait_input(relay(1, 0), InputState.NORMAL)
        rack.world.set_input(relay(1, 0), active=True)
        rack.said.wait_input(relay(1, 0), InputState.ACTIVE)


def test_what_stood_in_the_line_buffer_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rack = UsbRack(tmp_path / "U")
    asked: list[list[str]] = []
    value = NumatoLine._value

    def noted(line: NumatoLine, words: list[str]) -> str:
        asked.append(words)
        return value(line, words)

    monkeypatch.setattr(NumatoLine, "_value", noted)
    with usb_rack(rack):
        with rack.line.path.open("wb", buffering=0) as port:
            port.write(b"relay on")
        rack.begin()
        rack.port.submit(drive(1, 0))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 0) and e.energised)
        assert rack.board.coils == [True, False, False, False]
        assert asked[0] == ["relay", "on"]
        assert not [words for words in asked if "onrelay" in words]


@pytest.mark.parametrize("fault", ["dead", "garbage", "partial", "foreign"])
@pytest.mark.usefixtures("soon")
def test_a_module_that_is_not_itself_is_lost_and_found_again(tmp_path: Path, fault: str) -> None:
    with usb_rack(UsbRack(tmp_path / "U", inputs=1)) as rack:
        rack.begin()
        setattr(rack.board, fault, True)
        assert "does not answer" in rack.said.wait_link(1, LinkState.DOWN).why
        rack.said.forget()
        setattr(rack.board, fault, False)
        rack.said.wait_link(1, LinkState.UP)
        rack.said.wait_input(relay(1, 0), InputState.NORMAL)
        rack.port.submit(drive(1, 1))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1) and e.energised)


@pytest.mark.usefixtures("soon")
def test_a_module_that_will_not_is_told_in_words(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U")) as rack:
        rack.begin()
        rack.board.refuses = True
        rack.port.submit(drive(1, 1))
        assert "refused to switch output 1" in rack.said.wait(OutputFailed).why


@pytest.mark.usefixtures("soon")
def test_pins_that_a_module_has_not_got_are_said_once(tmp_path: Path) -> None:
    rack = UsbRack(tmp_path / "U", inputs=2)
    rack.port.reconfigure([rack.built.__class__(1, "Relays", "U", 1, 4, 3)])
    with usb_rack(rack):
        rack.port.start()
        rack.said.wait(BoardLinkChanged, lambda e: "refuses to tell its 3 inputs" in e.why)
        assert not [e for e in rack.said.events if isinstance(e, InputChanged)]


@pytest.mark.usefixtures("soon")
def test_a_module_that_is_unplugged_is_missed_and_taken_back(tmp_path: Path) -> None:
    rack = UsbRack(tmp_path / "U")
    with usb_rack(rack):
        rack.begin()
        rack.line.stop()
        assert "gone" in rack.said.wait(PortChanged, lambda e: not e.up).why
        rack.said.forget()
        rack.line.start()
        rack.said.wait_link(1, LinkState.UP)
        rack.port.submit(drive(1, 0))
        rack.wait_coil(0, on=True)


def test_a_bad_cable_delivers_all_the_same(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U")) as rack:
        rack.begin()
        rack.line.set_faults(LineFaults(garble=0.003, drop=0.003))
        for index in range(4):
            rack.port.submit(drive(1, index))
        for index in range(4):
            rack.wait_coil(index, on=True)
        rack.line.set_faults(LineFaults())
