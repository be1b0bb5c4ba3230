"""A new machine takes ports from a dead one's settings, and nothing that says where things are kept or whom it asks."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest

from firmware_bridge.cli.restored_settings import agreed, settings_from

URL = "https://doors.example.org:8443"
OLD = """# cabinet in the cellar
state_dir = "/etc"
control_socket = "/run/other.sock"
min_free_mb = 5

[service]
url = "https://elsewhere.example.org"

[neighbours]
listen = "0.0.0.0:4711"

[ports.A]
kind = "osdp"
path = "/dev/serial/by-id/usb \\"x\\""
baud = 38400

[ports."hall 2"]
kind = "modbus"
path = "boards"
"""


def taken(old: str, place: Path) -> str | None:
    return settings_from(old, URL, place / "bridge.toml")


def test_ports_come_and_where_things_are_stays_here(tmp_path: Path) -> None:
    old, new = tomllib.loads(OLD), taken(OLD, tmp_path)
    assert new is not None
    wanted = {"state_dir": "state", "min_free_mb": 5, "service": {"url": URL}}
    assert tomllib.loads(new) == wanted | {"neighbours": old["neighbours"], "ports": old["ports"]}
    for never in ("/etc", "/run/other.sock", "elsewhere"):
        assert never not in new


@pytest.mark.parametrize(
    "old",
    [
        "nonsense",
        "ports = 3",
        "[ports]\nA = 1",
        "[ports.A]\nkind = 'osdp'\npath = ['a']",
        "[ports.A]\nkind = 'osdp'\npath = {a = 'b'}",
        "[ports.A]\nkind = 'osdp'\npath = \"a\\u001b[2Kb\"",
        "[ports.A]\nkind = 'other'\npath = 'a'",
        "neighbours = {listen = 3}",
        "log_level = 'loud'",
        "min_free_mb = 1.5",
    ],
)
def test_what_is_no_settings_is_left_out_as_a_whole(old: str, tmp_path: Path) -> None:
    assert taken(old, tmp_path) is None


def test_they_are_shown_and_at_a_terminal_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for typed, written in ((Terminal("yes\n"), True), (Terminal("\n"), False), (io.StringIO(""), True)):
        monkeypatch.setattr("sys.stdin", typed)
        assert agreed(tmp_path / "bridge.toml", 'log_level = "debug"\n') is written
        assert 'log_level = "debug"' in capsys.readouterr().out
