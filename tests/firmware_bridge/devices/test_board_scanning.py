"""Modbus boards are found by reading alone, over the simulator's lines with pymodbus's server behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from firmware_bridge.clock import SystemClock
from firmware_bridge.devices.board_questions import with_crc
from firmware_bridge.devices.board_scanning import BoardSearch, FoundBoard, scan_boards
from firmware_bridge.devices.scanning import Noise, Progress
from firmware_bridge.devices.serial_line import open_line
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BoardConfig, BuildingConfig, LineConfig, LineKind
from firmware_bridge.simulator.line import Line, LineFaults
from firmware_bridge.simulator.wire import Heard, Transmission

BAUD = 115200
SHORT_S = 0.25


@contextmanager
def boards(place: Path, *configs: BoardConfig) -> Iterator[VirtualBuilding]:
    line = LineConfig("R", LineKind.MODBUS, place / "R", BAUD, 0.001)
    with VirtualBuilding(BuildingConfig((line,), boards=configs, relay_log=place / "relays.jsonl")) as building:
        yield building


def look(path: Path, *bauds: int, addresses: range = range(1, 4), reply_s: float = SHORT_S) -> list[FoundBoard | Noise]:
    search = BoardSearch(bauds, addresses, reply_s)
    steps = scan_boards(partial(open_line, str(path)), search, clock=SystemClock())
    return [step for step in steps if not isinstance(step, Progress)]


def test_boards_are_found_and_measured_and_nothing_is_switched(place: Path) -> None:
    with boards(place, BoardConfig(1, "R", 1, 8, 8), BoardConfig(2, "R", 3, 4, 16)):
        found = look(place / "R", 9600, BAUD)
    assert found == [FoundBoard(BAUD, 1, outputs=8, inputs=8), FoundBoard(BAUD, 3, outputs=4, inputs=16)]
    assert "output" not in (place / "relays.jsonl").read_text()


def test_an_adapter_that_hears_itself(place: Path) -> None:
    with boards(place, BoardConfig(1, "R", 2, 4, 4)) as building:
        building.set_line_faults("R", LineFaults(echo=True))
        assert look(place / "R", BAUD) == [FoundBoard(BAUD, 2, outputs=4, inputs=4)]


class InputsOnly:
    """A board that says nothing about what it has not, and another one that always talks into it."""

    def __init__(self, *, disturbed: bool = False) -> None:
        self._disturbed = disturbed

    def receive(self, heard: Heard) -> list[Transmission]:
        address, function, count = heard.data[0], heard.data[1], heard.data[5]
        if address != 2 or (function == 1 and not self._disturbed):
            return []
        answer = bytes((address, function, 1, 1)) if count <= 8 else bytes((address, function | 0x80, 2))
        answers = [Transmission(with_crc(answer), heard.ended_s + 0.001)]
        return answers * 2 if self._disturbed else answers


def test_a_board_with_inputs_only_and_one_that_is_disturbed(tmp_path: Path) -> None:
    with Line(tmp_path / "R", BAUD, [InputsOnly()], grain_s=0.001):
        assert look(tmp_path / "R", BAUD) == [FoundBoard(BAUD, 2, outputs=0, inputs=8)]
    with Line(tmp_path / "R", BAUD, [InputsOnly(disturbed=True)], grain_s=0.001):
        assert look(tmp_path / "R", BAUD) == [FoundBoard(BAUD, 2, readable=False)]


def test_a_board_that_answers_late_is_found_in_the_end(place: Path) -> None:
    with boards(place, BoardConfig(1, "R", 1, 4, 4)) as building:
        building.set_board_faults(1, slow_s=0.35)
        assert look(place / "R", BAUD) == [FoundBoard(BAUD, 1, outputs=4, inputs=4)]


def test_a_noisy_line(tmp_path: Path) -> None:
    with Line(tmp_path / "R", BAUD, [], grain_s=0.001) as line:
        line.set_faults(LineFaults(noise_every_s=0.005))
        assert Noise(BAUD) in look(tmp_path / "R", BAUD, addresses=range(1, 20), reply_s=0.03)


def test_how_long_it_takes_at_most() -> None:
    assert BoardSearch((BAUD,), range(1, 4), SHORT_S).at_most_s() < 7 * SHORT_S * 1.1
    assert 9 * 60 < BoardSearch().at_most_s() < 12 * 60
