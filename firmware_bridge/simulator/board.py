"""Relay and input boards on a Modbus RTU line, answered by pymodbus's own server behind a pty.

The server stands for the boards' firmware; this module stands for their hardware: relays, inputs, being silent or slow.
"""

from __future__ import annotations

import asyncio
import os
import threading
import tty
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.framer.rtu import FramerRTU
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator.simcore import SimCore

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.simulator.config import BoardConfig
from firmware_bridge.simulator.wire import BITS_PER_BYTE, Heard, Transmission
from firmware_bridge.simulator.world import World

_BROADCAST = 0
_READ_COILS, _READ_INPUTS, _WRITE_COIL, _WRITE_COILS = 1, 2, 5, 15
_FLASH_ON = 2
_START_S = 10.0


class Board:
    """One board's hardware.

    Attributes:
        dead: It hears and says nothing.
        slow_s: It answers so much later.
        garbage: Its answers are other bytes.
        partial: Its answers end too early.
        foreign: It answers in the name of another address (Modbus) or about another channel.
        refuses: It answers that it will not.
        busy: So many questions are answered with *busy* (Modbus).
    """

    def __init__(self, config: BoardConfig, world: World) -> None:
        self.config = config
        self.dead = False
        self.slow_s = 0.0
        self.busy = 0
        self.garbage = self.partial = self.foreign = self.refuses = False
        self.coils = [False] * config.outputs
        self._pulse_ends_s: dict[int, float] = {}
        self._world = world

    def point(self, index: int) -> Point:
        """An input or output of this board, as Policy names it."""
        return Point(DeviceKind.BOARD, self.config.id, index)

    def said(self, answer: bytes) -> bytes:
        """What of an answer leaves the board."""
        if self.garbage:
            answer = bytes(byte ^ 0x5A for byte in answer)
        return answer[: len(answer) // 2] if self.partial else answer

    def unwilling(self) -> ExcCodes | None:
        """Why the board does not do what it was asked now; one of ``busy`` is used up."""
        if self.busy > 0:
            self.busy -= 1
            return ExcCodes.DEVICE_BUSY
        return ExcCodes.DEVICE_FAILURE if self.refuses else None

    def read_coils(self) -> list[bool]:
        """What the board believes of its relays."""
        return list(self.coils)

    def read_inputs(self) -> list[bool]:
        """The state of the inputs."""
        with self._world.lock:
            return [self._world.inputs.get(self.point(i), False) for i in range(self.config.inputs)]

    def write(self, first: int, values: Sequence[bool], by: str = "command") -> None:
        """Move relays."""
        with self._world.lock:
            for i, value in enumerate(values, first):
                self._pulse_ends_s.pop(i, None)
                self.coils[i] = value
                self._world.relay_commanded(self.point(i), value, by)

    def pulse(self, index: int, seconds: float) -> None:
        """Switch a relay on and, unless something else is said meanwhile, off again."""
        with self._world.lock:
            self.write(index, [True])
            ends_s = self._pulse_ends_s[index] = self._world.clock.monotonic_s() + seconds
            self._world.at(ends_s, partial(self._pulse_over, index, ends_s))

    def begins_pulse(self, asked: bytes) -> bool:
        """Take a *flash-on* write, ``05 02 relay, time in tenths``; whether it was one and this board knows them."""
        if self.dead or not self.config.pulses or len(asked) != 6 or asked[1] != _WRITE_COIL or asked[2] != _FLASH_ON:
            return False
        if asked[3] >= len(self.coils):
            return False
        self.pulse(asked[3], int.from_bytes(asked[4:6], "big") / 10)
        return True

    def _pulse_over(self, index: int, ends_s: float) -> None:
        if self._pulse_ends_s.get(index) == ends_s:
            self.write(index, [False], "timer")

    def restart(self) -> None:
        """Lose power for a moment: every relay drops."""
        self.write(0, [False] * self.config.outputs, "power")


class _Rack(SimCore):
    """The boards of one line, as pymodbus's server asks for them."""

    def __init__(self, boards: Mapping[int, Board]) -> None:
        self._boards = boards

    def device_ids(self) -> list[int]:
        return [address for address, board in self._boards.items() if not board.dead]

    async def async_getValues(  # noqa: N802 - the name is pymodbus's
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        board = self._boards[device_id]
        if (unwilling := board.unwilling()) is not None:
            return unwilling
        if func_code in {_READ_COILS, _WRITE_COIL, _WRITE_COILS}:
            values = board.read_coils()
        elif func_code == _READ_INPUTS:
            values = board.read_inputs()
        else:
            return ExcCodes.ILLEGAL_FUNCTION
        if address + count > len(values):
            return ExcCodes.ILLEGAL_ADDRESS
        return values[address : address + count]

    async def async_setValues(  # noqa: N802 - the name is pymodbus's
        self, device_id: int, func_code: int, address: int, values: list[int] | list[bool]
    ) -> ExcCodes | None:
        board = self._boards[device_id]
        if (unwilling := board.unwilling()) is not None:
            return unwilling
        if func_code not in {_WRITE_COIL, _WRITE_COILS}:
            return ExcCodes.ILLEGAL_FUNCTION
        if address + len(values) > len(board.coils):
            return ExcCodes.ILLEGAL_ADDRESS
        board.write(address, [bool(value) for value in values])
        return None


class BoardLine:
    """The boards of one line as a peer of :class:`firmware_bridge.simulator.line.Line`."""

    def __init__(self, boards: Sequence[Board], baud: int) -> None:
        self._boards = {board.config.address: board for board in boards}
        self._baud = baud
        self._master = self._slave = -1
        self._ended_s = 0.0
        self._asked: Board | None = None

    def open(self) -> None:
        """Make the pty to the server."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)

    @property
    def rack(self) -> SimCore:
        """What the server asks for."""
        return _Rack(self._boards)

    @property
    def server_path(self) -> str:
        """The serial port of the server."""
        return os.ttyname(self._slave)

    def close(self) -> None:
        """Give the pty back."""
        os.close(self._master)
        os.close(self._slave)

    def receive(self, heard: Heard) -> Sequence[Transmission]:
        """Hand whole good frames for living boards to the server; other bytes mean nothing to a board."""
        body, check = heard.data[:-2], heard.data[-2:]
        if heard.baud != self._baud or not body or FramerRTU.compute_CRC(body).to_bytes(2, "big") != check:
            return ()
        self._asked = self._boards.get(body[0])
        if self._asked and self._asked.begins_pulse(body):
            # pymodbus's server knows no coil writes with a time for a value.
            return (Transmission(heard.data, heard.ended_s + 3.5 * BITS_PER_BYTE / self._baud),)
        if body[0] == _BROADCAST or (self._asked and not self._asked.dead):
            self._ended_s = heard.ended_s
            os.write(self._master, heard.data)
        return ()

    def fileno(self) -> int:
        """Where the server's answers come out."""
        return self._master

    def readable(self, now_s: float) -> Sequence[Transmission]:
        """Send an answer: three and a half silent characters after the question, or later."""
        with suppress(BlockingIOError):
            answer = os.read(self._master, 4096)
            slow_s = 0.0
            if self._asked is not None:
                slow_s = self._asked.slow_s
                answer = self._asked.said(_as_another(answer) if self._asked.foreign else answer)
            silence_s = 3.5 * BITS_PER_BYTE / self._baud
            return (Transmission(answer, max(now_s, self._ended_s + silence_s) + slow_s),)
        return ()


def _as_another(answer: bytes) -> bytes:
    """The same answer in another board's name."""
    body = bytes((answer[0] % 247 + 1,)) + answer[1:-2]
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


class BoardServers:
    """One thread with pymodbus's servers for all board lines."""

    def __init__(self, lines: Sequence[BoardLine], baud: int = 9600) -> None:
        self._lines = lines
        self._baud = baud
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def start(self) -> None:
        """Start serving, and wait until it does."""
        self._thread.name = "boards"
        self._thread.start()
        if not self._ready.wait(_START_S):
            raise RuntimeError("The simulated relay boards did not start.")

    def stop(self) -> None:
        """Stop serving. Harmless when it was not started."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        servers = []
        for line in self._lines:
            server = ModbusSerialServer(
                [], framer=FramerType.RTU, port=line.server_path, baudrate=self._baud, broadcast_enable=True
            )
            server.context = line.rack
            await server.serve_forever(background=True)
            servers.append(server)
        self._ready.set()
        await self._stopped.wait()
        for server in servers:
            await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
