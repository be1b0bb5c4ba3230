"""The files that the demo's programs start from say the same thing as its Policy."""

import json
import stat
import tomllib
from pathlib import Path

import pytest

from access_control.demo.building import DOORS, READERS
from access_control.demo.installation import Places, write_bridge_toml, write_building


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places.under(tmp_path / "state")
    write_bridge_toml(found)
    write_building(found)
    return found


def test_the_bridge_has_every_port_that_the_policy_names(places: Places) -> None:
    settings = tomllib.loads(places.bridge_toml.read_text())
    assert {reader.port for reader in READERS} < set(settings["ports"])
    assert [name for name, port in settings["ports"].items() if "reader" in port] == ["D"]
    assert {port["baud"] for name, port in settings["ports"].items() if name in "AB"} == {38400}


def test_the_building_has_the_same_lines_and_doors(places: Places) -> None:
    building = json.loads(places.building.read_text())
    settings = tomllib.loads(places.bridge_toml.read_text())
    assert {name: line["path"] for name, line in building["lines"].items()} == {
        name: port["path"] for name, port in settings["ports"].items()
    }
    assert [(door["output"], door["contact"]) for door in building["doors"]] == [
        (str(door.lock.output), str(door.contact)) for door in DOORS
    ]
    assert len(building["readers"]) == 8
    assert "key" not in building["readers"][0]


def test_nobody_else_may_look_in(places: Places) -> None:
    assert stat.S_IMODE(places.state.stat().st_mode) == 0o700
    assert stat.S_IMODE(places.short.stat().st_mode) == 0o700


def test_a_long_path_gets_short_sockets(tmp_path: Path) -> None:
    deep = Places.under(tmp_path.joinpath(*["a" * 40] * 3))
    assert len(bytes(deep.simulator_socket)) <= 90
    assert deep.bridge_toml.parent == deep.state
    deep.clear_away()
    assert not deep.short.exists()


def test_what_a_dead_demo_left_in_the_way_is_gone(tmp_path: Path) -> None:
    first = Places.under(tmp_path / "state")
    first.simulator_socket.touch()
    assert not Places.under(tmp_path / "state").simulator_socket.exists()
