"""Setting up says in one sentence what is missing."""

import os
import subprocess
from pathlib import Path

import pytest

TOO_OLD = """#!/bin/sh
case "$2" in
*print*) echo "Python 3.9.2" ;;
*) exit 1 ;;
esac
"""
WITHOUT_VENV = """#!/bin/sh
case "$2" in
*ensurepip*) echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1 ;;
*) exit 0 ;;
esac
"""
VENV_FAILS = """#!/bin/sh
case "$1" in
-m) mkdir -p "$3"; echo "no space left" >&2; exit 1 ;;
*) exit 0 ;;
esac
"""


def set_up(root: Path, folder: Path, pythons: dict[str, str], asked: str = "") -> subprocess.CompletedProcess[str]:
    """Make an environment where only these Pythons can be found."""
    path = folder / "bin"
    path.mkdir()
    for name, program in pythons.items():
        (path / name).write_text(program)
        (path / name).chmod(0o755)
    for tool in ("sh", "rm", "mkdir"):
        (path / tool).symlink_to(Path("/bin") / tool)
    return subprocess.run(
        [str(path / "sh"), str(root / ".ci" / "make-venv"), str(folder / "venv"), *([asked] if asked else [])],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("pythons", "sentence"),
    [
        ({"python3": TOO_OLD}, "This needs Python 3.11 or newer and found Python 3.9.2"),
        ({}, "This needs Python 3.11 or newer and found no Python 3"),
        ({"python3": WITHOUT_VENV}, "run 'sudo apt install python3-venv', then the same command again"),
        ({"python3": TOO_OLD, "python3.12": WITHOUT_VENV}, "run 'sudo apt install python3.12-venv'"),
    ],
    ids=["too old", "no Python", "Debian without venv", "a newer one beside it without venv"],
)
def test_what_is_missing_is_one_sentence(root: Path, tmp_path: Path, pythons: dict[str, str], sentence: str) -> None:
    outcome = set_up(root, tmp_path, pythons)
    assert outcome.returncode == 1
    assert sentence in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert outcome.stdout == ""


def test_a_python_that_was_asked_for_is_not_replaced_by_another(root: Path, tmp_path: Path) -> None:
    outcome = set_up(root, tmp_path, {"python3": WITHOUT_VENV, "old": TOO_OLD}, asked="old")
    assert outcome.returncode == 1
    assert "found Python 3.9.2" in outcome.stderr


def test_half_an_environment_is_not_left_behind(root: Path, tmp_path: Path) -> None:
    outcome = set_up(root, tmp_path, {"python3": VENV_FAILS})
    assert outcome.returncode == 1
    assert not (tmp_path / "venv").exists()


def test_make_alone_explains_every_target(root: Path) -> None:
    said = subprocess.run(["make"], cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout
    for target in ("setup", "demo", "test", "test-long", "check", "bench"):
        assert f"  {target} " in said


def test_ci_runs_the_three_targets_and_can_be_started(root: Path) -> None:
    run = root / ".ci" / "run"
    assert os.access(run, os.X_OK)
    lines = run.read_text().splitlines()
    assert [line for line in lines if line.startswith("make ")] == ["make test", "make test-long", "make check"]
    assert "set -euo pipefail" in lines
