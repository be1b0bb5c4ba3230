"""The repository as the checks see it."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file that git keeps, or would keep, and that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.splitlines()
    return [root / name for name in sorted(set(listed)) if (root / name).is_file()]


@pytest.fixture(scope="session")
def python_files(tracked: list[Path]) -> list[Path]:
    """Every Python file among them."""
    return [path for path in tracked if path.suffix == ".py"]
