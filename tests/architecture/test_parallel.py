"""What is marked to stay together runs on one worker: this takes releases of pytest and xdist that fit each other."""

import subprocess
import sys
from pathlib import Path

TESTS = """
import os
from pathlib import Path

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_where(number):
    Path(f"{number}.ran").write_text(os.environ["PYTEST_XDIST_WORKER"])
"""


def test_a_group_runs_on_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_group.py").write_text(TESTS)
    run = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder"]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    ran = [path.read_text() for path in tmp_path.glob("*.ran")]
    assert len(ran) == 8
    assert len(set(ran)) == 1
