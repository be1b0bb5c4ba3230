"""Who else has a serial port, as far as the kernel tells this user."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_PSEUDO_TERMINALS: Final = range(136, 144)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has the port."""

    pid: int
    program: str

    def __str__(self) -> str:
        """As an installer reads it."""
        return f"{self.program} (process {self.pid})"


def holders(path: str, proc: Path = PROC) -> tuple[Holder, ...]:
    """Other processes that have locked the port at ``path`` or have it open; those that may not be seen are missing."""
    try:
        port = Path(path).stat()
    except OSError:
        return ()
    pids = {*_lockers(port, proc), *_openers(port, proc)} - {os.getpid()}
    return tuple(Holder(pid, _program(pid, proc)) for pid in sorted(pids))


def _lockers(port: os.stat_result, proc: Path) -> Iterator[int]:
    """From /proc/locks, which tells of every user's processes."""
    wanted = f"{os.major(port.st_dev):02x}:{os.minor(port.st_dev):02x}:{port.st_ino}"
    with suppress(OSError):
        for line in (proc / "locks").read_text(encoding="ascii", errors="replace").splitlines():
            words = line.split()
            if wanted in words and "->" not in words:
                with suppress(ValueError, IndexError):
                    pid = int(words[words.index(wanted) - 1])
                    if pid > 0:
                        yield pid


def _openers(port: os.stat_result, proc: Path) -> Iterator[int]:
    """From everybody's open files; whoever keeps the far end of a pseudo-terminal may have the near one open too."""
    if not stat.S_ISCHR(port.st_mode) or os.major(port.st_rdev) in _PSEUDO_TERMINALS:
        return
    for process in proc.glob("[0-9]*"):
        with suppress(OSError):
            if any(_is(opened, port) for opened in (process / "fd").iterdir()):
                yield int(process.name)


def _is(opened: Path, port: os.stat_result) -> bool:
    with suppress(OSError):
        found = opened.stat()
        return stat.S_ISCHR(found.st_mode) and found.st_rdev == port.st_rdev
    return False


def _program(pid: int, proc: Path) -> str:
    with suppress(OSError):
        return (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    return "a program"
