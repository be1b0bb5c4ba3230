"""``firmware-bridge release`` against a bridge that runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.wire.release_codes import code_digest, code_from
from firmware_bridge.cli.parser import command_line
from tests.building.signed import DIGEST_KEY
from tests.building.town import Running, Town

CODE = code_from(bytes(12))


@pytest.fixture
def locked(town: Town) -> Running:
    """A bridge in a lockdown that knows one code."""
    running, school = town.start("b"), town.three.schools["b"]
    draft = replace(school.draft(1), release_codes=[code_digest(DIGEST_KEY, CODE)])
    running.apply(school.keys(), school.policy(draft=draft))
    with running.client() as client:
        client.start_emergency("local:principal")
    return running


def run(running: Running, *arguments: str) -> int:
    return command_line(["release", "--config", str(running.three.installations["b"].settings), *arguments])


def test_it_says_what_it_released_and_what_stays(locked: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(locked, "--door", "1", "--door", "3", "--code", CODE, "--by", "caretaker") == 0
    said = capsys.readouterr().out
    assert "Released at 2 doors: 1, 3. 0 codes are left." in said
    assert "Other bridges' doors stay" in said
    assert run(locked, "--all", "--code", CODE) == 1
    assert "was used before" in capsys.readouterr().err


def test_the_code_is_asked_for_so_that_it_stays_out_of_the_history(
    locked: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: CODE)
    assert run(locked, "--all") == 0


@pytest.mark.parametrize("arguments", [[], ["--all", "--door", "1"]])
def test_it_wants_to_know_which_doors(locked: Running, arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        run(locked, *arguments, "--code", CODE)
