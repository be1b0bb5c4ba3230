"""Every process that the demo starts ends, whichever way the demo ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from access_control.demo.children import Child

SLEEPER = """
import signal, subprocess, sys, time
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
worker = subprocess.Popen(["sleep", "60"]).pid if "works" in sys.argv else ""
print(f"awake {worker}".strip(), flush=True)
time.sleep(60)
"""
PARENT = """
import sys, time
from pathlib import Path
from access_control.demo.children import Child
child = Child("sleeper", "sleeper", [], Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pid: int) -> bool:
    for _ in range(200):
        if gone(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    return tmp_path / "sleeper.log"


@pytest.fixture
def sleeper(log: Path) -> Iterator[Child]:
    child = Child("sleeper", "sleeper", [], log)
    child.start()
    yield child
    child.kill()


def awake(child: Child) -> None:
    for _ in range(200):
        if child.last_words().startswith("awake"):
            return
        time.sleep(0.05)
    raise AssertionError(child.last_words())


def test_a_child_runs_until_it_is_asked_to_stop(sleeper: Child) -> None:
    awake(sleeper)
    assert sleeper.running
    pid = sleeper.pid
    assert pid is not None
    sleeper.stop()
    assert not sleeper.running
    assert sleeper.pid is None
    assert gone(pid)


def test_a_child_that_does_not_listen_is_made_to_stop(log: Path) -> None:
    child = Child("sleeper", "sleeper", ["deaf"], log)
    child.start()
    awake(child)
    child.stop(patience_s=0.2)
    assert not child.running


def test_a_killed_child_can_be_started_again(sleeper: Child) -> None:
    awake(sleeper)
    first = sleeper.pid
    sleeper.kill()
    sleeper.start()
    assert sleeper.running
    assert sleeper.pid != first


def test_what_a_killed_child_had_started_is_gone_too(log: Path) -> None:
    child = Child("sleeper", "sleeper", ["works"], log)
    child.start()
    awake(child)
    worker = int(child.last_words().removeprefix("awake "))
    assert not gone(worker)
    child.kill()
    assert wait_until_gone(worker)


def test_children_end_with_a_parent_that_was_killed(log: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(log)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert wait_until_gone(child)


def test_a_child_that_never_ran_has_no_last_words_and_nothing_to_stop(tmp_path: Path) -> None:
    child = Child("sleeper", "sleeper", [], tmp_path / "none.log")
    child.stop()
    child.kill()
    assert child.last_words() == ""
    assert child.pid is None
