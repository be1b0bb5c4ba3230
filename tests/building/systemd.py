"""systemd's own look at a unit.

Where there is no ``systemd-analyze`` a test says loudly that it was skipped; under CI that is a failure instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MISSING = "NO systemd-analyze FOUND: no unit was looked at. Debian has it in the package systemd."


def systemd_analyze() -> str:
    """Where it is; skips the test, or under CI fails it, where there is none."""
    found = shutil.which("systemd-analyze")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return found


def complaints(unit: Path, folder: Path) -> list[str]:
    """What systemd has to say of a unit whose program and users are not on this machine."""
    program, user = f"/opt/school/bin/{unit.stem}", unit.stem
    copy = folder / unit.name
    text = unit.read_text().replace(program, "/bin/true")
    copy.write_text(text.replace(f"User={user}", "User=root").replace(f"Group={user}", "Group=root"))
    command = [systemd_analyze(), "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    said = [line for line in done.stderr.splitlines() if copy.name in line]
    return said or ([done.stderr] if done.returncode else [])
