"""``commission --walk`` as an installer types it."""

from __future__ import annotations

import os
import pty
import tty
from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line
from firmware_bridge.cli.walk import summary
from firmware_bridge.devices.walking import Outcome, Step
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.state_lock import only_one
from tests.building.signed import FRONT, READERS_LINE, Installation, reader_key


def walked(site: Installation, *more: str) -> int:
    config = ["--config", str(site.settings)]
    return command_line(["commission", *config, "--port", READERS_LINE, "--address", str(FRONT), "--walk", *more])


def test_a_reader_that_has_its_key_with_nobody_at_the_wall(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Installation(place)
    site.install()
    monkeypatch.setattr("firmware_bridge.cli.walk.UNATTENDED_S", 0.3)
    with VirtualBuilding(site.building()):
        assert walked(site, "--yes") == 0
    out = capsys.readouterr().out
    assert "ok        proof    The reader proved its key" in out
    assert "not seen  card     No card was read; nobody was asked to try." in out
    assert "Not seen by anybody: card, light, tamper. Try by hand" in out
    assert KeyStore(site.state / "keys").reader_key(READERS_LINE, FRONT) == reader_key(FRONT)


def test_a_reader_with_another_key_is_not_ready(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = Installation(place)
    site.install(commissioned=False)
    with VirtualBuilding(site.building()):
        assert walked(site, "--yes") == 1
    out = capsys.readouterr().out
    assert "FAILED    key" in out
    assert "NOT READY: key failed." in out
    assert KeyStore(site.state / "keys").reader_key(READERS_LINE, FRONT) is None


def test_somebody_answers(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    site = Installation(place)
    site.install()
    monkeypatch.setattr("firmware_bridge.cli.walk.ATTENDED_S", 0.3)
    master, slave = pty.openpty()
    with os.fdopen(slave) as keyboard, VirtualBuilding(site.building()):
        monkeypatch.setattr("sys.stdin", keyboard)
        os.write(master, b"y\n")
        assert walked(site) == 1
    os.close(master)
    out = capsys.readouterr().out
    assert "> Hold any card to the reader." in out
    assert "Did its light and buzzer work? [y/n] ok        light" in out
    assert "NOT READY: card, tamper failed." in out


@pytest.mark.parametrize("typed", [b"", b"y"])
def test_an_installer_who_went_away_is_not_waited_for_and_the_bridge_can_run_again(
    typed: bytes, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Installation(place)
    site.install()
    monkeypatch.setattr("firmware_bridge.cli.walk.ATTENDED_S", 0.1)
    monkeypatch.setattr("firmware_bridge.cli.commission.ENDS_AFTER_S", 0.5)
    master, slave = pty.openpty()
    tty.setraw(slave)  # what is typed is there at once, and a line without its end must not be waited for either
    with os.fdopen(slave) as keyboard, VirtualBuilding(site.building()):
        monkeypatch.setattr("sys.stdin", keyboard)
        os.write(master, typed)
        assert walked(site) == 1
    os.close(master)
    said = capsys.readouterr()
    assert "Did its light and buzzer work? [y/n]" in said.out
    assert "Nobody answered in time, so the walk has ended" in said.err
    with only_one(site.state):
        pass


def test_one_reader_at_a_time(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = Installation(place)
    site.install()
    assert command_line(["commission", "--config", str(site.settings), "--port", "X", "--address", "1", "--walk"]) == 1
    assert "name its OSDP port with --port" in capsys.readouterr().err
    assert command_line(["commission", "--config", str(site.settings), "--all", "--walk"]) == 1
    assert "--walk goes through one reader" in capsys.readouterr().err
    assert walked(site, "--yes") == 1
    assert "is not there" in capsys.readouterr().err


def test_what_it_comes_to() -> None:
    good = [Step("found", Outcome.PASSED, ""), Step("card", Outcome.PASSED, "")]
    assert list(summary(good)) == ["", "READY: the reader works on this line."]
