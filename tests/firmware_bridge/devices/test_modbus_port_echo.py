"""Relay boards behind an adapter that echoes: an echo is never taken for a board's acknowledgement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import BoardLinkChanged, LinkState, OutputProved, Proof
from firmware_bridge.simulator.wire import LineFaults
from tests.firmware_bridge.devices.modbus_rack import Rack, drive, rack_at, relay


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    with rack_at(tmp_path / "B") as rack:
        rack.line.set_faults(LineFaults(echo=True))
        yield rack


def test_boards_work_behind_an_adapter_that_echoes(rack: Rack) -> None:
    rack.begin()
    rack.port.submit(drive(1, 5, urgency=Urgency.EMERGENCY))
    rack.said.wait(OutputProved, lambda e: (e.point, e.energised, e.proof) == (relay(1, 5), True, Proof.READ_BACK))
    assert rack.boards[0].coils[5]


def test_the_echo_of_a_write_proves_nothing_even_if_it_is_the_first_thing_sent(rack: Rack) -> None:
    for board in rack.boards:
        board.dead = True
    rack.port.submit(drive(1, 0, urgency=Urgency.EMERGENCY))
    rack.port.start()
    rack.said.wait_link(1, LinkState.DOWN)
    rack.said.wait_link(2, LinkState.DOWN)
    assert not any(isinstance(event, OutputProved) for event in rack.said.events)
    assert not any(isinstance(event, BoardLinkChanged) and event.state is LinkState.UP for event in rack.said.events)
