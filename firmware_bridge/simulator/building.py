"""A whole building on ptys: lines, readers, boards, scanners, doors and people, for tests and as a process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.simulator.board import Board, BoardLine, BoardServers
from firmware_bridge.simulator.config import BuildingConfig, LineConfig, LineKind, ReaderConfig
from firmware_bridge.simulator.doors import Door, Walk
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.memory import ReaderMemory
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.wire import LineFaults, Peer
from firmware_bridge.simulator.world import World


class VirtualBuilding:
    """Use it as a context manager: the lines exist inside the block, and everything is gone after it.

    Attributes:
        world: What is physical: relays, contacts, doors, and everything that happens.
        lines: The serial lines by name.
        readers: The OSDP readers by id.
        boards: The Modbus boards by id.
    """

    def __init__(self, config: BuildingConfig, clock: Clock | None = None) -> None:
        self.config = config
        self._clock = clock or SystemClock()
        self._log = RelayLog(config.relay_log)
        self.world = World(config.doors, self._clock, self._log)
        self.world.on_input = self._input_changed
        self._memory = ReaderMemory(config.memory)
        self.readers = {r.id: self._reader(r) for r in config.readers}
        self.boards = {b.id: Board(b, self.world) for b in config.boards}
        self._board_lines: list[BoardLine] = []
        self._reader_lines: dict[str, PeripheralLine] = {}
        self.lines = {line.name: self._line(line) for line in config.lines}
        self._scanner_lines = {s.reader: s.line for s in config.scanners}
        self._running = ExitStack()

    def start(self) -> None:
        """Bring it to life.

        Raises:
            PathTakenError: A line's path cannot be used.
        """
        with ExitStack() as stack:
            self._log.open()
            stack.callback(self._log.close)
            for board_line in self._board_lines:
                board_line.open()
                stack.callback(board_line.close)
            self.world.start()
            stack.callback(self.world.stop)
            if self._board_lines:
                servers = BoardServers(self._board_lines)
                stack.callback(servers.stop)
                servers.start()
            for line in self.lines.values():
                stack.enter_context(line)
            self.world.tell("started")
            self._running = stack.pop_all()

    def stop(self) -> None:
        """End it; harmless when it does not run."""
        self._running.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def present(self, reader: int, bits: Bits) -> None:
        """Hold a card to a reader."""
        with self.world.lock:
            self.readers[reader].head.present(bits)
            self.world.tell("card", reader=reader, length=bits.length)

    def scan(self, reader: int, text: str) -> None:
        """Hold a printed code to a scanner."""
        self.world.tell("scan", reader=reader, length=len(text))
        self.lines[self._scanner_lines[reader]].transmit(text.encode("utf-8") + b"\r")

    def press(self, reader: int, keys: str) -> None:
        """Type on a reader's keypad."""
        with self.world.lock:
            self.readers[reader].head.press(keys)
            self.world.tell("keys", reader=reader, count=len(keys))

    def walk(self, door: int, *, out: bool = False, patience_s: float = 8.0) -> Walk:
        """Send a person to a door; ask the walk whether it is over."""
        walk = Walk(self.world.doors[door], self._clock.monotonic_s(), out=out, patience_s=patience_s)
        self.world.walk(door, walk)
        return walk

    def at_door(self, door: int, deed: Callable[[Door], bool]) -> bool:
        """Do something to a door by hand, such as ``Door.pull``; whether it worked."""
        with self.world.lock:
            done = deed(self.world.doors[door])
            self.world.settle()
            return done

    def wait_for(self, fact: Callable[[], bool], within_s: float = 5.0) -> bool:
        """Wait until something is so; whether it became so in time."""
        return self.world.wait_for(fact, within_s)

    def set_line_faults(self, name: str, faults: LineFaults) -> None:
        """Make a line bad or good."""
        self.world.tell("fault", on=f"line {name}", faults=str(faults))
        self.lines[name].set_faults(faults)

    def set_reader_faults(self, reader: int, faults: ReaderFaults, *, gap_chars: float | None = None) -> None:
        """Make a reader bad or good; ``gap_chars`` is how long it waits before answers, ``None`` as configured."""
        config = self.readers[reader].head.config
        with self.world.lock:
            self.world.tell("fault", on=f"reader {reader}", faults=str(faults))
            self.readers[reader].set_faults(faults)
            line = self._reader_lines[config.line]
            line.gap_chars[reader] = config.reply_gap_chars if gap_chars is None else gap_chars

    def set_board_faults(self, board: int, *, dead: bool = False, slow_s: float = 0.0) -> None:
        """Make a board silent or slow, or good."""
        self.world.tell("fault", on=f"board {board}", faults=f"dead={dead} slow_s={slow_s}")
        self.boards[board].dead, self.boards[board].slow_s = dead, slow_s

    def restart_reader(self, reader: int) -> None:
        """Take a reader's power away for a moment."""
        with self.world.lock:
            self.world.tell("power", on=f"reader {reader}")
            self.readers[reader].restart(self._clock.monotonic_s())

    def restart_board(self, board: int) -> None:
        """Take a board's power away for a moment: every relay drops."""
        self.world.tell("power", on=f"board {board}")
        self.boards[board].restart()

    def clear_faults(self) -> None:
        """Make everything good again."""
        for name in self.lines:
            self.set_line_faults(name, LineFaults())
        for reader in self.readers:
            self.set_reader_faults(reader, ReaderFaults())
            head = self.readers[reader].head
            with self.world.lock:
                head.set_tampered(tampered=False)
                head.set_power_failed(failed=False)
        for board in self.boards:
            self.set_board_faults(board)
        with self.world.lock:
            for point in tuple(self.world.stuck_relays):
                self.world.stick_relay(point, None)
            for door in self.world.doors.values():
                door.jammed_open = door.latch_stuck = False
                door.contact_stuck = door.lock_stuck = None
            self.world.settle()

    def _reader(self, config: ReaderConfig) -> Peripheral:
        baud = next(line.baud for line in self.config.lines if line.name == config.line)
        peripheral = Peripheral(ReaderHead(config, self.world), baud=baud, keep=self._memory.keep)
        self._memory.recall(peripheral)
        peripheral.card_fetched = lambda card: self.world.tell(
            "card_fetched", reader=config.id, length=card.bits.length
        )
        return peripheral

    def _line(self, config: LineConfig) -> Line:
        peers: list[Peer] = []
        if config.kind is LineKind.OSDP:
            here = [p for p in self.readers.values() if p.head.config.line == config.name]
            self._reader_lines[config.name] = PeripheralLine(here, self.world)
            peers.append(self._reader_lines[config.name])
        elif config.kind is LineKind.MODBUS:
            boards = [b for b in self.boards.values() if b.config.line == config.name]
            self._board_lines.append(BoardLine(boards, config.baud))
            peers.append(self._board_lines[-1])
        return Line(
            config.path,
            config.baud,
            peers,
            half_duplex=config.kind is not LineKind.SCANNER,
            grain_s=config.grain_s,
            seed=self.config.seed,
            clock=self._clock,
        )

    def _input_changed(self, point: Point, active: bool) -> None:
        del active
        if point.kind is DeviceKind.READER and point.device in self.readers:
            self.readers[point.device].head.input_changed()
