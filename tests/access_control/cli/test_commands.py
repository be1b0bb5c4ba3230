"""The command line says what there is, and one sentence when it cannot be done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from access_control.cli import commands


def test_help_lists_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(f"    {family} " in said for family in ("demo", "db", "operator", "audit"))


def test_no_command_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_every_command_says_what_does_it() -> None:
    line = commands.parser()
    assert callable(line.parse_args(["db", "current"]).run)


def test_in_the_plain_install_it_says_how_to_get_the_service(root: Path, tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['sqlalchemy'] = None; "
        "from access_control.__main__ import main; sys.exit(main(['db', 'current']))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("This needs sqlalchemy, which is not installed")
    assert "school-access-control[service]" in outcome.stderr
