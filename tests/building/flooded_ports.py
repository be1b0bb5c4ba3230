"""Every kind of serial port as a bridge makes them, for devices that send without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from access_control.core.decision.model import Board, DeviceKind
from firmware_bridge.clock import SystemClock
from firmware_bridge.devices.em4100_port import Em4100Port
from firmware_bridge.devices.lcus_port import LcusPort
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.devices.numato_port import NumatoPort
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.scanner_port import ScannerPort
from firmware_bridge.ports import Emit, Port, Watched
from firmware_bridge.protocol.em4100 import Checksum

_BAUD: Final = 115200
_clock = SystemClock()


class FloodedPort(Port, Watched, Protocol):
    """A port that tells whether its thread still runs."""


Make = Callable[[str, Emit], FloodedPort]


def _osdp(path: str, emit: Emit) -> FloodedPort:
    readers = [ReaderSetup(n, n, bytes(16)) for n in (1, 2)]
    board = ReaderSetup(1, 3, bytes(16), kind=DeviceKind.BOARD)
    return OsdpPort("A", path, _BAUD, [*readers, board], emit=emit, clock=_clock)


def _modbus(path: str, emit: Emit) -> FloodedPort:
    return ModbusPort("B", path, _BAUD, _boards(), emit=emit, clock=_clock)


def _lcus(variant: str) -> Make:
    return lambda path, emit: LcusPort("L", path, 9600, _boards(), variant, emit=emit, clock=_clock)


def _numato(path: str, emit: Emit) -> FloodedPort:
    return NumatoPort("N", path, _BAUD, _boards(), emit=emit, clock=_clock)


def _scanner(path: str, emit: Emit) -> FloodedPort:
    return ScannerPort("S", path, _BAUD, 1, emit=emit, clock=_clock)


def _em4100(path: str, emit: Emit) -> FloodedPort:
    return Em4100Port("E", path, 9600, 1, Checksum.XOR, emit=emit, clock=_clock)


def _boards() -> list[Board]:
    return [Board(1, "Board", "B", 1, 8, 8)]


LINES: Final[dict[str, Make]] = {"osdp": _osdp, "modbus": _modbus}
"""Several devices on one line; a board that speaks OSDP is one of the first."""
USB_BOARDS: Final[dict[str, Make]] = {
    "lcus probe": _lcus("probe"),
    "lcus silent": _lcus("silent"),
    "lcus replying": _lcus("replying"),
    "numato": _numato,
}
"""Boards that are alone on a port, and say nothing but when they are asked."""
LISTENING: Final[dict[str, Make]] = {"scanner": _scanner, "em4100": _em4100}
"""Devices that send unasked."""
EVERY_KIND: Final = LINES | USB_BOARDS | LISTENING
