"""From a card at a reader to the lock command at that reader, over a line at its real pace, with Secure Channel.

Beside two things: what the bytes need at least on the wire (docs/osdp.md has the sum), and libosdp's panel on the same
line with the same readers. ``BENCH_CASES=9600x8,115200x8`` measures only these, ``BENCH_CARDS`` sets the cards a case.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from access_control.core.credentials.bits import Bits
from bench._latency_panel import key_of
from bench.figures import Figure, percentile
from firmware_bridge.clock import SystemClock
from firmware_bridge.protocol.osdp.commands import Command, SetOutputs
from firmware_bridge.protocol.osdp.replies import Reply
from firmware_bridge.simulator.config import ReaderConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World

CASES = tuple((baud, readers) for baud in (9600, 38400, 115200) for readers in (1, 4, 8))
CARDS = 200
_CARD = Bits(0x2F623AE, 26)
_WARM_UP_S = 90.0
_SETTLE_S = 2.0
_LONGEST_S = 5.0
_PEER_STARTS = 5
_GRAIN_S = 0.0005
_clock = SystemClock()
_pause = threading.Event()


@dataclass(frozen=True, slots=True)
class Case:
    """A line's speed and how many readers share it."""

    baud: int
    readers: int

    @property
    def name(self) -> str:
        """As figures name it."""
        return f"{self.baud}x{self.readers}"

    def limit_s(self, characters_a_reader: float) -> float:
        """What the bytes alone need: so many characters for each reader, and 63 for card and command."""
        return (characters_a_reader * self.readers + 63) * 10 / self.baud


class TimedHead(ReaderHead):
    """A reader that keeps when a lock command had arrived."""

    def __init__(self, config: ReaderConfig, world: World) -> None:
        super().__init__(config, world)
        self.moved_s = 0.0
        self.moved = threading.Event()

    def execute(self, command: Command, now_s: float) -> Reply:
        """As any reader; the time is that of the frame's last bit."""
        if isinstance(command, SetOutputs):
            self.moved_s = now_s
            self.moved.set()
        return super().execute(command, now_s)


@contextmanager
def line_with_readers(path: Path, case: Case) -> Iterator[tuple[World, list[Peripheral], list[TimedHead]]]:
    """A paced line with its readers, which all have their keys."""
    world = World((), _clock, RelayLog(None))
    heads = [TimedHead(ReaderConfig(n, "A", n, key_of(n), inputs=0), world) for n in range(1, case.readers + 1)]
    peripherals = [Peripheral(head, baud=case.baud) for head in heads]
    world.start()
    with Line(path, case.baud, [PeripheralLine(peripherals, world)], grain_s=_GRAIN_S):
        yield world, peripherals, heads
    world.stop()


@contextmanager
def panel(kind: str, path: Path, case: Case) -> Iterator[subprocess.Popen[str]]:
    """A panel on the line, in a process of its own."""
    command = [sys.executable, "-m", "bench._latency_panel", kind, str(path), str(case.baud), str(case.readers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.communicate(timeout=10.0)


def measure(kind: str, case: Case, cards: int) -> list[float]:
    """Seconds from each card to its lock command; fewer than ``cards`` when one was not answered.

    Raises:
        RuntimeError: The readers did not all come on-line.
    """
    chance = random.Random(case.baud * case.readers)
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line"
        with line_with_readers(path, case) as (world, peripherals, heads), panel(kind, path, case):
            _wait_for_all(kind, case, peripherals)
            for _ in range(cards):
                _pause.wait(chance.uniform(0.0, 2 * case.limit_s(15.5)))
                head = chance.choice(heads)
                head.moved.clear()
                with world.lock:
                    shown_s = _clock.monotonic_s()
                    head.present(_CARD)
                if not head.moved.wait(_LONGEST_S):
                    print(f"{kind} {case.name}: a card was not answered within {_LONGEST_S} s", file=sys.stderr)
                    break
                times.append(head.moved_s - shown_s)
    return times


def measure_peer(case: Case, cards: int) -> tuple[list[float], int]:
    """The same for libosdp's panel, which drops a reader for minutes after a missed reply: start it again then.

    Returns the times, and how many cards were never answered.
    """
    times: list[float] = []
    for unanswered in range(_PEER_STARTS):
        times += measure("libosdp", case, cards - len(times))
        if len(times) >= cards:
            return times, unanswered
    return times, _PEER_STARTS


def _wait_for_all(kind: str, case: Case, peripherals: list[Peripheral]) -> None:
    until_s = _clock.monotonic_s() + _WARM_UP_S
    while not all(peripheral.secure for peripheral in peripherals):
        if _clock.monotonic_s() > until_s:
            raise RuntimeError(f"{kind} {case.name}: not all readers came on-line within {_WARM_UP_S} s")
        _pause.wait(0.1)
    _pause.wait(_SETTLE_S)


def chosen() -> list[Case]:
    """Every case, or those that the environment names."""
    cases = [Case(*case) for case in CASES]
    wanted = os.environ.get("BENCH_CASES")
    return [case for case in cases if case.name in wanted.split(",")] if wanted else cases


def run() -> list[Figure]:
    """Measure every case with both panels."""
    cards = int(os.environ.get("BENCH_CARDS", str(CARDS)))
    figures = []
    for case in chosen():
        ours = measure("own", case, cards)
        if len(ours) < cards:
            raise RuntimeError(f"own {case.name}: a card was lost")
        theirs, unanswered = measure_peer(case, cards)
        figures.append(Figure("libosdp_cards_unanswered", case.name, unanswered, ""))
        for share, name, limit_s in ((0.5, "p50", case.limit_s(15.5)), (0.99, "p99", case.limit_s(31.0))):
            mine, peer = percentile(ours, share), percentile(theirs, share)
            figures += [
                Figure(f"card_to_strike_{name}", case.name, mine, "s", "wire", mine / limit_s),
                Figure(f"card_to_strike_{name}", case.name, mine, "s", "libosdp", mine / peer),
            ]
        shown = ", ".join(f"{1e3 * percentile(ours, share):.1f} ms" for share in (0.5, 0.99))
        print(f"latency {case.name}: {shown}", file=sys.stderr)
    return figures
