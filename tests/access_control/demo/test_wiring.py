"""The files of the demo start the real programs."""

import json
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from access_control.demo.places import Places
from access_control.demo.plan import SCANNER, Side, doors_of
from access_control.demo.wiring import commission, lines_of, write_bridge_toml, write_building
from firmware_bridge.config import NeighbourSettings, read_config
from firmware_bridge.simulator.config_file import read_building
from firmware_bridge.simulator.memory import ReaderMemory
from firmware_bridge.store.keys import KeyStore


@pytest.fixture
def places() -> Iterator[Places]:
    folder = Path(tempfile.mkdtemp(prefix="d-"))
    yield Places.under(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("side", Side)
def test_the_bridge_takes_its_settings(places: Places, side: Side) -> None:
    there = places.side(side)
    write_bridge_toml(there, "http://127.0.0.1:8000", 4711)
    config = read_config(there.bridge_toml)
    assert list(config.ports) == [name for name, _, _ in lines_of(side)]
    assert config.state_dir == there.bridge_state
    assert config.neighbours == NeighbourSettings(("127.0.0.1", 4711), "127.0.0.1:4711")


@pytest.mark.parametrize("side", Side)
def test_the_simulator_takes_the_building(places: Places, side: Side) -> None:
    there = places.side(side)
    write_building(there)
    building = read_building(there.building)
    assert [door.id for door in building.doors] == [door.id for door in doors_of(side)]
    assert [scanner.reader for scanner in building.scanners] == ([SCANNER] if side is Side.MAIN else [])


def test_a_reader_and_its_bridge_have_the_same_key_and_no_two_readers_do(places: Places) -> None:
    there = places.side(Side.MAIN)
    commission(there)
    remembered = json.loads(there.reader_memory.read_text())
    kept = KeyStore(there.bridge_state / "keys")
    assert len({row["key"] for row in remembered.values()}) == len(doors_of(Side.MAIN))
    for door in doors_of(Side.MAIN):
        key = kept.reader_key(door.port, door.address)
        assert key is not None
        assert key.hex() == remembered[str(door.id)]["key"]
    ReaderMemory(there.reader_memory)
    assert stat.S_IMODE(there.reader_memory.stat().st_mode) == 0o600


def test_a_long_path_gets_short_sockets(tmp_path: Path) -> None:
    places = Places.under(tmp_path / ("long" * 30))
    assert len(bytes(places.side(Side.MAIN).bridge_socket)) < 100
    assert places.short.is_dir()
    places.clear_away()
    assert not places.short.exists()
