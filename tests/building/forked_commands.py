"""``access-control`` commands, each a process of its own that finds everything imported already.

A command is over in no time, but starting Python and importing the service takes more than a second of processor. Here
one clean process imports it once and forks for each command, so that tests that set a school up with its own commands
do not mostly import.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess

from access_control.cli.commands import main

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["access_control.cli.families", __name__])


def access_control(words: tuple[str, ...], place: Path, timeout_s: float) -> CompletedProcess[str]:
    """Run ``access-control WORDS`` in a folder.

    Raises:
        TimeoutError: It does not end.
    """
    out, err = place / f"command-{os.getpid()}.out", place / f"command-{os.getpid()}.err"
    command = _SERVER.Process(target=_run, args=(words, place, out, err))
    command.start()
    command.join(timeout_s)
    if command.exitcode is None:
        command.kill()
        raise TimeoutError(f"access-control {' '.join(words)}: {err.read_text()}")
    done = CompletedProcess(words, command.exitcode, out.read_text(), err.read_text())
    out.unlink()
    err.unlink()
    return done


def _run(words: tuple[str, ...], place: Path, out: Path, err: Path) -> None:
    os.chdir(place)
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv[1:] = words
    sys.exit(main(words))
