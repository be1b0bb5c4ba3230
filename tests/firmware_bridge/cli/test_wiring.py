"""``wiring`` beside a running bridge and without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line
from firmware_bridge.simulator.peripheral import ReaderFaults
from tests.building.live_bridge import live_bridge
from tests.building.processes import until
from tests.building.signed import BRIDGE, FRONT, ROOM


def test_report_and_sheets(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan = place / "scan.json"
    stranger = {"baud": 9600, "address": 9, "readable": True, "serial": 5, "maker": "X", "why": ""}
    scan.write_text(json.dumps({"port": "A", "path": "A", "complete": False, "found": [stranger]}))
    with live_bridge(place) as live:

        def asked(*more: str) -> str:
            assert command_line(["wiring", *live.config, *more]) == 0
            return capsys.readouterr().out

        report = asked()
        assert f"Bridge {BRIDGE}, Policy 1/1." in report
        assert "Nothing stands out." in report
        row = next(line for line in report.splitlines() if line.startswith("board 1.0") and "output" in line)
        assert row.split() == ["board", "1.0", "output", "lock", "E1", "Front", "door", "locked,", "proved"]

        live.virtual.set_reader_faults(ROOM, ReaderFaults(dead=True))
        until(lambda: live.status()["readers"][2]["link"] == "down", "the reader is missed")
        remarks = json.loads(asked("--json", "--scan", str(scan)))["remarks"]
        assert any(
            remark.startswith("Reader 3 (Reader 3), port A, address 3: declared and silent.") for remark in remarks
        )
        assert "Port A, address 9: answers at 9600 baud and is not declared (serial number 5, X)." in remarks

        assert command_line(["selftest", *live.config, "--door", str(FRONT), "--yes", "--by", "local:ina"]) == 0
        capsys.readouterr()
        assert live.bridge.recorder.flush(30)
        sheet = asked("--sheet", "E1")
        assert "by local:ina: PASSED" in " ".join(sheet.split())
        assert asked("--sheet", str(FRONT)).count("\n") == sheet.count("\n")
        pages = asked("--all").split("\f")
        assert ["DOOR E1" in pages[0], "DOOR I1" in pages[1], "DOOR 101" in pages[2]] == [True] * 3
        assert command_line(["wiring", *live.config, "--sheet", "Z9"]) == 1
        assert "There is no door Z9" in capsys.readouterr().err

    assert command_line(["wiring", *live.config]) == 0
    out, err = capsys.readouterr()
    assert "The bridge is not running" in err
    assert "not known" in out
    assert command_line(["wiring", *live.config, "--sheet", "101"]) == 0


def test_what_cannot_be_shown_is_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "bridge.toml").write_text('state_dir = "state"\n')
    config = ["--config", str(place / "bridge.toml")]
    assert command_line(["wiring", *config]) == 1
    assert "firmware-bridge enroll" in capsys.readouterr().err
    assert command_line(["wiring", *config, "--scan", str(place / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["{}", "[" * 200_000, '{"path": "x", "found": 5}', '{"path": "x", "found": [{"address": "1"}]}', "\x00\xff"],
    ids=["empty", "deep", "a number", "rows of something else", "bytes"],
)
def test_a_file_that_is_no_scan_is_one_sentence(place: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (place / "bridge.toml").write_text('state_dir = "state"\n')
    (place / "scan.json").write_bytes(text.encode("latin-1"))
    config = ["--config", str(place / "bridge.toml")]
    assert command_line(["wiring", *config, "--scan", str(place / "scan.json")]) == 1
    assert "is not what `firmware-bridge scan --json` prints" in capsys.readouterr().err
