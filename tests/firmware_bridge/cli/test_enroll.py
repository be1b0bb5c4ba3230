"""``enroll`` on a machine that is not made ready; with a service it is in tests/system/test_uplink.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line

URL = ["--url", "https://doors.example.org:8443"]


def test_a_state_directory_that_cannot_be_made_is_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "file").touch()
    (place / "bridge.toml").write_text(f'state_dir = "{place / "file" / "state"}"\n')
    assert command_line(["enroll", "SAC1-CODE", *URL, "--config", str(place / "bridge.toml")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{place / 'file' / 'state'} cannot be used: ")
    assert said.endswith("docs/operations.md, Installing.\n")


def test_settings_that_cannot_be_written_are_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["enroll", "SAC1-CODE", *URL, "--config", str(place / "nowhere" / "bridge.toml")]) == 1
    assert f"{place / 'nowhere' / 'bridge.toml'} cannot be used" in capsys.readouterr().err
