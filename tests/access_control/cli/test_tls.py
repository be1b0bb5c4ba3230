"""``access-control tls``: make a certificate, and follow it with another key."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.cli.commands import main
from access_control.web.tls import key_hashes


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "service.toml"
    path.write_text(f'state_dir = "{tmp_path}"\npublic_url = "https://doors.example"\n')
    return str(path)


def test_from_the_first_key_to_the_next(settings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tls", "make", "--name", "10.0.0.5", "--config", settings]) == 0
    said = capsys.readouterr().out
    assert "doors.example" in said
    assert "10.0.0.5" in said
    assert main(["tls", "next", "--config", settings]) == 0
    _, following = key_hashes(tmp_path)
    assert following is not None
    assert following.hex() in capsys.readouterr().out
    assert main(["tls", "switch", "--config", settings]) == 0
    assert key_hashes(tmp_path) == (following, None)


def test_switching_without_a_next_key_says_what_to_do(settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tls", "switch", "--config", settings]) == 1
    assert "access-control tls next" in capsys.readouterr().err
