"""What boards and lines do wrong on a Modbus line, and what their neighbours feel of it: little."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pymodbus.constants import ExcCodes

from access_control.core.decision.model import Board
from firmware_bridge.clock import SystemClock
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
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.simulator.wire import BITS_PER_BYTE, Heard, Transmission
from tests.firmware_bridge.devices.modbus_rack import BAUD, PATIENCE_S, Rack, Said, drive, rack_at, relay


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    with rack_at(tmp_path / "B") as rack:
        yield rack


@pytest.mark.parametrize("fault", ["garbage", "partial", "foreign"])
def test_answers_that_make_no_sense_are_no_answers_and_the_neighbour_goes_on(rack: Rack, fault: str) -> None:
    rack.begin()
    setattr(rack.boards[0], fault, True)
    assert rack.said.wait_link(1, LinkState.DOWN).board == 1
    rack.said.forget()
    rack.port.submit(drive(2, 3, urgency=Urgency.GRANT))
    rack.said.wait(OutputProved, lambda event: event.point == relay(2, 3) and event.energised)
    rack.world.set_input(relay(2, 0), active=True)
    rack.said.wait_input(relay(2, 0), InputState.ACTIVE)
    setattr(rack.boards[0], fault, False)
    rack.said.wait_link(1, LinkState.UP)
    assert {event.board for event in rack.said.events if isinstance(event, BoardLinkChanged)} == {1}


def test_a_slow_board_is_found_served_and_not_lost_again(rack: Rack) -> None:
    rack.boards[0].slow_s = 0.25
    rack.begin()
    rack.said.forget()
    for _ in range(3):
        rack.port.submit(drive(1, 0))
        rack.said.wait(OutputProved, lambda event: event.point == relay(1, 0) and event.energised)
        rack.said.forget()
        rack.port.submit(drive(2, 0))
        rack.said.wait(OutputProved, lambda event: event.point == relay(2, 0) and event.energised)
    assert not [event for event in rack.said.events if isinstance(event, BoardLinkChanged)]


def test_a_board_that_refuses_to_tell_its_inputs_is_said_once_and_its_relays_work(rack: Rack, tmp_path: Path) -> None:
    said = Said()
    built = Board(1, "Board 1", "B", 1, 8, 40)
    port = ModbusPort("B", str(tmp_path / "B"), 38400, [built], emit=said, clock=SystemClock())
    port.start()
    said.wait(BoardLinkChanged, lambda event: "refuses to tell its 40 inputs" in event.why)
    port.submit(drive(1, 3))
    rack.wait_coil(1, 3, on=True)
    port.submit(drive(1, 4))
    rack.wait_coil(1, 4, on=True)
    port.stop()
    assert not any(rack.boards[0].coils)
    assert len([event for event in said.events if isinstance(event, BoardLinkChanged) and event.why]) == 1
    assert not [event for event in said.events if isinstance(event, InputChanged)]


def test_a_board_that_refuses_everything_is_told_of_once_each(rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_state, "READ_BACK_S", 0.1)
    monkeypatch.setattr(board_state, "QUIET_POLL_S", 0.1)
    rack.boards[0].refuses = True
    rack.begin()
    rack.said.wait(BoardLinkChanged, lambda event: "inputs" in event.why)
    rack.said.wait(BoardLinkChanged, lambda event: "outputs" in event.why)
    rack.world.set_input(relay(2, 1), active=True)
    rack.said.wait_input(relay(2, 1), InputState.ACTIVE)
    rack.world.set_input(relay(2, 1), active=False)
    rack.said.wait(InputChanged, lambda event: event.state is InputState.NORMAL and event.point == relay(2, 1))
    assert len([event for event in rack.said.events if isinstance(event, BoardLinkChanged) and event.board == 1]) == 3


def test_inputs_that_a_board_refuses_to_tell_any_more_are_unknown_within_ten_seconds_and_known_when_it_is_well(
    rack: Rack,
) -> None:
    rack.begin()
    rack.world.set_input(relay(1, 1), active=True)
    rack.said.wait_input(relay(1, 1), InputState.ACTIVE)
    rack.said.forget()
    refused_s = SystemClock().monotonic_s()
    rack.boards[0].refuses = True
    for index in range(4):
        rack.said.wait_input(relay(1, index), InputState.UNKNOWN)
    assert SystemClock().monotonic_s() - refused_s < 10.0
    rack.said.wait(BoardLinkChanged, lambda event: "refuses to tell its 4 inputs" in event.why)
    rack.boards[0].refuses = False
    rack.said.wait_input(relay(1, 1), InputState.ACTIVE)
    rack.said.wait_input(relay(1, 0), InputState.NORMAL)
    rack.said.wait(BoardLinkChanged, lambda event: not event.why)
    links = [event for event in rack.said.events if isinstance(event, BoardLinkChanged)]
    assert {event.state for event in links} == {LinkState.UP}
    assert len([event for event in rack.said.events if isinstance(event, InputChanged)]) == 8
    assert {event.point.device for event in rack.said.events if isinstance(event, InputChanged)} == {1}


def test_a_single_refusal_is_nothing_to_tell(rack: Rack) -> None:
    rack.begin()
    rack.said.wait_input(relay(1, 3), InputState.NORMAL)
    rack.said.forget()
    left = [2]

    def unwilling() -> ExcCodes | None:
        left[0] -= 1
        return ExcCodes.DEVICE_FAILURE if left[0] >= 0 else None

    rack.boards[0].unwilling = unwilling  # type: ignore[method-assign]  # this board has a hiccup
    assert rack.world.wait_for(lambda: left[0] < 0, PATIENCE_S)
    rack.world.set_input(relay(1, 0), active=True)
    rack.said.wait_input(relay(1, 0), InputState.ACTIVE)
    time.sleep(board_state.REFUSED_S + 1.0)
    changed = [event.state for event in rack.said.events if isinstance(event, InputChanged)]
    assert changed == [InputState.ACTIVE]
    assert not [event for event in rack.said.events if isinstance(event, BoardLinkChanged)]


def test_a_board_that_is_busy_is_asked_again(rack: Rack) -> None:
    rack.begin()
    rack.said.forget()
    rack.boards[0].busy = 2
    rack.port.submit(drive(1, 2))
    rack.wait_coil(1, 2, on=True)
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 2) and event.energised)
    assert not [event for event in rack.said.events if isinstance(event, (OutputFailed, BoardLinkChanged))]


def test_an_unlock_that_a_lock_overtakes_before_a_slow_board_took_it_is_told(rack: Rack) -> None:
    rack.begin()
    rack.said.forget()
    rack.boards[0].dead = True
    rack.port.submit(drive(1, 2))
    rack.port.submit(drive(1, 2, on=False))
    told = rack.said.wait(OutputFailed, lambda event: event.superseded)
    assert (told.point, told.energised) == (relay(1, 2), True)
    assert "Board 1" in told.why
    rack.boards[0].dead = False
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 2))
    assert not rack.boards[0].coils[2]


def test_an_unlock_that_a_board_obeyed_without_being_heard_ends_with_its_lease(
    rack: Rack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_state, "READ_BACK_S", 3600.0)
    monkeypatch.setattr(board_state, "STRAY_GRACE_S", 3600.0)
    rack.begin()
    rack.boards[0].garbage = True
    now = SystemClock().monotonic_s()
    rack.port.submit(drive(1, 2, lease_s=1.5))
    rack.wait_coil(1, 2, on=True)
    rack.wait_coil(1, 2, on=False)
    assert SystemClock().monotonic_s() - now < 10.0
    rack.boards[0].garbage = False
    rack.said.wait(OutputLapsed, lambda event: event.point == relay(1, 2))


def test_boards_are_given_the_silence_between_frames(rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
    gaps: list[float] = []
    ended_s = 0.0
    receive, readable = rack.peers.receive, rack.peers.readable

    def heard(what: Heard) -> Sequence[Transmission]:
        gaps.append(what.begun_s - ended_s)
        return receive(what)

    def sent(now_s: float) -> Sequence[Transmission]:
        nonlocal ended_s
        answers = readable(now_s)
        for answer in answers:
            ended_s = answer.begin_s + len(answer.data) * BITS_PER_BYTE / BAUD
        return answers

    monkeypatch.setattr(rack.peers, "receive", heard)
    monkeypatch.setattr(rack.peers, "readable", sent)
    rack.begin()
    for index in range(8):
        rack.port.submit(drive(1, index))
    rack.wait_coil(1, 7, on=True)
    assert len(gaps) > 8
    assert min(gaps) >= 0.00175


def test_a_board_that_answers_with_a_failure_is_asked_again_by_whoever_wants_it(rack: Rack) -> None:
    rack.begin()
    rack.boards[0].refuses = True
    rack.port.submit(drive(1, 2))
    assert "refused to switch output 2" in rack.said.wait(OutputFailed).why
    rack.boards[0].refuses = False
    rack.port.submit(drive(1, 2))
    rack.wait_coil(1, 2, on=True)


def test_a_board_that_loses_power_for_a_moment_is_found_elsewhere(rack: Rack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_state, "READ_BACK_S", 0.2)
    rack.begin()
    rack.port.submit(drive(1, 2))
    rack.said.wait(OutputProved, lambda event: event.point == relay(1, 2) and event.energised)
    rack.said.forget()
    rack.boards[0].restart()
    found = rack.said.wait(OutputProved, lambda event: event.point == relay(1, 2) and not event.energised)
    assert found.proof is Proof.READ_BACK
    rack.port.submit(drive(1, 2))
    rack.wait_coil(1, 2, on=True)


def test_after_the_line_was_unplugged_nothing_stays_on_that_nobody_asks_for(
    rack: Rack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_state, "STRAY_GRACE_S", 0.2)
    monkeypatch.setattr(board_state, "READ_BACK_S", 0.2)
    rack.begin()
    for index in (0, 1):
        rack.port.submit(drive(1, index))
        rack.wait_coil(1, index, on=True)
    rack.line.stop()
    rack.said.wait(PortChanged, lambda event: not event.up)
    rack.said.forget()
    rack.line.start()
    rack.port.submit(drive(1, 1))
    rack.said.wait_link(1, LinkState.UP)
    rack.wait_coil(1, 0, on=False)
    assert rack.boards[0].coils[1]


def test_a_board_that_hears_and_cannot_be_heard_is_switched_off_at_the_end(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 0))
    rack.wait_coil(1, 0, on=True)
    rack.boards[0].garbage = True
    rack.said.wait_link(1, LinkState.DOWN)
    rack.port.stop()
    rack.wait_coil(1, 0, on=False)
