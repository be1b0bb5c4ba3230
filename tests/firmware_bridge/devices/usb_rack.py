"""One USB relay board behind a pty, and everything that its port says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from access_control.core.decision.model import Board as Built
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import LinkState
from firmware_bridge.devices.board_port import BoardPort
from firmware_bridge.devices.lcus_port import LcusPort
from firmware_bridge.devices.numato_port import NumatoPort
from firmware_bridge.simulator.board import Board
from firmware_bridge.simulator.config import BoardConfig, Tells
from firmware_bridge.simulator.line import Line
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.usb_board import LcusLine, NumatoLine
from firmware_bridge.simulator.world import World
from tests.firmware_bridge.devices.modbus_rack import PATIENCE_S, Said

BAUD = 115200


class UsbRack:
    """Board 1, its cable, and a port that serves it. ``variant`` makes it an LCUS board, else it is a Numato one."""

    def __init__(
        self, path: Path, *, variant: str | None = None, tells: Tells = Tells.BYTES, outputs: int = 4, inputs: int = 0
    ) -> None:
        self.world = World((), SystemClock(), RelayLog(None))
        self.board = Board(BoardConfig(1, "U", 1, outputs=outputs, inputs=inputs, tells=tells), self.world)
        peer = NumatoLine(self.board) if variant is None else LcusLine(self.board)
        self.line = Line(path, BAUD, [peer], half_duplex=False)
        self.said = Said()
        self.built = Built(1, "Relays", "U", 1, outputs, inputs)
        self.port: BoardPort
        if variant is None:
            self.port = NumatoPort("U", str(path), BAUD, [self.built], emit=self.said, clock=SystemClock())
        else:
            self.port = LcusPort("U", str(path), BAUD, [self.built], variant, emit=self.said, clock=SystemClock())

    def begin(self) -> None:
        """Start the port and wait until the board counts as there."""
        self.port.start()
        self.said.wait_link(1, LinkState.UP)

    def wait_coil(self, index: int, *, on: bool) -> None:
        """Wait until a relay is where it should be."""
        assert self.world.wait_for(lambda: self.board.coils[index] is on, PATIENCE_S)


@contextmanager
def usb_rack(rack: UsbRack) -> Iterator[UsbRack]:
    """The rack with its cable plugged in; the port is stopped at the end."""
    with rack.line:
        yield rack
        rack.port.stop()
