"""Relay boards over a real pty at 38400 baud, answered by pymodbus's own server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import serial

from access_control.core.decision.model import Board, DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
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
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.simulator.line import LineFaults
from tests.building.processes import until
from tests.firmware_bridge.devices.modbus_rack import Rack, Said, drive, rack_at, relay


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    with rack_at(tmp_path / "B") as rack:
        yield rack


def test_a_board_that_answers_tells_all_its_inputs(rack: Rack) -> None:
    rack.world.set_input(relay(2, 3), active=True)
    rack.begin()
    rack.said.wait(InputChanged, lambda event: event.point == relay(2, 3) and event.state is InputState.ACTIVE)
    for index in range(4):
        rack.said.wait_input(relay(1, index), InputState.NORMAL)
    kinds = [type(event) for event in rack.said.events]
    assert kinds.index(BoardLinkChanged) < kinds.index(InputChanged)
    assert rack.said.wait(PortChanged).up


def test_an_input_is_told_when_it_changes_and_only_then(rack: Rack) -> None:
    rack.begin()
    rack.said.wait(InputChanged, lambda event: event.point == relay(2, 3))
    rack.said.wait(InputChanged, lambda event: event.point == relay(1, 3))
    rack.said.forget()
    rack.world.set_input(relay(1, 2), active=True)
    assert rack.said.wait(InputChanged).state is InputState.ACTIVE
    rack.world.set_input(relay(1, 2), active=False)
    rack.said.wait(InputChanged, lambda event: event.state is InputState.NORMAL)
    assert {event.point for event in rack.said.events if isinstance(event, InputChanged)} == {relay(1, 2)}


def test_a_command_is_acknowledged_and_an_urgent_one_is_read_back_at_once(rack: Rack) -> None:
    rack.begin()
    rack.said.forget()
    rack.port.submit(drive(1, 5, urgency=Urgency.EMERGENCY))
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 5) and event.proof is Proof.ACKNOWLEDGED)
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 5) and event.proof is Proof.READ_BACK)
    assert rack.boards[0].coils[5]


def test_commands_that_wait_go_by_urgency(rack: Rack) -> None:
    for index, urgency in enumerate((Urgency.ROUTINE, Urgency.GRANT, Urgency.EMERGENCY)):
        rack.port.submit(drive(1, index, urgency=urgency))
    rack.begin()
    rack.wait_coil(1, 0, on=True)
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 0) and event.energised)
    told = [e for e in rack.said.events if isinstance(e, OutputProved) and e.proof is Proof.ACKNOWLEDGED]
    assert [event.point.index for event in told] == [2, 1, 0]


def test_a_lease_that_nobody_renews_ends_by_itself(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 0, lease_s=0.4))
    rack.wait_coil(1, 0, on=True)
    assert rack.said.wait(OutputLapsed).point == relay(1, 0)
    rack.wait_coil(1, 0, on=False)


def test_a_renewed_lease_goes_on(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 0, lease_s=0.4))
    rack.port.submit(drive(1, 0, lease_s=30))
    rack.port.submit(drive(1, 1, lease_s=0.6))
    assert rack.said.wait(OutputLapsed).point == relay(1, 1)
    assert rack.boards[0].coils[0]


def test_a_relay_that_is_on_without_a_lease_is_switched_off(rack: Rack) -> None:
    rack.boards[1].write(6, [True])
    rack.begin()
    rack.said.wait(OutputProved, lambda event: event.point == relay(2, 6) and event.energised)
    rack.wait_coil(2, 6, on=False)
    assert rack.said.wait(OutputLapsed).point == relay(2, 6)


def test_a_relay_that_should_stay_on_is_not_pulsed_at_a_start(rack: Rack) -> None:
    rack.boards[0].write(2, [True])
    happenings = rack.world.watch()
    rack.begin()
    rack.port.submit(drive(1, 2))
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 2) and event.proof is Proof.ACKNOWLEDGED)
    rack.port.submit(drive(1, 3, lease_s=3))
    rack.said.wait(OutputLapsed, lambda event: event.point == relay(1, 3))
    moved = {happening["point"] for happening in list(happenings.queue) if happening["what"] == "output"}
    assert moved == {str(relay(1, 3))}


def test_a_silent_board_is_told_and_its_neighbour_goes_on(rack: Rack) -> None:
    rack.begin()
    rack.boards[0].dead = True
    lost = rack.said.wait(BoardLinkChanged, lambda event: event.state is LinkState.DOWN)
    assert lost.board == 1
    assert "Board 1 does not answer" in lost.why
    rack.port.submit(drive(1, 0))
    rack.port.submit(drive(2, 0))
    rack.wait_coil(2, 0, on=True)
    rack.said.forget()
    rack.boards[0].dead = False
    rack.said.wait(BoardLinkChanged, lambda event: (event.board, event.state) == (1, LinkState.UP))
    rack.said.wait(InputChanged, lambda event: event.point == relay(1, 3))
    rack.wait_coil(1, 0, on=True)


def test_a_grant_that_comes_too_late_is_dropped_and_told_while_a_lock_waits(rack: Rack) -> None:
    rack.begin()
    rack.boards[0].write(7, [True])
    rack.boards[0].dead = True
    rack.said.wait(BoardLinkChanged, lambda event: event.state is LinkState.DOWN)
    now = SystemClock().monotonic_s()
    rack.port.submit(drive(1, 0, urgency=Urgency.GRANT, lease_s=5, expires=now + 0.3))
    rack.port.submit(drive(1, 7, on=False, urgency=Urgency.EMERGENCY))
    failed = rack.said.wait(OutputFailed)
    assert (failed.point, failed.energised, failed.expired) == (relay(1, 0), True, True)
    rack.boards[0].dead = False
    rack.wait_coil(1, 7, on=False)
    assert not rack.boards[0].coils[0]


def test_a_lock_replaces_a_grant_that_still_waits(rack: Rack) -> None:
    rack.port.submit(drive(1, 0, urgency=Urgency.GRANT))
    rack.port.submit(drive(1, 0, on=False, urgency=Urgency.EMERGENCY))
    happenings = rack.world.watch()
    rack.begin()
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 0) and event.proof is Proof.ACKNOWLEDGED)
    assert all(happening["what"] != "output" for happening in list(happenings.queue))


def test_a_line_that_is_cut_comes_back_by_itself(rack: Rack) -> None:
    rack.begin()
    rack.line.set_faults(LineFaults(cut=True))
    for board in (1, 2):
        rack.said.wait_link(board, LinkState.DOWN)
    rack.said.forget()
    rack.line.set_faults(LineFaults())
    for board in (1, 2):
        rack.said.wait_link(board, LinkState.UP)


def test_a_bad_line_delivers_all_the_same(rack: Rack) -> None:
    rack.begin()
    rack.line.set_faults(LineFaults(garble=0.01, drop=0.005))
    for index in range(8):
        rack.port.submit(drive(2, index))
    for index in range(8):
        rack.wait_coil(2, index, on=True)


def test_what_a_board_has_not_got_is_refused_in_words(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 8))
    assert "Board 1 has no output 8" in rack.said.wait(OutputFailed).why
    rack.said.forget()
    rack.port.submit(drive(3, 0))
    assert "no board 3" in rack.said.wait(OutputFailed).why
    rack.port.submit(ShowAtReader(1, Indication.LOCKED, None, silent=False))


def test_a_board_with_fewer_relays_than_policy_says_refuses(rack: Rack, tmp_path: Path) -> None:
    said = Said()
    port = ModbusPort(
        "B", str(tmp_path / "B"), 38400, [Board(1, "Board 1", "B", 1, 16, 0)], emit=said, clock=SystemClock()
    )
    port.start()
    port.submit(drive(1, 12))
    assert "refused to switch output 12" in said.wait(OutputFailed).why
    port.submit(drive(1, 3))
    rack.wait_coil(1, 3, on=True)
    port.stop()
    rack.wait_coil(1, 3, on=False)


def test_stopping_switches_everything_off(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 0))
    rack.port.submit(drive(2, 7))
    rack.wait_coil(1, 0, on=True)
    rack.wait_coil(2, 7, on=True)
    rack.port.stop()
    rack.wait_coil(1, 0, on=False)
    rack.wait_coil(2, 7, on=False)
    rack.port.stop()


def test_boards_can_be_exchanged_while_it_runs(rack: Rack) -> None:
    rack.begin()
    second = Board(2, "Board 2", "B", 2, 8, 4)
    rack.port.reconfigure([second])
    rack.port.submit(drive(1, 0))
    assert "no board 1" in rack.said.wait(OutputFailed).why
    rack.port.submit(drive(2, 0))
    rack.wait_coil(2, 0, on=True)
    with pytest.raises(ValueError, match="same address"):
        rack.port.reconfigure([second, second])


def test_a_missing_port_is_told_once_and_found_when_it_is_plugged_in(tmp_path: Path) -> None:
    said = Said()
    path = tmp_path / "B"
    port = ModbusPort("B", str(path), 38400, [Board(1, "Board 1", "B", 1, 8, 4)], emit=said, clock=SystemClock())
    port.submit(drive(1, 0, urgency=Urgency.GRANT, expires=SystemClock().monotonic_s() + 0.2))
    port.start()
    told = said.wait(PortChanged)
    assert not told.up
    assert "is not there" in told.why
    assert said.wait(OutputFailed).expired
    with rack_at(path) as rack:
        said.wait(PortChanged, lambda event: event.up)
        said.wait(BoardLinkChanged, lambda event: event.state is LinkState.UP)
        rack.world.set_input(relay(1, 0), active=True)
        said.wait(InputChanged, lambda event: event.state is InputState.ACTIVE)
        port.stop()
    assert sum(isinstance(event, PortChanged) for event in said.events) == 2


def test_a_port_that_another_program_uses_is_told(rack: Rack, tmp_path: Path) -> None:
    with serial.Serial(str(tmp_path / "B"), exclusive=True):
        rack.port.start()
        told = rack.said.wait(PortChanged)
    assert "used by another program" in told.why
    rack.said.wait(PortChanged, lambda event: event.up)


def test_a_port_that_is_pulled_out_is_told_and_its_boards_with_it(tmp_path: Path) -> None:
    with rack_at(tmp_path / "B") as rack:
        rack.begin()
        rack.port.submit(drive(1, 0))
        rack.wait_coil(1, 0, on=True)
        rack.line.stop()
        lost = rack.said.wait(PortChanged, lambda event: not event.up)
        assert "has gone" in lost.why
        assert {e.board for e in rack.said.events if isinstance(e, BoardLinkChanged) and e.state is LinkState.DOWN} == {
            1,
            2,
        }
        rack.port.stop()


def test_two_boards_at_one_address_are_refused() -> None:
    boards = [Board(1, "First", "B", 1, 8, 8), Board(2, "Second", "B", 1, 8, 8)]
    with pytest.raises(ValueError, match="same address"):
        ModbusPort("B", "nowhere", 9600, boards, emit=Said(), clock=SystemClock())


def test_a_command_for_a_reader_is_refused(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(replace(drive(1, 0), point=Point(DeviceKind.READER, 1, 0)))
    assert "no board 1" in rack.said.wait(OutputFailed).why


def test_a_board_that_is_served_no_more_leaves_nothing_switched_on(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 0))
    rack.port.submit(drive(2, 3))
    rack.wait_coil(1, 0, on=True)
    rack.wait_coil(2, 3, on=True)
    rack.port.reconfigure([Board(1, "Renamed", "B", 1, 8, 4)])

    rack.wait_coil(2, 3, on=False)
    assert rack.boards[0].coils[0]


def test_a_thread_that_a_fault_ended_leaves_the_port_to_the_next_one(
    rack: Rack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rack.begin()
    hook = threading.excepthook
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with monkeypatch.context() as broken:
        broken.setattr(rack.port, "_work", lambda: 1 / 0)
        until(lambda: not rack.port.alive(), "the fault ends the thread")
    monkeypatch.setattr(threading, "excepthook", hook)
    following = ModbusPort("B", str(tmp_path / "B"), 38400, [], emit=rack.said, clock=SystemClock())
    rack.said.forget()
    following.start()
    assert rack.said.wait(PortChanged).up
    following.stop()


def grant(board: int, index: int, lease_s: float) -> DriveOutput:
    """A momentary unlock."""
    expires = SystemClock().monotonic_s() + 20.0
    return drive(board, index, lease_s=lease_s, urgency=Urgency.GRANT, expires=expires)


def test_a_board_that_times_pulses_lets_go_although_nobody_tells_it_to(rack: Rack) -> None:
    happenings = rack.world.watch()
    rack.begin()
    rack.port.submit(grant(2, 3, 1.0))
    rack.said.wait(OutputProved, lambda event: event.point == relay(2, 3) and event.energised)
    rack.boards[1].dead = True  # it hears nothing from now on
    rack.wait_coil(2, 3, on=False)
    moved = [told for told in list(happenings.queue) if told["what"] == "output"]
    assert [(told["on"], told["by"]) for told in moved] == [(True, "command"), (False, "timer")]


def test_only_a_momentary_unlock_is_a_pulse_and_a_lock_ends_it(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(grant(2, 3, 30.0))
    rack.wait_coil(2, 3, on=True)
    rack.port.submit(drive(2, 3, on=False, urgency=Urgency.EMERGENCY))
    rack.wait_coil(2, 3, on=False)
    rack.port.submit(drive(2, 4))
    rack.wait_coil(2, 4, on=True)
    assert rack.boards[1]._pulse_ends_s == {}


def test_a_board_that_cannot_time_pulses_is_told_on_and_off_and_says_so_once(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(grant(1, 0, 0.4))
    rack.wait_coil(1, 0, on=True)
    rack.wait_coil(1, 0, on=False)
    rack.port.submit(grant(1, 0, 0.4))
    rack.wait_coil(1, 0, on=True)
    said = [event.why for event in rack.said.events if isinstance(event, BoardLinkChanged) and event.why]
    assert said == ["Board 1 cannot time an unlock itself. Untick that on the console."]
