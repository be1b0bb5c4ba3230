"""``selftest`` against a running bridge, with real bytes to a real lock that may be stuck."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line
from firmware_bridge.cli.selftest import page
from tests.building.live_bridge import LiveBridge, live_bridge
from tests.building.signed import FRONT, OFFICE_DOOR, point


def pull(live: LiveBridge, door: int) -> bool:
    """Somebody pulls the handle as soon as the lock lets go."""
    relay = point(door - 1)
    assert live.virtual.wait_for(lambda: live.virtual.world.outputs.get(relay, False), 30.0)
    return live.virtual.at_door(door, lambda leaf: leaf.pull())


def test_locks_are_tried(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with live_bridge(place) as live:

        def tried(door: int, *more: str) -> int:
            return command_line(["selftest", *live.config, "--door", str(door), *more])

        assert tried(FRONT, "--yes", "--by", "local:ina") == 0
        out = capsys.readouterr().out
        assert "Door E1 Front door: PASSED." in out
        assert "contact   the door stayed closed" in out
        assert "no latch monitor is fitted" in out
        assert "NOT CONFIRMED" not in out
        codes = [(event.code, event.detail.get("by")) for event in live.events() if event.code.startswith("SELF_TEST")]
        assert codes == [("SELF_TEST_STARTED", "local:ina"), ("SELF_TEST_PASSED", "local:ina")]
        relays = live.installation.relays.read_text(encoding="utf-8")
        assert relays.count('"output"') == 2

        with ThreadPoolExecutor(1) as passers_by:
            passing = passers_by.submit(pull, live, OFFICE_DOOR)
            assert tried(OFFICE_DOOR, "--yes") == 1
            assert passing.result()
        assert "Office corridor: FAILED. The door did not stay closed" in capsys.readouterr().out

        assert tried(OFFICE_DOOR, "--yes") == 1
        assert "Office corridor: REFUSED. Only a door that is proved closed" in capsys.readouterr().out

        for answer, code in (("n\n", 1), ("", 1), ("y\n", 0)):
            monkeypatch.setattr("sys.stdin", io.StringIO(answer))
            assert tried(FRONT) == code
            assert "released for about two seconds" in capsys.readouterr().out

        assert tried(77, "--yes") == 1
        assert "There is no door 77" in capsys.readouterr().err

        with live.client() as client:
            client.start_emergency("local:principal")
        assert tried(FRONT, "--yes") == 1
        assert "An emergency is in force" in capsys.readouterr().out


def test_what_was_not_seen_stands_out() -> None:
    detail = {"contact": "opened", "latch": "stayed", "why": "The door did not stay closed during the test."}
    lines = list(page("door E1 Front", {"code": "SELF_TEST_FAILED", "detail": detail}))
    assert lines[0] == "Door E1 Front: FAILED. The door did not stay closed during the test."
    assert "  released  NOT CONFIRMED" in lines
    assert "  contact   THE DOOR OPENED" in lines
