"""A paced line with readers that know when a lock command had arrived, and a panel on it in a process of its own."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from access_control.core.credentials.bits import Bits
from bench._bus_panel import BOARD_OUTPUTS, key_of
from firmware_bridge.clock import SystemClock
from firmware_bridge.devices.board_state import POLL_S
from firmware_bridge.protocol.osdp.commands import Command, SetOutputs
from firmware_bridge.protocol.osdp.replies import Reply
from firmware_bridge.simulator.board import Board, BoardLine, BoardServers
from firmware_bridge.simulator.config import BoardConfig, ReaderConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.wire import BITS_PER_BYTE, Heard, Transmission
from firmware_bridge.simulator.world import World

_CARD = Bits(0x2F623AE, 26)
_WARM_UP_S = 90.0
_SETTLE_S = 2.0
_LONGEST_S = 5.0
_GOLDEN = (5**0.5 - 1) / 2
_AGAIN_S = 0.15
"""Nobody presents cards to one reader faster; the bridge takes ten reads a second from it."""
_IN_A_ROW = 3
_GRAIN_S = 0.0005
_ROUND_CHARACTERS = 31
_clock = SystemClock()
_pause = threading.Event()


class UnansweredError(RuntimeError):
    """A card got no lock command, or readers did not come on-line."""


@dataclass(frozen=True, slots=True)
class Case:
    """A line's speed and how many readers share it."""

    baud: int
    readers: int

    @property
    def name(self) -> str:
        """As figures name it."""
        return f"{self.baud}x{self.readers}"

    @property
    def character_s(self) -> float:
        """How long one byte takes."""
        return BITS_PER_BYTE / self.baud

    @property
    def round_s(self) -> float:
        """A round of polls and acknowledgements, with its pauses."""
        return _ROUND_CHARACTERS * self.readers * self.character_s

    def limit_s(self, characters_a_reader: float, more: float = 63) -> float:
        """What the bytes alone need: so many characters for each reader, and so many besides."""
        return (characters_a_reader * self.readers + more) * self.character_s


class Moments:
    """Moments within a round. Two hundred of them lie evenly, so that the median is not one of where they fell."""

    def __init__(self, round_s: float, part: float = 0.0) -> None:
        """``part`` of a round is where they begin."""
        self._round_s = round_s
        self._part = part

    def next_s(self) -> float:
        """How far into a round the next one is."""
        self._part = (self._part + _GOLDEN) % 1.0
        return self._part * self._round_s


class TimedHead(ReaderHead):
    """A reader that keeps when a lock command had arrived."""

    def __init__(self, config: ReaderConfig, world: World) -> None:
        super().__init__(config, world)
        self.shown_s = 0.0
        self.moved_s = 0.0
        self.moved = threading.Event()

    def execute(self, command: Command, now_s: float) -> Reply:
        """As any reader; the time is that of the frame's last bit."""
        if isinstance(command, SetOutputs):
            self.arrived(now_s)
        return super().execute(command, now_s)

    def arrived(self, now_s: float) -> None:
        """Its lock was told something."""
        self.moved_s = now_s
        self.moved.set()


class TimedBoard(Board):
    """A relay board that tells the reader of each lock when a command for it had arrived."""

    def __init__(self, config: BoardConfig, world: World, heads: Sequence[TimedHead]) -> None:
        super().__init__(config, world)
        self.asked_s = 0.0
        self._heads = heads

    def write(self, first: int, values: Sequence[bool], by: str = "command") -> None:
        """As any board; the time is that of the frame's last bit, as it is for readers."""
        for head in self._heads[first : first + len(values)]:
            head.arrived(self.asked_s)
        super().write(first, values, by)


class TimedBoardLine(BoardLine):
    """The line of one board, which is told when the frame had arrived that it is about to answer."""

    def __init__(self, board: TimedBoard, baud: int) -> None:
        super().__init__([board], baud)
        self._board = board

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        """As any boards."""
        self._board.asked_s = heard.ended_s
        return super().receive(heard)


class WatchedLine(PeripheralLine):
    """The readers of a line, and what the panel spends on each address: the time until it asks the next one."""

    def __init__(self, peripherals: Sequence[Peripheral], world: World) -> None:
        super().__init__(peripherals, world)
        self.spent_s: dict[int, float] = {}
        self.questions = 0
        self._asked: tuple[int, float] | None = None

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        """As any readers."""
        self.questions += 1
        if self._asked is not None:
            address, begun_s = self._asked
            self.spent_s[address] = self.spent_s.get(address, 0.0) + heard.begun_s - begun_s
        start = heard.data.find(0x53)
        self._asked = (heard.data[start + 1] & 0x7F, heard.begun_s) if 0 <= start < len(heard.data) - 1 else None
        return super().receive(heard)


class Rig:
    """A running line and the panel on it. Made by :func:`running`."""

    def __init__(self, case: Case, kind: str, place: Path, *, board: bool) -> None:
        self.case = case
        self.kind = kind
        self.world = World((), _clock, RelayLog(None))
        self.heads = [
            TimedHead(ReaderConfig(n, "A", n, key_of(n), inputs=0), self.world) for n in range(1, case.readers + 1)
        ]
        self.peripherals = [Peripheral(head, baud=case.baud) for head in self.heads]
        self.readers = WatchedLine(self.peripherals, self.world)
        self.unanswered = 0
        self._place = place
        self._board = board
        self._chance = random.Random(case.baud * case.readers)
        self._moments = Moments(case.round_s, self._chance.random())
        # A board is asked at its own pace: lockdowns that follow one another sooner would all meet the same question.
        self._lockdowns = Moments(max(POLL_S, case.round_s), self._chance.random()) if board else self._moments
        self._stack = ExitStack()

    def start(self) -> None:
        """Start everything and wait until every reader is there.

        Raises:
            UnansweredError: They do not come on-line.
        """
        self.world.start()
        self._stack.callback(self.world.stop)
        path = self._place / "line"
        self._stack.enter_context(Line(path, self.case.baud, [self.readers], grain_s=_GRAIN_S))
        words = [self.kind, str(path), str(self.case.baud), str(self.case.readers)]
        if self._board:
            words.append(str(self._start_board()))
        self._panel = self._stack.enter_context(_panel(words))
        if not self.wait(lambda: all(one.secure for one in self.peripherals), _WARM_UP_S):
            raise UnansweredError(f"{self.kind} {self.case.name}: not all readers came on-line within {_WARM_UP_S} s")
        _pause.wait(_SETTLE_S)

    def stop(self) -> None:
        """End everything."""
        self._stack.close()

    def _start_board(self) -> Path:
        path = self._place / "board"
        board = TimedBoard(BoardConfig(1, "R", 1, outputs=BOARD_OUTPUTS, inputs=8), self.world, self.heads)
        peers = TimedBoardLine(board, self.case.baud)
        peers.open()
        self._stack.callback(peers.close)
        servers = BoardServers([peers], self.case.baud)
        servers.start()
        self._stack.callback(servers.stop)
        self._stack.enter_context(Line(path, self.case.baud, [peers], grain_s=_GRAIN_S))
        return path

    def wait(self, fact: Callable[[], bool], within_s: float) -> bool:
        """Wait until something is so; whether it became so in time."""
        until_s = _clock.monotonic_s() + within_s
        while not fact():
            if _clock.monotonic_s() > until_s:
                return False
            _pause.wait(0.005)
        return True

    def let_pass(self, seconds: float) -> None:
        """Do nothing."""
        _pause.wait(seconds)

    def card(self, readers: Sequence[int] | None = None) -> float:
        """Present a card at a moment by chance, to one of the readers (numbers from 1; all); seconds to its command.

        Raises:
            UnansweredError: None came.
        """
        head = self.heads[self._chance.choice(readers or range(1, self.case.readers + 1)) - 1]
        _pause.wait(max(0.0, head.shown_s + _AGAIN_S - _clock.monotonic_s()))
        _pause.wait(self._moments.next_s())
        head.moved.clear()
        with self.world.lock:
            shown_s = head.shown_s = _clock.monotonic_s()
            head.present(_CARD)
        if not head.moved.wait(_LONGEST_S):
            raise UnansweredError(f"{self.kind} {self.case.name}: a card was not answered within {_LONGEST_S} s")
        return head.moved_s - shown_s

    def some_card(self, readers: Sequence[int] | None = None) -> float:
        """As :meth:`card`; one that is not answered is counted, and another one presented.

        On a machine that stands still for half a second a reader loses its session, and with it the card.

        Raises:
            UnansweredError: Several in a row.
        """
        for _ in range(_IN_A_ROW):
            try:
                return self.card(readers)
            except UnansweredError:
                self.unanswered += 1
        raise UnansweredError(f"{self.kind} {self.case.name}: {_IN_A_ROW} cards in a row were not answered")

    def cards_for(self, seconds: float, readers: Sequence[int]) -> list[float]:
        """As many cards as there is time for, at least one."""
        until_s = _clock.monotonic_s() + seconds
        times = [self.some_card(readers)]
        while _clock.monotonic_s() < until_s:
            times.append(self.some_card(readers))
        return times

    def lockdown(self) -> float:
        """Have the panel lock everything; seconds until the last reader had its command.

        Raises:
            UnansweredError: One had none.
        """
        _pause.wait(self._lockdowns.next_s())
        for head in self.heads:
            head.moved.clear()
        (begun_s,) = self._ask("lock")
        if not all(head.moved.wait(_LONGEST_S) for head in self.heads):
            raise UnansweredError(f"{self.kind} {self.case.name}: a lock command did not arrive within {_LONGEST_S} s")
        _pause.wait(self.case.round_s)
        return max(head.moved_s for head in self.heads) - begun_s

    def used(self) -> tuple[float, float]:
        """The panel's processor seconds, and the time."""
        used_s, at_s = self._ask("used")
        return used_s, at_s

    def _ask(self, word: str) -> list[float]:
        assert self._panel.stdin is not None
        assert self._panel.stdout is not None
        self._panel.stdin.write(word + "\n")
        self._panel.stdin.flush()
        return [float(number) for number in self._panel.stdout.readline().split()]

    def take_down(self, readers: Sequence[int]) -> None:
        """These lose their power; from now on they are silent."""
        with self.world.lock:
            for number in readers:
                self.peripherals[number - 1].set_faults(ReaderFaults(dead=True))

    def bring_back(self, readers: Sequence[int], within_s: float) -> float:
        """These have power again; seconds until each has its session again.

        Raises:
            UnansweredError: One has none in time.
        """
        back = [self.peripherals[number - 1] for number in readers]
        with self.world.lock:
            begun_s = _clock.monotonic_s()
            for one in back:
                one.restart(begun_s)
                one.set_faults(ReaderFaults())
        if not self.wait(lambda: all(one.secure for one in back), within_s):
            raise UnansweredError(f"{self.case.name}: readers {list(readers)} were not back within {within_s} s")
        return _clock.monotonic_s() - begun_s


@contextmanager
def running(kind: str, case: Case, *, board: bool = False) -> Iterator[Rig]:
    """A line with the ``own`` panel or ``libosdp``'s; with ``board`` the locks hang on a relay board on another line.

    Raises:
        UnansweredError: The readers did not all come on-line.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        rig = Rig(case, kind, Path(folder), board=board)
        stack.callback(rig.stop)
        rig.start()
        yield rig


@contextmanager
def _panel(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench._bus_panel", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.communicate(timeout=10.0)
