from __future__ import annotations

from pathlib import Path

import pytest

from access_control.core.decision.model import DeviceKind, LockKind, Point, UnlockWhen
from firmware_bridge.protocol.em4100 import Framing
from firmware_bridge.simulator.config import BuildingConfig, LineKind, TagReaderConfig, Tells
from firmware_bridge.simulator.config_file import BuildingConfigError, read_building
from firmware_bridge.simulator.config_writing import write_building

GOOD = """
control = "run/control"
relay_log = "run/relays.jsonl"
seed = 7
[lines.A]
kind = "osdp"
path = "run/A"
baud = 38400
[lines.B]
kind = "modbus"
path = "/dev/shm/B"
[[readers]]
id = 1
line = "A"
address = 0
key = "000102030405060708090a0b0c0d0e0f"
[[boards]]
id = 1
line = "B"
address = 1
[[doors]]
id = 1
name = "Front door"
lock = "maglock"
output = "board 1.0"
unlock_when = "relay_off"
contact = "board 1.0"
readers = [1]
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "school.toml"
    path.write_text(text)
    return path


def test_a_building_is_read(tmp_path: Path) -> None:
    building = read_building(write(tmp_path, GOOD))
    assert [(line.name, line.kind, line.baud) for line in building.lines] == [
        ("A", LineKind.OSDP, 38400),
        ("B", LineKind.MODBUS, 9600),
    ]
    assert building.lines[0].path == tmp_path / "run/A"
    assert building.lines[1].path == Path("/dev/shm/B")
    assert building.readers[0].key == bytes(range(16))
    (door,) = building.doors
    assert (door.lock, door.unlock_when) == (LockKind.MAGLOCK, UnlockWhen.RELAY_OFF)
    assert (door.output, door.rex) == (Point(DeviceKind.BOARD, 1, 0), None)
    assert (building.control, building.memory, building.seed) == (tmp_path / "run/control", None, 7)


def test_a_building_is_read_back_as_it_was_written(school: BuildingConfig, tmp_path: Path) -> None:
    write_building(school, tmp_path / "school.json")
    assert read_building(tmp_path / "school.json") == school


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'kind = "osdp"',
            'kind = "wiegand"',
            "lines.A.kind: 'wiegand' is not one of osdp, modbus, lcus, numato, scanner, em4100.",
        ),
        ('path = "run/A"', "", "lines.A.path: it is missing."),
        ("baud = 38400", "baud = 38401", "lines.A.baud: 38401 is not one of"),
        ("address = 0", "address = 127", "readers, row 1, address: 127 is not a whole number from 0 to 126."),
        ("address = 0", "address = true", "True is not a whole number"),
        ("address = 0", "address = 0\nneeds_secure = 1", "1 is neither true nor false."),
        ("address = 0", "address = 0\ncolour = 1", "readers, row 1, colour: there is no such setting; there are"),
        ('"000102', '"0102', "it must be 16 bytes, written as 32 hexadecimal digits."),
        ('"000102', '"xyz', "it must be 16 bytes"),
        ('name = "Front door"', "name = 5", "doors, row 1, name: 5 is not text."),
        ('output = "board 1.0"', 'output = "relay 5"', "'relay 5' does not name a point; write it like"),
        ('output = "board 1.0"', 'output = "board 1.8"', "door 1, output: there is no board 1.8."),
        ('contact = "board 1.0"', 'contact = "board 2.0"', "door 1, contact: there is no board 2.0."),
        ("readers = [1]", "readers = [1, 2]", "door 1: there is no reader 2."),
        ("readers = [1]", 'readers = ["1"]', "['1'] is not a list of whole numbers."),
        ('line = "B"\naddress = 1', 'line = "A"\naddress = 200', "board 1: OSDP addresses end at 126."),
        ('line = "B"', f'line = "B"\nkey = "{"0" * 32}"', "board 1: only a board on an OSDP line has a key."),
        ("address = 0", 'address = 0\ncheck = "parity"', "check: 'parity' is not one of"),
        ('line = "B"', 'line = "C"', "and line 'C' is not there."),
        ('path = "/dev/shm/B"', 'path = "run/A"', "is used 2 times."),
        ("seed = 7", "seed = 7\nscanners = 5", "scanners: it must hold rows, as in [[scanners]]."),
        ("seed = 7", "seed = 7\nscanners = [5]", "scanners, row 1: it must be a table."),
    ],
)
def test_each_mistake_is_said_where_it_is(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(BuildingConfigError) as refused:
        read_building(write(tmp_path, GOOD.replace(old, new, 1)))
    assert sentence in str(refused.value)


USB = """
[lines.U]
kind = "lcus"
path = "U"
[lines.T]
kind = "em4100"
path = "T"
[[boards]]
id = 1
line = "U"
address = 1
outputs = 4
inputs = 0
tells = "lines"
[[tag_readers]]
reader = 4
line = "T"
framing = "id12"
[[doors]]
id = 1
name = "Side door"
lock = "strike"
output = "board 1.3"
readers = [4]
"""


def test_a_building_with_usb_boards_and_tag_readers(tmp_path: Path) -> None:
    building = read_building(write(tmp_path, USB))
    assert [(board.line, board.tells) for board in building.boards] == [("U", Tells.LINES)]
    assert building.tag_readers == (TagReaderConfig(4, "T", Framing.ID12),)
    write_building(building, tmp_path / "school.json")
    assert read_building(tmp_path / "school.json") == building


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('line = "T"', 'line = "U"', "tag reader 4: it needs a line of kind em4100, and line 'U' is of kind lcus."),
        ('tells = "lines"', 'tells = "loud"', "boards, row 1, tells: 'loud' is not one of"),
        ("[[tag", '[[boards]]\nid = 2\nline = "U"\naddress = 2\n[[tag', "line U: it is one board's own, and 2"),
        ("[[tag", '[[scanners]]\nreader = 4\nline = "T"\n[[tag', "reader 4 is used 2 times."),
        ("readers = [4]", "readers = [5]", "door 1: there is no reader 5."),
    ],
)
def test_mistakes_about_usb_boards_and_tag_readers(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(BuildingConfigError) as refused:
        read_building(write(tmp_path, USB.replace(old, new, 1)))
    assert sentence in str(refused.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    bad = (
        GOOD.replace("seed = 7", "seed = -1\nflowers = 5")
        .replace("baud = 38400", "baud = 1")
        .replace("address", "adress")
    )
    with pytest.raises(BuildingConfigError) as refused:
        read_building(write(tmp_path, bad))
    assert len(refused.value.mistakes) == 7
    assert str(refused.value).count(str(tmp_path / "school.toml")) == 7


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.toml", "lines = [", "it is not TOML"),
        ("a.json", "{", "it is not JSON"),
        pytest.param("a.json", "[" * 100_000, "it is not JSON", id="deep JSON"),
        pytest.param("a.toml", "a = " + "[" * 100_000, "it is not TOML", id="deep TOML"),
        ("a.json", "[]", "a building is a table of settings"),
        ("a.toml", "[lines]\nA = 5", "lines.A: it must be a table."),
        ("a.toml", "lines = 5", "lines: it must hold tables, as in [lines.A]."),
    ],
)
def test_a_file_that_is_no_building(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BuildingConfigError) as refused:
        read_building(tmp_path / name)
    assert sentence in str(refused.value)


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BuildingConfigError, match="no such file"):
        read_building(tmp_path / "nothing.toml")
    with pytest.raises(BuildingConfigError, match="cannot be read"):
        read_building(tmp_path)


def test_the_building_in_the_manual_is_one(root: Path, tmp_path: Path) -> None:
    manual = (root / "docs" / "simulator.md").read_text()
    building = read_building(write(tmp_path, manual.split("```toml\n")[1].split("```")[0]))
    assert len(building.lines) == 4
    assert building.doors[0].readers == (1, 2)
