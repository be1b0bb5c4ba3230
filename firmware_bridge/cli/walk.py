"""``commission --walk``: leads an installer through one reader, a sentence a step, and ends with a summary."""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.config import Config, PortKind
from firmware_bridge.devices.commissioning import CommissioningError
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line
from firmware_bridge.devices.walking import Bench, Outcome, Step, walk
from firmware_bridge.store.keys import KeyStore

ATTENDED_S = 30.0
UNATTENDED_S = 5.0
_MARKS = {Outcome.PASSED: "ok      ", Outcome.FAILED: "FAILED  ", Outcome.NOT_SEEN: "not seen"}


class Installer:
    """Whoever sits at the command line and stands at the reader; with ``--yes`` nobody does.

    Doors are at rest while the walk goes on, so nobody is waited for after ``ends_s`` of ``clock``.
    """

    def __init__(self, *, attended: bool, clock: Clock, ends_s: float) -> None:
        self.attended = attended
        self._clock = clock
        self._ends_s = ends_s
        self._typed = b""

    def tell(self, sentence: str) -> None:
        """Say what to do now."""
        if self.attended:
            print(f"          > {sentence}", flush=True)

    def confirm(self, question: str) -> bool:
        """Ask what can only be seen.

        Raises:
            CommissioningError: Nobody answered in time.
        """
        print(f"          > {question} [y/n] ", end="", flush=True)
        return self._line().strip().lower() in {b"y", b"yes"}

    def _line(self) -> bytes:
        """What is typed next, to the end of the line or of all input."""
        typing = sys.stdin.fileno()
        while b"\n" not in self._typed:
            left_s = self._ends_s - self._clock.monotonic_s()
            if left_s <= 0 or not select.select([typing], [], [], left_s)[0]:
                print(flush=True)
                raise CommissioningError(
                    "Nobody answered in time, so the walk has ended and the bridge can run again. Start it anew."
                )
            more = os.read(typing, 1000)
            if not more:
                break
            self._typed += more
        line, _, self._typed = self._typed.partition(b"\n")
        return line


def add_walk_arguments(parser: argparse.ArgumentParser) -> None:
    """``--walk`` and ``--yes``."""
    parser.add_argument(
        "--walk",
        action="store_true",
        help="go through the reader at --address step by step: line, key, card, light, tamper",
    )
    parser.add_argument("--yes", action="store_true", help="with --walk: ask nobody, and say what was not seen")


def walk_through(
    asked: argparse.Namespace, config: Config, keys: KeyStore, give_key: Callable[[], str], within_s: float
) -> int:
    """Lead through the reader at ``--address`` of ``--port``; the exit code.

    Raises:
        CommissioningError: The port cannot be used, or nobody answered within ``within_s``.
    """
    clock = SystemClock()
    ends_s = clock.monotonic_s() + within_s
    port = config.ports.get(asked.port or "")
    if asked.address is None or port is None or port.kind is not PortKind.OSDP:
        print("--walk goes through one reader: name its OSDP port with --port, and its --address.", file=sys.stderr)
        return FAILED
    print(f"Reader at address {asked.address} of port {port.name} ({port.path}, {port.baud} baud).", flush=True)
    bench = Bench(
        port.path,
        port.baud,
        asked.address,
        partial(open_line, port.path),
        lambda: keys.reader_key(port.name, asked.address),
        give_key,
        UNATTENDED_S if asked.yes else ATTENDED_S,
    )
    steps = []
    try:
        for step in walk(bench, Installer(attended=not asked.yes, clock=clock, ends_s=ends_s), clock=clock):
            steps.append(step)
            print(line_of(step), flush=True)
    except LineUnavailableError as problem:
        raise CommissioningError(str(problem)) from problem
    for line in summary(steps):
        print(line)
    return FAILED if any(step.outcome is Outcome.FAILED for step in steps) else DONE


def line_of(step: Step) -> str:
    """One step as people read it."""
    return f"{_MARKS[step.outcome]}  {step.name:7}  {step.sentence}"


def summary(steps: Iterable[Step]) -> Iterator[str]:
    """What it comes to."""
    outcomes = {step.name: step.outcome for step in steps}
    failed = [name for name, outcome in outcomes.items() if outcome is Outcome.FAILED]
    unseen = [name for name, outcome in outcomes.items() if outcome is Outcome.NOT_SEEN]
    yield ""
    if failed:
        yield f"NOT READY: {', '.join(failed)} failed. Put it right and go through it again."
    else:
        yield "READY: the reader works on this line." if not unseen else "The reader works as far as it was seen."
    if unseen:
        yield f"Not seen by anybody: {', '.join(unseen)}. Try by hand before the door is handed over."
