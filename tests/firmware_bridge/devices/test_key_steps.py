"""Keys on the disk and keys in readers: whatever breaks off in the middle, the right one is kept and used."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from access_control.core.decision.model import DeviceKind
from access_control.core.wire.events import EventCode
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import Config, PortKind, PortSettings
from firmware_bridge.controller.events import BoardLinkChanged, LinkState
from firmware_bridge.devices.commissioning import CommissioningError
from firmware_bridge.devices.key_steps import KeySteps, Place
from firmware_bridge.devices.osdp_port import OsdpPort
from firmware_bridge.devices.serial_line import LineUnavailableError, SerialLine
from firmware_bridge.protocol.osdp.setup import ReaderSetup
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BoardConfig, BuildingConfig, LineConfig, LineKind
from firmware_bridge.simulator.module import Module
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.store.keys import KeyStore
from tests.firmware_bridge.devices.foreign_line import events

BAUD = 115200
OLD = b"O" * 16
PLACE = Place("M", 5)


class Yard:
    """A bridge's directory, and a simulated module on a line."""

    def __init__(self, folder: Path, key: bytes | None) -> None:
        self.folder = folder
        self.keys = KeyStore(folder / "keys")
        self.keys.create()
        if key is not None:
            self.keys.keep_reader_key(PLACE.port, PLACE.address, key)
        port = PortSettings("M", PortKind.OSDP, str(folder / "M"), BAUD)
        config = Config(folder / "bridge.toml", folder, {"M": port}, folder / "sock")
        self.steps = KeySteps(config, self.keys, CLOCK, self._record)
        self._log: list[dict[str, Any]] = []
        line = LineConfig("M", LineKind.OSDP, folder / "M", BAUD, 0.001)
        board = BoardConfig(1, "M", PLACE.address, 2, 2, key=key)
        self.building = VirtualBuilding(BuildingConfig(lines=(line,), boards=(board,)))

    @property
    def module(self) -> Peripheral:
        board = self.building.boards[1]
        assert isinstance(board, Module)
        return board.peripheral

    @property
    def kept(self) -> tuple[bytes | None, bytes | None]:
        return self.keys.reader_key("M", 5), self.keys.next_reader_key("M", 5)

    def log(self) -> list[dict[str, Any]]:
        return self._log

    def _record(self, code: EventCode, port: str, address: int, facts: Mapping[str, str | int]) -> None:
        self._log.append({"what": code, "port": port, "address": address, **facts})


CLOCK = SystemClock()


@contextmanager
def yard(folder: Path, key: bytes | None) -> Iterator[Yard]:
    here = Yard(folder, key)
    with here.building:
        yield here


def comes_up(here: Yard) -> bool:
    """Whether a bridge that starts now gets a session with the keys that are kept."""
    current, spare = here.kept
    log, emit = events()
    setup = ReaderSetup(1, PLACE.address, current, kind=DeviceKind.BOARD, spare=spare)
    port = OsdpPort("M", str(here.folder / "M"), BAUD, [setup], emit=emit, clock=CLOCK)
    port.start()
    try:
        log.await_one(BoardLinkChanged)
        return log.of(BoardLinkChanged)[0].state is LinkState.SECURE
    finally:
        port.stop()


def test_a_board_gets_its_first_key_and_then_another(tmp_path: Path) -> None:
    with yard(tmp_path, None) as here:
        assert "has its key" in here.steps.commission(PLACE)
        first = here.kept[0]
        assert "has another key" in here.steps.rotate(PLACE)

        assert here.kept == (here.module.key, None)
        assert first not in (None, here.module.key)
        assert comes_up(here)
        lines = here.log()
        assert [(line["what"], line["port"], line["address"]) for line in lines] == [
            ("DEVICE_KEY_SET", "M", 5),
            ("DEVICE_KEY_ROTATED", "M", 5),
        ]
        text = json.dumps(lines)
        assert all(key.hex() not in text for key in (first, here.module.key) if key)


def test_a_keyed_device_keeps_its_key_whatever_happens_to_another_commissioning(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        with pytest.raises(CommissioningError, match="already has a key"):
            here.steps.commission(PLACE)
        assert here.kept == (OLD, None)


@pytest.mark.parametrize("taken", [True, False], ids=["the device has its key", "the device has none"])
def test_a_first_key_that_was_broken_off_is_found_or_given_anew(tmp_path: Path, taken: bool) -> None:
    begun = b"N" * 16
    with yard(tmp_path, None) as here:
        here.keys.keep_next_reader_key("M", 5, begun)
        here.module.key = begun if taken else None
        assert comes_up(here) is taken

        assert ("broken off is finished" in here.steps.commission(PLACE)) is taken
        assert here.keys.reader_key("M", 5) == here.module.key
        assert here.keys.next_reader_key("M", 5) is None
        assert here.log()[0]["what"] == ("DEVICE_KEY_SETTLED" if taken else "DEVICE_KEY_SET")
        assert comes_up(here)


def test_a_new_device_in_the_place_of_one_whose_exchange_was_broken_off_gets_a_key(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.keys.keep_next_reader_key("M", 5, b"N" * 16)
        here.module.key = b"Z" * 16
        with pytest.raises(CommissioningError, match="already has a key"):
            here.steps.commission(PLACE)
        assert here.kept == (OLD, b"N" * 16)

        here.module.key = None
        assert "has its key" in here.steps.commission(PLACE)
        assert here.keys.reader_key("M", 5) == here.module.key
        assert here.keys.next_reader_key("M", 5) is None


def test_without_a_key_there_is_nothing_to_exchange(tmp_path: Path) -> None:
    with yard(tmp_path, None) as here:
        with pytest.raises(CommissioningError, match="has no key for it"):
            here.steps.rotate(PLACE)
        assert here.log()[-1]["what"] == "COMMISSIONING_FAILED"


def test_a_first_key_that_the_device_did_not_take_is_not_kept(tmp_path: Path) -> None:
    with yard(tmp_path, None) as here:
        here.module.set_faults(ReaderFaults(dead=True))
        with pytest.raises(CommissioningError, match="No reader answers"):
            here.steps.commission(PLACE)
        assert here.kept == (None, None)


def test_an_exchange_that_did_not_begin_keeps_the_old_key_only(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.module.set_faults(ReaderFaults(dead=True))
        with pytest.raises(CommissioningError, match="No reader answers"):
            here.steps.rotate(PLACE)
        assert here.kept == (OLD, None)


@pytest.mark.parametrize("taken", [True, False], ids=["the device has the new key", "the device has the old key"])
def test_an_exchange_that_was_broken_off_works_with_either_key_and_is_finished(tmp_path: Path, taken: bool) -> None:
    begun = b"N" * 16
    with yard(tmp_path, OLD) as here:
        here.keys.keep_next_reader_key("M", 5, begun)
        here.module.key = begun if taken else OLD
        assert comes_up(here)
        assert here.kept == (OLD, begun)

        said = here.steps.rotate(PLACE)
        assert ("broken off is finished" in said) is taken
        assert here.keys.reader_key("M", 5) == here.module.key
        assert here.keys.next_reader_key("M", 5) is None
        assert (here.module.key == begun) is taken
        assert here.log()[0]["what"] == "DEVICE_KEY_SETTLED"
        assert here.log()[0]["key"] == ("new" if taken else "old")
        assert comes_up(here)


def test_a_device_that_does_not_answer_after_its_key_leaves_both_kept(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.module._keep = lambda peripheral: peripheral.set_faults(ReaderFaults(dead=True))
        with pytest.raises(CommissioningError, match=r"stopped answering|proves neither"):
            here.steps.rotate(PLACE)
        assert here.kept == (OLD, here.module.key)

        here.module.set_faults(ReaderFaults())
        here.module._keep = lambda _peripheral: None
        assert comes_up(here)
        assert "broken off is finished" in here.steps.rotate(PLACE)


def test_a_device_with_neither_key_is_left_alone_and_both_are_kept(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.keys.keep_next_reader_key("M", 5, b"N" * 16)
        here.module.key = b"Z" * 16
        with pytest.raises(CommissioningError, match="neither"):
            here.steps.rotate(PLACE)
        assert here.kept == (OLD, b"N" * 16)
        assert here.module.key == b"Z" * 16


@pytest.mark.parametrize("key", [OLD, None], ids=["with a key", "new"])
def test_a_device_takes_its_key_with_it(tmp_path: Path, key: bytes | None) -> None:
    with yard(tmp_path, key) as here:
        said = here.steps.move(PLACE, 9, 38400)

        assert (here.module.address, here.module.baud) == (9, 38400)
        assert here.keys.reader_key("M", 9) == key
        assert here.keys.reader_key("M", 5) is None
        assert "Write baud = 38400" in said
        assert "on the console" in said
        assert here.log()[-1]["to_address"] == 9


def test_a_device_that_stays_keeps_its_key_where_it_is(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.module.set_faults(ReaderFaults(dead=True))
        with pytest.raises(CommissioningError, match="No reader answers"):
            here.steps.move(PLACE, 9, None)
        assert (here.keys.reader_key("M", 5), here.keys.reader_key("M", 9)) == (OLD, None)


def test_a_speed_alone_and_an_address_that_is_taken(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.keys.keep_reader_key("M", 9, b"E" * 16)
        with pytest.raises(CommissioningError, match="keeps a key for another device"):
            here.steps.move(PLACE, 9, None)
        said = here.steps.move(PLACE, None, 57600)
        assert "on the console" not in said
        assert here.keys.reader_key("M", 5) == OLD
        assert here.module.baud == 57600


@pytest.mark.parametrize("arrived", [True, False], ids=["the command arrived", "the command was lost"])
def test_a_move_that_was_broken_off_is_finished_by_the_same_command(tmp_path: Path, arrived: bool) -> None:
    """As after a crash between the two: the key is kept at both places."""
    with yard(tmp_path, OLD) as here:
        here.keys.keep_reader_key("M", 9, OLD)
        if arrived:
            here.module.address = 9
        assert "answers at address 9" in here.steps.move(PLACE, 9, None)
        assert (here.keys.reader_key("M", 5), here.keys.reader_key("M", 9)) == (None, OLD)


def test_a_device_that_did_not_hear_its_new_address_keeps_its_key_at_the_old_one_only(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.module.set_faults(ReaderFaults(deaf_to=0x6E))
        with pytest.raises(CommissioningError, match="is where it was"):
            here.steps.move(PLACE, 9, None)
        assert (here.keys.reader_key("M", 5), here.keys.reader_key("M", 9)) == (OLD, None)

        here.module.set_faults(ReaderFaults())
        assert "proved its key there" in here.steps.move(PLACE, 9, None)


def test_a_device_that_is_lost_on_its_way_keeps_its_key_at_both_places_until_it_is_found(tmp_path: Path) -> None:
    with yard(tmp_path, OLD) as here:
        here.module._keep = lambda peripheral: peripheral.set_faults(ReaderFaults(dead=True))
        for _ in range(2):
            with pytest.raises(CommissioningError):
                here.steps.move(PLACE, 9, 38400)
            assert (here.keys.reader_key("M", 5), here.keys.reader_key("M", 9)) == (OLD, OLD)

        here.module.set_faults(ReaderFaults())
        said = here.steps.move(PLACE, 9, 38400)
        assert "answers at address 9 with 38400 baud and proved its key there" in said
        assert (here.keys.reader_key("M", 5), here.keys.reader_key("M", 9)) == (None, OLD)


def test_a_key_is_kept_when_the_adapter_is_pulled_out_just_after_it_was_sent(tmp_path: Path) -> None:
    with yard(tmp_path, None) as here:
        given: list[bytes | None] = []
        here.module._keep = lambda peripheral: given.append(peripheral.key)
        with pytest.MonkeyPatch.context() as patch:
            read = SerialLine.read

            def reading(line: SerialLine) -> bytes:
                if given:
                    raise LineUnavailableError("The serial port has gone.")
                return read(line)

            patch.setattr(SerialLine, "read", reading)
            with pytest.raises(CommissioningError, match="has gone"):
                here.steps.commission(PLACE)
        assert here.kept == (None, here.module.key)
        assert "broken off is finished" in here.steps.commission(PLACE)
