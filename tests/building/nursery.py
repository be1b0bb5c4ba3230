"""A process that has loaded the bridge's program once and forks a bridge on request, so that many starts are cheap.

What it starts is ``firmware-bridge ARGUMENTS`` in a process of its own, with nothing of an earlier one in it. Only the
waits for an event are watched: those that ended before it was stored are written down, since a bridge that is killed
just then can tell nobody.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class WentAhead:
    """An event that was not stored when the bridge had waited as long as it may; ``mono_s`` is the event's own."""

    code: str
    door: int | None
    mono_s: float


class Nursery:
    """Starts and kills bridges; none outlives it. ``log`` receives what they print."""

    def __init__(self, cwd: Path, log: Path) -> None:
        """Nothing runs before it is entered."""
        self._cwd = cwd
        self._log = log

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.building.nursery", str(self._log)]
        # The programs run elsewhere, and the modules are looked for here.
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            command,
            cwd=self._cwd,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=_PATIENCE_S)

    def start(self, arguments: Sequence[str]) -> int:
        """Start one; its process id."""
        return self._ask("start", *arguments)

    def kill(self, pid: int) -> None:
        """As a power switch does it; it has gone when this returns."""
        self._ask("kill", str(pid))

    def stop(self, pid: int) -> int:
        """As systemd does it; the exit code."""
        return self._ask("stop", str(pid))

    def went_ahead(self) -> list[WentAhead]:
        """Every such event of every bridge until now."""
        path = _ahead_of(self._log)
        lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        return [WentAhead(*json.loads(line)) for line in lines]

    def _ask(self, *words: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _serve(log: Path) -> None:
    """In the process: obey until standard input ends."""
    from firmware_bridge.__main__ import main
    from firmware_bridge.cli.run import carry_out  # noqa: F401 - loaded once, for everything that is forked from here

    _watch_waits(_ahead_of(log))
    alive: set[int] = set()
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        if what == "start":
            pid = os.fork()
            if pid == 0:
                _redirect(log)
                _end(main(arguments))
            alive.add(pid)
            print(pid, flush=True)
        else:
            pid = int(arguments[0])
            os.kill(pid, signal.SIGKILL if what == "kill" else signal.SIGTERM)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
            alive.discard(pid)
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _ahead_of(log: Path) -> Path:
    return log.with_suffix(".ahead")


def _watch_waits(path: Path) -> None:
    """Have every bridge that is forked from here write down what it no longer waited for, before it goes on."""
    from firmware_bridge.clock import SystemClock
    from firmware_bridge.store.entries import Entry
    from firmware_bridge.store.recorder import WAIT_S, Recorder

    wait_for, clock = Recorder.wait_for, SystemClock()

    def watched(self: Recorder, entry: Entry, wait_s: float = WAIT_S) -> bool:
        slow, begun_s = self._slow, clock.monotonic_s()
        stored = wait_for(self, entry, wait_s)
        if not stored and (slow or clock.monotonic_s() - begun_s >= wait_s):
            line = json.dumps([entry.code, entry.door, entry.mono_s]) + "\n"
            out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(out, line.encode("ascii"))
            os.close(out)
        return stored

    Recorder.wait_for = watched  # type: ignore[method-assign]  # only watched


def _redirect(log: Path) -> None:
    """In a new process: print to the log, and hear nothing of what the nursery is told."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)


def _end(code: int) -> None:
    """End a new process without what the nursery would do at its end."""
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
