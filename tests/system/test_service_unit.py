"""The systemd unit of the service."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def test_systemd_takes_it_without_a_word(root: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("NO systemd-analyze FOUND: the unit was not looked at.")
    text = (root / "deploy" / "access-control.service").read_text()
    unit = tmp_path / "access-control.service"
    unit.write_text(
        text.replace("/opt/school/bin/access-control", "/bin/true")
        .replace("User=access-control", "User=root")
        .replace("Group=access-control", "Group=root")
    )
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert done.returncode == 0, done.stderr
    assert not said
