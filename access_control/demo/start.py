"""How a demo begins and ends: the panel and the console for people, or the check by itself."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from access_control.clock import monotonic_s
from access_control.demo.check import run_check
from access_control.demo.check_lockdown import Lockdown
from access_control.demo.errors import StageError
from access_control.demo.evidence import Evidence, StepFailedError
from access_control.demo.staging import Demo
from access_control.people.permissions import ROLE_NAMES

ENDED: Final = "Ended; everything that the demo had started has ended too."


def run(state: Path, *, check: bool, fresh: bool) -> int:
    """Run the demo with its files in ``state``; 0 when it went well, else 1 with a sentence on standard error."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = monotonic_s()
    try:
        with Demo(state, lambda said: print(said, file=sys.stderr, flush=True), fresh=fresh) as demo:
            if check:
                return _check(demo)
            for line in welcome(demo, monotonic_s() - began):
                print(line, flush=True)
            demo.deck.run()
    except StageError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(ENDED, file=sys.stderr)
        return 1 if check else 0
    return 0


def welcome(demo: Demo, took_s: float) -> Iterator[str]:
    """Where to look and how to sign in."""
    yield f"Cedar Hollow Middle School is open (after {took_s:.1f} s)."
    yield ""
    yield f"  Console   {demo.programs.url}"
    yield f"  Panel     {demo.panel_url}"
    yield ""
    yield "Sign in at the console as"
    for account in demo.accounts.values():
        yield f"  {account.login:10} {account.password}   {ROLE_NAMES[account.role]}, {account.name}"
    yield ""
    yield "In the panel you hold cards and passes to the doors, and break things. Ctrl-C ends everything."


def _check(demo: Demo) -> int:
    evidence = Evidence(demo)
    try:
        if found := Lockdown(evidence).end_what_is_in_force():
            print(f"An earlier demo had left {found} emergencies in force; they are released.", file=sys.stderr)
    except StepFailedError as error:
        print(f"An emergency that an earlier demo left could not be released. {error}", file=sys.stderr)
        return 1
    return 0 if run_check(evidence, lambda line: print(line, flush=True)) else 1


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as Ctrl-C does, so that everything is ended in order."""
    raise KeyboardInterrupt
