"""The processes that the demo starts, and its promise to end every one of them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_TAIL: Final = 2000  # bytes of a log that are looked at for its last words


class Child:
    """One process of another program of this project, with its output in a file.

    It ends with this process, whatever ends this process: the system sends it a signal when the thread that started it
    is gone. So start it from the main thread, which lives longest.
    """

    def __init__(self, name: str, module: str, arguments: Sequence[str], log: Path) -> None:
        """Nothing is started yet."""
        self.name = name
        self.log = log
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output is added to the log."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program with arguments of our own
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which then ends its children in order
                preexec_fn=_ends_with_parent(),  # noqa: PLW1509 - one system call, found before the fork
            )

    @property
    def pid(self) -> int | None:
        """Its number, while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """``kill -9`` it and what it started: no warning, no chance to tidy up, and nothing answers any more."""
        if self._process is not None and self.running:
            os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group of its own; a worker would go on a while
            self._process.wait()

    def stop(self, patience_s: float = 10.0) -> None:
        """Ask it to end, and make it if it does not."""
        if self._process is None or not self.running:
            return
        self._process.terminate()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> str:
        """The last line it wrote."""
        try:
            text = self.log.read_bytes()[-_TAIL:].decode(errors="replace").strip()
        except OSError:
            return ""
        return text.splitlines()[-1] if text else ""


def _ends_with_parent() -> Callable[[], None]:
    """What the child does first: ask the system for a signal when its parent is gone. Linux only; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
