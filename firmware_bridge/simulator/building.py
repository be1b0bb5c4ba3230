"""A whole building on ptys: lines, readers, boards, scanners, doors and people, for tests and as a process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.protocol.em4100 import TAG_BITS, Framing, frame
from firmware_bridge.simulator.board import Board, BoardLine, BoardServers
from firmware_bridge.simulator.config import (
    BOARD_LINES,
    BoardConfig,
    BuildingConfig,
    LineConfig,
    LineKind,
    ReaderConfig,
    TagReaderConfig,
)
from firmware_bridge.simulator.doors import Door, Walk
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.memory import ReaderMemory
from firmware_bridge.simulator.module import Module
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.usb_board import LcusLine, NumatoLine
from firmware_bridge.simulator.wire import LineFaults, Peer
from firmware_bridge.simulator.world import World

_TAG_EVERY_S = 0.065
_TAG_FRAMES = 5


class VirtualBuilding:
    """Use it as a context manager: the lines exist inside the block, and everything is gone after it.

    Attributes:
        world: What is physical: relays, contacts, doors, and everything that happens.
        lines: The serial lines by name.
        readers: The OSDP readers by id.
        boards: The boards by id, whatever they speak.
        tag_readers: The readers for 125 kHz tags by id.
    """

    def __init__(self, config: BuildingConfig, clock: Clock | None = None) -> None:
        self.config = config
        self._clock = clock or SystemClock()
        self._log = RelayLog(config.relay_log)
        self.world = World(config.doors, self._clock, self._log)
        self.world.on_input = self._input_changed
        self.world.on_cable = self._cable_changed
        self._memory = ReaderMemory(config.memory)
        self.readers = {r.id: self._reader(r) for r in config.readers}
        self.heads = {r.id: (r.id, 0) for r in config.readers}
        self.heads |= {r.second_head: (r.id, 1) for r in config.readers if r.second_head is not None}
        self.boards: dict[int, Board | Module] = {b.id: self._board(b) for b in config.boards}
        self.tag_readers = {t.reader: t for t in config.tag_readers}
        self._tags_until_s: dict[int, float] = {}
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
        """Hold a card to a reader.

        Raises:
            ValueError: It is a tag reader, and this is no tag.
        """
        if reader in self.tag_readers:
            self._present_tag(self.tag_readers[reader], bits)
            return
        with self.world.lock:
            device, head = self.heads[reader]
            self.readers[device].head.present(bits, head)
            self.world.tell("card", reader=reader, length=bits.length)

    def _present_tag(self, config: TagReaderConfig, bits: Bits) -> None:
        if bits.length != TAG_BITS:
            raise ValueError(f"A tag has {TAG_BITS} bits, and these are {bits.length}.")
        data = frame(bits.value.to_bytes(TAG_BITS // 8), config.framing)
        self.world.tell("card", reader=config.reader, length=bits.length)
        # An ID-12 says a tag once; the others go on while it is there. Two tags at once is more than they can read.
        count = 1 if config.framing is Framing.ID12 else _TAG_FRAMES
        with self.world.lock:
            now_s = self._clock.monotonic_s()
            begin_s = max(now_s, self._tags_until_s.get(config.reader, 0.0))
            self._tags_until_s[config.reader] = begin_s + count * _TAG_EVERY_S
        for i in range(count):
            self.lines[config.line].transmit(data, begin_s - now_s + i * _TAG_EVERY_S)

    def scan(self, reader: int, text: str) -> None:
        """Hold a printed code to a scanner."""
        self.world.tell("scan", reader=reader, length=len(text))
        self.lines[self._scanner_lines[reader]].transmit(text.encode("utf-8") + b"\r")

    def press(self, reader: int, keys: str) -> None:
        """Type on a reader's keypad."""
        with self.world.lock:
            device, head = self.heads[reader]
            self.readers[device].head.press(keys, head)
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
            line.gap_chars[str(reader)] = config.reply_gap_chars if gap_chars is None else gap_chars

    def set_board_faults(
        self,
        board: int,
        *,
        dead: bool = False,
        slow_s: float = 0.0,
        garbage: bool = False,
        partial: bool = False,
        foreign: bool = False,
        refuses: bool = False,
        busy: int = 0,
    ) -> None:
        """Make a board silent, slow, or wrong in what it says, or good; :class:`Board` has what each means."""
        words = f"{dead=} {slow_s=} {garbage=} {partial=} {foreign=} {refuses=} {busy=}"
        self.world.tell("fault", on=f"board {board}", faults=words)
        there = self.boards[board]
        there.dead, there.slow_s = dead, slow_s
        if isinstance(there, Module):  # what else can be wrong with it is a reader's
            return
        there.busy = busy
        there.garbage, there.partial, there.foreign, there.refuses = garbage, partial, foreign, refuses

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
        for point in tuple(self.world.cut):
            self.world.cut_cable(point, cut=False)
        for point in tuple(self.world.shorted):
            self.world.short_cable(point, shorted=False)
        for name in self.lines:
            self.set_line_faults(name, LineFaults())
        for reader in self.readers:
            self.set_reader_faults(reader, ReaderFaults())
            head = self.readers[reader].head
            with self.world.lock:
                head.set_tampered(tampered=False)
                head.set_power_failed(failed=False)
        for number, board in self.boards.items():
            if isinstance(board, Module):
                board.set_faults(ReaderFaults())
            self.set_board_faults(number)
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

    def _board(self, config: BoardConfig) -> Board | Module:
        line = next(line for line in self.config.lines if line.name == config.line)
        if line.kind is not LineKind.OSDP:
            return Board(config, self.world)
        module = Module(config, self.world, line.baud, self._memory.keep)
        self._memory.recall(module.peripheral)
        return module

    def _modules(self) -> dict[int, Peripheral]:
        return {number: board.peripheral for number, board in self.boards.items() if isinstance(board, Module)}

    def _line(self, config: LineConfig) -> Line:
        peers: list[Peer] = []
        if config.kind is LineKind.OSDP:
            peripherals = [*self.readers.values(), *self._modules().values()]
            here = [p for p in peripherals if p.head.config.line == config.name]
            self._reader_lines[config.name] = PeripheralLine(here, self.world)
            peers.append(self._reader_lines[config.name])
        elif config.kind is LineKind.MODBUS:
            boards = [b for b in self.boards.values() if isinstance(b, Board) and b.config.line == config.name]
            self._board_lines.append(BoardLine(boards, config.baud))
            peers.append(self._board_lines[-1])
        elif config.kind in BOARD_LINES:
            kind = LcusLine if config.kind is LineKind.LCUS else NumatoLine
            peers += [kind(b) for b in self.boards.values() if isinstance(b, Board) and b.config.line == config.name]
        return Line(
            config.path,
            config.baud,
            peers,
            half_duplex=config.kind in {LineKind.OSDP, LineKind.MODBUS},
            grain_s=config.grain_s,
            seed=self.config.seed,
            clock=self._clock,
        )

    def _input_changed(self, point: Point, active: bool) -> None:
        del active
        head = self._head_of(point)
        if head is not None:
            head.input_changed()

    def _cable_changed(self, point: Point) -> None:
        """A supervised input tells of its cable even if its circuit is as it was."""
        head = self._head_of(point)
        if head is not None and head.config.supervised:
            head.input_changed()

    def _head_of(self, point: Point) -> ReaderHead | None:
        peripherals = self.readers if point.kind is DeviceKind.READER else self._modules()
        peripheral = peripherals.get(point.device)
        return None if peripheral is None else peripheral.head
