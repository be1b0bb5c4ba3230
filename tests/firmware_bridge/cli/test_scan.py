"""``scan`` as an installer types it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line
from firmware_bridge.cli.scan_boards import board_page, board_shape
from firmware_bridge.cli.scan_progress import UNREADABLE
from firmware_bridge.devices.board_scanning import FoundBoard
from firmware_bridge.devices.serial_line import open_line
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.store.state_lock import only_one
from tests.building.processes import ended, launch, until
from tests.building.signed import BOARDS_LINE, Installation
from tests.firmware_bridge.devices.bench_line import Reader, bench_line


def settings(place: Path) -> list[str]:
    (place / "state").mkdir()
    text = f'state_dir = "state"\n\n[ports.A]\nkind = "osdp"\npath = "{place / "A"}"\nbaud = 115200\n'
    (place / "bridge.toml").write_text(text)
    return ["--config", str(place / "bridge.toml")]


FAST = ["--baud", "115200", "--addresses", "0-2"]


def test_a_table_for_people(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bench_line(place / "A", [Reader(1, key=b"K" * 16), Reader(2, id=7), Reader(0), Reader(0)]):
        assert command_line(["scan", *settings(place), "--port", "A", *FAST]) == 0
    out, err = capsys.readouterr()
    assert "speeds: 1, addresses: 3. This takes at most 2 s" in err
    head, first, second, colliding = out.splitlines()
    assert head.split() == ["BAUD", "ADDRESS", "MAKER", "MODEL", "SERIAL", "FIRMWARE", "PROTECTION", "CHECK", "CAN"]
    assert "WaveLynx (5C-26-23)  1 v1   1       1.0.0     Secure Channel, has its own key" in first
    assert "Secure Channel, no key of its own yet  both" in second
    assert "2 inputs, 1 output, 1 light, buzzer, CRC, takes 1024 bytes" in second
    assert colliding.startswith("115200 baud, address 0: somebody answers, but unreadably: two readers with one")


def test_the_same_for_programs_and_without_settings(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    with bench_line(place / "A", [Reader(2)]):
        assert command_line(["scan", "--path", str(place / "A"), *FAST, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["port"], found["complete"], found["noisy"]) == (None, True, [])
    (reader,) = found["found"]
    assert (reader["address"], reader["baud"], reader["serial"]) == (2, 115200, 1)
    assert (reader["protection"], reader["crc"], reader["checksum"]) == ("default_key", True, True)


def test_nobody_there_says_what_to_look_at(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bench_line(place / "A", []):
        assert command_line(["scan", *settings(place), "--path", str(place / "A"), *FAST]) == 0
    assert "Nobody answered. Check power" in capsys.readouterr().out


def test_a_port_that_the_bridge_holds_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bench_line(place / "A", [Reader(1)]) as (_, (reader,)):
        options = settings(place)
        with only_one(place / "state"):
            for which in (["--port", "A"], ["--path", str(place / "A")]):
                assert command_line(["scan", *options, *which, *FAST]) == 1
                assert "The bridge is running and serves port A." in capsys.readouterr().err
        with open_line(str(place / "A"), 115200):
            assert command_line(["scan", *options, "--port", "A", *FAST]) == 1
            assert "used by another program" in capsys.readouterr().err
        assert reader.heard == []


def test_root_is_told_whose_directory_it_is(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = settings(place)
    if os.getuid() == 0:
        os.chown(place / "state", 64_711, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert command_line(["scan", *options, "--port", "A", *FAST]) == 1
    assert "could not read what root writes there" in capsys.readouterr().err


def test_mistakes_on_the_command_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["scan", *settings(place), "--port", "B"]) == 1
    assert "--port must name a port of the kind osdp or modbus in" in capsys.readouterr().err
    assert command_line(["scan", "--path", "A", "--config", str(place / "bridge.toml"), "--addresses", "0-127"]) == 1
    assert "there are 0 to 126" in capsys.readouterr().err
    for addresses in ("x", "5-3", "1,,2"):
        with pytest.raises(SystemExit):
            command_line(["scan", "--path", "A", "--addresses", addresses])
        assert "address" in capsys.readouterr().err


def test_ctrl_c_ends_it_and_prints_what_was_found(place: Path) -> None:
    with bench_line(place / "A", [Reader(0)]):
        scanning = launch(["scan", "--path", str(place / "A"), "--baud", "115200"], cwd=place)
        with ended(scanning):
            until(lambda: any("Found:" in line for line in scanning.err), "the reader is found")
            scanning.popen.send_signal(signal.SIGINT)
            assert scanning.popen.wait(60) == 1
            until(lambda: any("WaveLynx" in line for line in scanning.out), "the table is printed")
    assert any("Stopped. This is what was found" in line for line in scanning.err)
    assert not any("Traceback" in line for line in scanning.err)


def test_boards_on_a_modbus_port(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = Installation(place)
    site.install()
    with VirtualBuilding(site.building()):
        options = ["scan", "--config", str(site.settings), "--port", BOARDS_LINE, "--baud", "115200"]
        assert command_line([*options, "--addresses", "1-2"]) == 0
        head, board = capsys.readouterr().out.splitlines()
        assert (head.split(), board.split()) == (["BAUD", "ADDRESS", "OUTPUTS", "INPUTS"], ["115200", "1", "4", "4"])
        assert command_line([*options, "--addresses", "1-2", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["kind"], found["found"][0]["outputs"]) == ("modbus", 4)
        assert command_line([*options, "--addresses", "0"]) == 1
        assert "there are 1 to 247" in capsys.readouterr().err


def test_boards_as_they_are_shown() -> None:
    unreadable = FoundBoard(9600, 2, readable=False)
    assert list(board_page([unreadable], [19200])) == [
        f"9600 baud, address 2: {UNREADABLE.format(whom='boards')}.",
        "The line brings noise whoever is asked at 19200 baud. Check its two wires, its shield and its ends.",
    ]
    assert next(board_page([], [])).startswith("Nobody answered.")
    assert board_shape(unreadable)["readable"] is False
