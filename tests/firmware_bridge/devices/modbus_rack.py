"""Two relay boards behind a pty that keeps the pace of a real line, and everything that a port says about them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from access_control.core.decision.model import Board as Built
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import BoardLinkChanged, Event, InputChanged, InputState, LinkState
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.simulator.board import Board, BoardLine, BoardServers
from firmware_bridge.simulator.config import BoardConfig
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World

BAUD = 38400
PATIENCE_S = 20.0
E = TypeVar("E", bound=Event)


class Said:
    """Events in the order in which a port told them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._more:
            self.events.append(event)
            self._more.notify_all()

    def forget(self) -> None:
        with self._more:
            self.events.clear()

    def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True) -> E:
        """The first event of a kind that fits; waits for it."""

        def found() -> list[E]:
            return [event for event in self.events if isinstance(event, kind) and fits(event)]

        with self._more:
            assert self._more.wait_for(lambda: bool(found()), PATIENCE_S), f"no such {kind.__name__}: {self.events}"
            return found()[0]

    def wait_link(self, board: int, state: LinkState) -> BoardLinkChanged:
        """A board that came or went."""
        return self.wait(BoardLinkChanged, lambda event: (event.board, event.state) == (board, state))

    def wait_input(self, point: Point, state: InputState) -> InputChanged:
        """An input in a state."""
        return self.wait(InputChanged, lambda event: (event.point, event.state) == (point, state))


class Rack:
    """Boards 1 and 2, the line to them, and a port that serves them."""

    def __init__(self, path: Path) -> None:
        self.world = World((), SystemClock(), RelayLog(None))
        # Board 2 times pulses itself, and board 1 is only said to.
        self.boards = [Board(BoardConfig(i, "B", i, inputs=4, pulses=i == 2), self.world) for i in (1, 2)]
        self.peers = BoardLine(self.boards, BAUD)
        self.line = Line(path, BAUD, [self.peers])
        self.said = Said()
        built = [Built(i, f"Board {i}", "B", i, 8, 4, hardware_pulse=True) for i in (1, 2)]
        self.port = ModbusPort("B", str(path), BAUD, built, emit=self.said, clock=SystemClock())

    def begin(self) -> None:
        """Start the port and wait until both boards answer."""
        self.port.start()
        for board in (1, 2):
            self.said.wait_link(board, LinkState.UP)

    def wait_coil(self, board: int, index: int, *, on: bool) -> None:
        """Wait until a relay is where it should be."""
        assert self.world.wait_for(lambda: self.boards[board - 1].coils[index] is on, PATIENCE_S)


def relay(board: int, index: int) -> Point:
    """A relay or an input of a board."""
    return Point(DeviceKind.BOARD, board, index)


def drive(
    board: int,
    index: int,
    *,
    on: bool = True,
    lease_s: float = 30.0,
    urgency: Urgency = Urgency.ROUTINE,
    expires: float | None = None,
) -> DriveOutput:
    """A command to a relay."""
    return DriveOutput(relay(board, index), on, lease_s, urgency, expires)


@contextmanager
def rack_at(path: Path) -> Iterator[Rack]:
    """A rack whose line is there; its port is not started yet, and stopped at the end."""
    rack = Rack(path)
    rack.peers.open()
    servers = BoardServers([rack.peers])
    servers.start()
    try:
        rack.world.start()
        with rack.line:
            yield rack
            rack.port.stop()
    finally:
        rack.world.stop()
        servers.stop()
        rack.peers.close()
