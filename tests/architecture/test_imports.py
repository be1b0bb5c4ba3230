"""The import contracts of ``.importlinter`` hold, and would notice if they did not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VIOLATIONS = {
    "core reads the clock": ("access_control/core/decision/late.py", "import time\n"),
    "core reads a file": ("access_control/core/wire/late.py", "import pathlib\n"),
    "rules know documents": (
        "access_control/core/decision/late.py",
        "import access_control.core.wire\n",
    ),
    "the brain sleeps": ("firmware_bridge/controller/late.py", "import time\n"),
    "a protocol opens a line": ("firmware_bridge/protocol/late.py", "import serial\n"),
    "a protocol makes up numbers": ("firmware_bridge/protocol/osdp/late.py", "import random\n"),
    "a protocol asks the brain": ("firmware_bridge/protocol/late.py", "import firmware_bridge.controller.controller\n"),
    "the brain asks a protocol": (
        "firmware_bridge/controller/late.py",
        "import firmware_bridge.protocol.osdp.frames\n",
    ),
    "the brain asks a device": ("firmware_bridge/controller/late.py", "import firmware_bridge.devices\n"),
    "the bridge takes a page": ("firmware_bridge/store/late.py", "import access_control.demo\n"),
    "the service takes the bridge": ("access_control/demo/late.py", "import firmware_bridge.ports\n"),
    "a package nobody placed": ("access_control/extras/__init__.py", '"""New."""\n'),
    "a bridge package nobody placed": ("firmware_bridge/extras/__init__.py", '"""New."""\n'),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the packages in ``folder``."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    """A copy of the packages and contracts to break."""
    for package in ("access_control", "firmware_bridge"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".importlinter", tmp_path)
    return tmp_path


def test_every_contract_is_kept(root: Path) -> None:
    outcome = lint(root)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("what", VIOLATIONS)
def test_a_violation_is_noticed(copied: Path, what: str) -> None:
    path, text = VIOLATIONS[what]
    (copied / path).parent.mkdir(exist_ok=True)
    (copied / path).write_text(text)
    outcome = lint(copied)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "late" in outcome.stdout or "extras" in outcome.stdout


def test_the_bridge_starts_where_nothing_of_the_service_is_installed(root: Path) -> None:
    absent = ("flask", "sqlalchemy", "granian", "rich", "hypothesis", "osdp")
    blocked = "; ".join(f"sys.modules[{name!r}] = None" for name in absent)
    program = f"import sys; {blocked}; from firmware_bridge.__main__ import main; sys.exit(main(['run', '--help']))"
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False, timeout=60
    )
    assert outcome.returncode == 0, outcome.stderr
