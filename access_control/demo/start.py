"""How a demo begins and ends: the page for people, or the check by itself."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from access_control.demo.check import run_check
from access_control.demo.evidence import Evidence
from access_control.demo.page import SchoolPage
from access_control.demo.running import RunningSchool
from access_control.demo.scene import StageError
from access_control.demo.supervisor import Supervisor

NO_TERMINAL: Final = (
    "The demo's page needs a terminal, and this is none. 'make demo ARGS=--check' goes through its steps by itself."
)


def run(state: Path, *, check: bool, fresh: bool) -> int:
    """Run the demo with its files in ``state``; 0 when it went well, else 1 with a sentence on standard error."""
    if not check and not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(NO_TERMINAL, file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with Supervisor(state, lambda said: print(said, file=sys.stderr, flush=True), fresh=fresh) as supervisor:
            return _play(RunningSchool(supervisor), check=check)
    except StageError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("Ended; everything that the demo had started has ended too.", file=sys.stderr)
    return 1


def _play(school: RunningSchool, *, check: bool) -> int:
    if check:
        if school.office.in_force:
            print(f"An earlier demo left an emergency in force. {school.release()}", file=sys.stderr, flush=True)
        return 0 if run_check(Evidence(school), lambda line: print(line, flush=True)) else 1
    school.forget_old_news()
    SchoolPage(school).run()
    return 0


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as Ctrl-C does, so that everything is ended in order."""
    raise KeyboardInterrupt
