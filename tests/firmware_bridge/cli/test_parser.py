from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.cli.parser import COMMANDS, build_parser, command_line, module_of


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_explains_itself_and_says_the_same_in_its_module(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line([command, "--help"])
    assert caught.value.code == 0
    assert COMMANDS[command] in " ".join(capsys.readouterr().out.split())
    assert (module_of(command).__doc__ or "").splitlines()[0] == COMMANDS[command]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser(()).parse_args(["--help"])
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


def test_an_unknown_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line(["open-every-door"])
    assert caught.value.code == 2
    assert "open-every-door" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["commission", "--port", "A", "--address", "900"], "900"),
        (["lockdown", "--scope", "library"], "'library' is not a scope; write site, building:N or zone:N."),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_touched(
    command: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line(command)
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


def test_missing_settings_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["status", "--config", str(tmp_path / "bridge.toml")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_without_a_bridge_commands_fail_with_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "bridge.toml").write_text('state_dir = "state"\n')
    settings = ["--config", str(place / "bridge.toml")]
    for command in (["status"], ["lockdown"], ["acknowledge", "3"], ["reset-fire", "3"], ["apply", __file__]):
        assert command_line([command[0], *settings, *command[1:]]) == 1
        assert "firmware-bridge run" in capsys.readouterr().err
