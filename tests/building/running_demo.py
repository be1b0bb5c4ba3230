"""A demo as people start it, in the background, with what it printed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunningDemo:
    """A demo that is ready. ``passwords`` are by login."""

    process: subprocess.Popen[str]
    said: str

    @property
    def console(self) -> str:
        return self._found(r"Console +(http://127\.0\.0\.1:\d+)")[0]

    @property
    def panel(self) -> str:
        return self._found(r"Panel +(http://127\.0\.0\.1:\d+/\?token=\S+)")[0]

    @property
    def passwords(self) -> Mapping[str, str]:
        rows = re.findall(r"^ +(\w+) +(\S{12,})   \w", self.said, re.MULTILINE)
        return dict(rows)

    def _found(self, pattern: str) -> list[str]:
        found = re.findall(pattern, self.said)
        assert found, self.said
        return list(found)


@contextmanager
def running_demo(state: Path) -> Iterator[RunningDemo]:
    """Start one with its files in a folder, wait until it is ready, and kill it at the end."""
    command = [sys.executable, "-m", "access_control", "demo", "--state", str(state)]
    # Whoever runs these tests in the background ignores SIGINT, and a child would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        signal.signal(signal.SIGINT, before)
        assert process.stdout is not None
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if "Ctrl-C ends everything" in line:
                    break
            assert process.poll() is None, "".join(said)
            yield RunningDemo(process, "".join(said))
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()


def programs_of(state: Path) -> list[str]:
    """What still runs with files in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            line = " ".join(words)
            ours = "firmware_bridge" in words or "access_control.demo.serving" in words
            found += [line] if ours and str(state) in line else []
    return found


def none_left(state: Path) -> bool:
    """Whether all of it has ended, after a while at most."""
    for _ in range(600):
        if not programs_of(state):
            return True
        time.sleep(0.05)
    return False
