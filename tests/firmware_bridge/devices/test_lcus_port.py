"""LCUS boards over a pty: those that tell where their relays are, and those that say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    InputChanged,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    Proof,
)
from firmware_bridge.devices import board_state, lcus_port
from firmware_bridge.simulator.config import Tells
from firmware_bridge.simulator.line import LineFaults
from tests.firmware_bridge.devices.modbus_rack import drive, relay
from tests.firmware_bridge.devices.usb_rack import UsbRack, usb_rack

TELLING = [("probe", Tells.BYTES), ("probe", Tells.LINES), ("replying", Tells.FRAMES)]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What otherwise takes seconds."""
    monkeypatch.setattr(board_state, "READ_BACK_S", 0.2)
    monkeypatch.setattr(board_state, "STRAY_GRACE_S", 0.3)
    monkeypatch.setattr(lcus_port, "_PROBE_SOON_S", 0.2)
    monkeypatch.setattr(lcus_port, "PROBE_AGAIN_S", 0.2)
    monkeypatch.setattr(board_state, "QUIET_POLL_S", 0.1)


@pytest.mark.parametrize(("variant", "tells"), TELLING)
def test_a_board_that_tells_is_read_back(tmp_path: Path, variant: str, tells: Tells) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant=variant, tells=tells)) as rack:
        rack.begin()
        assert rack.said.wait(BoardLinkChanged).why == ""
        rack.port.submit(drive(1, 2, urgency=Urgency.EMERGENCY))
        rack.wait_coil(2, on=True)
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 2) and e.energised and e.proof is Proof.READ_BACK)
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 3) and not e.energised)
        rack.port.stop()
        assert not any(rack.board.coils)


@pytest.mark.parametrize("variant", ["probe", "silent"])
@pytest.mark.usefixtures("soon")
def test_a_board_that_tells_nothing_works_and_is_never_proved(
    tmp_path: Path, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_state, "STRAY_GRACE_S", 0.0)
    with usb_rack(UsbRack(tmp_path / "U", variant=variant, tells=Tells.NOTHING)) as rack:
        rack.begin()
        assert "tells no status" in rack.said.wait(BoardLinkChanged).why
        rack.port.submit(drive(1, 0))
        rack.wait_coil(0, on=True)
        rack.port.submit(drive(1, 0, on=False, urgency=Urgency.EMERGENCY))
        rack.wait_coil(0, on=False)
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 3))
        assert {e.proof for e in rack.said.events if isinstance(e, OutputProved)} == {Proof.SENT}
        rack.port.submit(drive(1, 1))
        rack.wait_coil(1, on=True)
        rack.port.stop()
        rack.wait_coil(1, on=False)


@pytest.mark.usefixtures("soon")
def test_a_board_that_cannot_be_asked_is_told_off_again_and_a_leased_relay_is_left_alone(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant="silent", tells=Tells.NOTHING)) as rack:
        rack.begin()
        rack.port.submit(drive(1, 0))
        rack.wait_coil(0, on=True)
        rack.board.write(3, [True])
        rack.wait_coil(3, on=False)
        rack.board.write(3, [True])
        rack.wait_coil(3, on=False)
        assert rack.board.coils[0]


def test_a_lease_ends_also_on_a_board_that_tells_nothing(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant="silent", tells=Tells.NOTHING)) as rack:
        rack.begin()
        rack.port.submit(drive(1, 0, lease_s=0.3))
        rack.wait_coil(0, on=True)
        assert rack.said.wait(OutputLapsed).point == relay(1, 0)
        rack.wait_coil(0, on=False)


@pytest.mark.usefixtures("soon")
def test_a_board_that_starts_late_is_found_to_tell(tmp_path: Path) -> None:
    rack = UsbRack(tmp_path / "U", variant="probe")
    rack.board.dead = True
    with usb_rack(rack):
        rack.begin()
        assert "tells no status" in rack.said.wait(BoardLinkChanged).why
        rack.board.dead = False
        rack.said.wait(BoardLinkChanged, lambda e: e.state is LinkState.UP and not e.why)
        rack.said.wait(OutputProved, lambda e: e.proof is Proof.READ_BACK)


@pytest.mark.parametrize("fault", ["dead", "garbage", "partial"])
@pytest.mark.parametrize(("variant", "tells"), TELLING)
@pytest.mark.usefixtures("soon")
def test_a_board_that_stops_telling_is_lost_and_found_again(
    tmp_path: Path, variant: str, tells: Tells, fault: str
) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant=variant, tells=tells)) as rack:
        rack.begin()
        setattr(rack.board, fault, True)
        lost = rack.said.wait_link(1, LinkState.DOWN)
        assert "does not answer" in lost.why
        rack.said.forget()
        setattr(rack.board, fault, False)
        rack.said.wait_link(1, LinkState.UP)
        rack.port.submit(drive(1, 1))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1) and e.energised)
        rack.wait_coil(1, on=True)


def test_a_slow_board_is_served_all_the_same(tmp_path: Path) -> None:
    rack = UsbRack(tmp_path / "U", variant="probe")
    rack.board.slow_s = 0.1
    with usb_rack(rack):
        rack.begin()
        rack.port.submit(drive(1, 1))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1) and e.proof is Proof.READ_BACK)
        assert all(e.state is LinkState.UP for e in rack.said.events if isinstance(e, BoardLinkChanged))


def test_a_relay_that_does_not_move_is_told_as_it_is(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant="probe")) as rack:
        rack.begin()
        rack.board.refuses = True
        rack.said.forget()
        rack.port.submit(drive(1, 1))
        told = rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1))
        assert (told.energised, told.proof) == (False, Proof.READ_BACK)


@pytest.mark.usefixtures("soon")
def test_a_board_that_loses_its_power_for_a_moment_is_found_out(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant="probe")) as rack:
        rack.begin()
        rack.port.submit(drive(1, 1))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1) and e.energised)
        rack.said.forget()
        rack.board.restart()
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1) and not e.energised)
        rack.port.submit(drive(1, 1))
        rack.wait_coil(1, on=True)


@pytest.mark.parametrize(("variant", "tells"), [("probe", Tells.BYTES), ("silent", Tells.NOTHING)])
@pytest.mark.usefixtures("soon")
def test_a_board_that_is_unplugged_is_missed_and_taken_back(tmp_path: Path, variant: str, tells: Tells) -> None:
    rack = UsbRack(tmp_path / "U", variant=variant, tells=tells)
    with usb_rack(rack):
        rack.begin()
        rack.port.submit(drive(1, 0))
        rack.wait_coil(0, on=True)
        rack.line.stop()
        lost = rack.said.wait(PortChanged, lambda e: not e.up)
        assert "gone" in lost.why
        rack.said.wait_link(1, LinkState.DOWN)
        rack.board.restart()
        rack.said.forget()
        rack.line.start()
        rack.said.wait_link(1, LinkState.UP)
        rack.port.submit(drive(1, 0))
        rack.wait_coil(0, on=True)


@pytest.mark.usefixtures("soon")
def test_a_bad_cable_delivers_all_the_same(tmp_path: Path) -> None:
    with usb_rack(UsbRack(tmp_path / "U", variant="probe")) as rack:
        rack.begin()
        rack.line.set_faults(LineFaults(garble=0.01, drop=0.01))
        for index in range(4):
            rack.port.submit(drive(1, index))
        rack.world.wait_for(lambda: all(rack.board.coils), 20)
        rack.line.set_faults(LineFaults())


def test_more_channels_than_are_used_do_no_harm_and_more_than_there_are_do_not_answer(tmp_path: Path) -> None:
    rack = UsbRack(tmp_path / "U", variant="probe", outputs=8)
    rack.port.reconfigure([rack.built.__class__(1, "Relays", "U", 1, 2, 0)])
    with usb_rack(rack):
        rack.begin()
        rack.port.submit(drive(1, 5))
        assert "no output 5" in rack.said.wait(OutputFailed).why
        rack.port.submit(drive(1, 1))
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1) and e.energised and e.proof is Proof.READ_BACK)


@pytest.mark.usefixtures("soon")
def test_what_a_board_tells_of_channels_that_are_not_used_is_not_taken_for_the_next_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("QUIET_POLL_S", "READ_BACK_S", "STRAY_GRACE_S"):
        monkeypatch.setattr(board_state, pause, 1000.0)
    rack = UsbRack(tmp_path / "U", variant="probe", outputs=8)
    rack.port.reconfigure([rack.built.__class__(1, "Relays", "U", 1, 2, 0)])
    with usb_rack(rack):
        rack.line.set_faults(LineFaults(byte_wise=True))
        rack.begin()
        rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1))
        for on in (True, False, True, False, True):
            rack.said.forget()
            for index in range(2):
                rack.port.submit(drive(1, index, on=on))
            rack.said.wait(OutputProved, lambda e: e.point == relay(1, 1))
            assert [e.energised for e in rack.said.events if isinstance(e, OutputProved)] == [on, on]


def test_inputs_that_the_board_has_not_got_are_said_once(tmp_path: Path) -> None:
    rack = UsbRack(tmp_path / "U", variant="probe", inputs=2)
    with usb_rack(rack):
        rack.port.start()
        rack.said.wait(BoardLinkChanged, lambda e: "refuses to tell its 2 inputs" in e.why)
        rack.port.submit(drive(1, 1))
        rack.wait_coil(1, on=True)
        refusals = [e for e in rack.said.events if isinstance(e, BoardLinkChanged) and "refuses" in e.why]
        assert len(refusals) == 1
        assert not [e for e in rack.said.events if isinstance(e, InputChanged)]
