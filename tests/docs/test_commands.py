"""What the pages tell people to type exists; what is marked ``<!-- run -->`` is run."""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"(<!-- run -->\n)?```console\n(.*?)```", re.DOTALL)
PROGRAMS = {"firmware-bridge": "firmware_bridge", "access-control": "access_control"}
FAMILIES = {"audit", "bridge", "db", "operator", "site", "tls"}
"""Commands that have commands of their own."""


def typed(*, marked: bool) -> list[tuple[str, str]]:
    """Every line after a ``$`` in a console block, with the page it is on."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        (page.name, line[2:])
        for page in pages
        for block in BLOCK.finditer(page.read_text())
        if bool(block[1]) == marked
        for line in block[2].splitlines()
        if line.startswith("$ ")
    ]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Type it in an empty folder."""
    return subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@cache
def help_of(*command: str) -> subprocess.CompletedProcess[str]:
    """What a command says of itself."""
    return run([sys.executable, "-m", *command, "--help"], ROOT)


@cache
def benches() -> list[str]:
    """The names of all measurements."""
    return run([sys.executable, "-m", "bench", "--list"], ROOT).stdout.split()


@pytest.mark.parametrize(("page", "line"), typed(marked=True) or [("none", "true")])
def test_a_marked_command_works_as_it_stands(page: str, line: str, tmp_path: Path) -> None:
    outcome = run(shlex.split(line), tmp_path)
    assert outcome.returncode == 0, f"{page}: {outcome.stderr}"


@pytest.mark.parametrize(("page", "line"), typed(marked=False))
def test_every_other_command_exists(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    words = words[1:] if words[0] == "sudo" else words
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert all(word in targets for word in words[1:] if "=" not in word), page
    elif words[0] in PROGRAMS:
        command = words[1:3] if words[1] in FAMILIES else words[1:2]
        outcome = help_of(PROGRAMS[words[0]], *command)
        assert outcome.returncode == 0, f"{page}: {outcome.stderr}"
        options = [word.partition("=")[0] for word in words[2:] if word.startswith("--")]
        assert all(option in outcome.stdout for option in options), f"{page}: {line}"
    elif words[:3] == ["python", "-m", "bench"]:
        known = benches()
        assert all(word in known for word in words[3:] if not word.startswith("--")), f"{page}: {line}"
