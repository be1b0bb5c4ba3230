"""Modbus RTU relay and input boards on one RS-485 line, through pymodbus."""

from __future__ import annotations

import logging
import struct
import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import Final

from pymodbus.client import ModbusSerialClient
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import WriteSingleCoilRequest

from access_control.core.decision.model import Board
from firmware_bridge.clock import Clock
from firmware_bridge.controller.events import Proof
from firmware_bridge.devices.board_port import BoardPort
from firmware_bridge.devices.board_state import ANSWER_S
from firmware_bridge.devices.board_talk import NoAnswerError, RefusedError
from firmware_bridge.devices.serial_line import SerialLine, open_line
from firmware_bridge.ports import Emit

_BITS_PER_BYTE: Final = 10
_SILENT_CHARS: Final = 3.5
_LEAST_SILENCE_S: Final = 0.00175
_MOST_DRAINED: Final = 65_536
_GARBAGE = (ModbusException, ValueError, IndexError, struct.error)
_READ_COILS, _READ_INPUTS, _WRITE_COIL, _WRITE_COILS = 1, 2, 5, 15
FLASH_ON: Final = 0x0200
"""Where boards that time pulses themselves have their *flash-on* coils: this and the coil's number (docs/relays.md)."""
_LONGEST_PULSE: Final = 0x7FFF
_LATER: Final = (
    ExcCodes.ACKNOWLEDGE,
    ExcCodes.DEVICE_BUSY,
    ExcCodes.GATEWAY_PATH_UNAVIABLE,
    ExcCodes.GATEWAY_NO_RESPONSE,
)
"""A board that says so has not done it, and may do it when it is asked again."""

# pymodbus logs every missing answer as an error; here it is an event with a plain sentence instead.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class ModbusPort(BoardPort):
    """Boards on one RS-485 line; implements :class:`firmware_bridge.ports.Port`."""

    def __init__(self, name: str, path: str, baud: int, boards: Sequence[Board], *, emit: Emit, clock: Clock) -> None:
        """Prepare; nothing is opened before :meth:`start`.

        Raises:
            ValueError: Two boards have one address or one number.
        """
        super().__init__(name, boards, ModbusTalk(name, path, baud, clock), emit=emit, clock=clock)


class _Client(ModbusSerialClient):
    """pymodbus's client on an open line of ours, woken by what arrives instead of looking every few milliseconds."""

    until_s = 0.0

    def __init__(self, line: SerialLine, baud: int, name: str, clock: Clock) -> None:
        super().__init__("", framer=FramerType.RTU, baudrate=baud, timeout=ANSWER_S, retries=0, name=name)
        self._line = line
        self._clock = clock

    def connect(self) -> bool:
        """The line is open already."""
        return True

    def send(self, request: bytes, addr: tuple[str, int] | None = None) -> int:
        """Throw away what came late, and ask."""
        del addr
        drained = 0
        while drained < _MOST_DRAINED and self._line.readable_within(0.0):
            drained += len(self._line.read())
        self._line.write(request)
        return len(request)

    def recv(self, size: int | None) -> bytes:
        """What has come by ``until_s``, or nothing."""
        del size
        while self._line.readable_within(self.until_s - self._clock.monotonic_s()):
            if data := self._line.read():
                return data
            if self._clock.monotonic_s() >= self.until_s:
                break
        return b""


class _Pulse(WriteSingleCoilRequest):
    """Function 5 with an address of its own for each coil and a time in tenths of a second for a value."""

    def __init__(self, board: Board, index: int, seconds: float) -> None:
        super().__init__(address=FLASH_ON + index, bits=[True], dev_id=board.address)
        self._tenths = min(max(ceil(seconds * 10), 1), _LONGEST_PULSE)

    def encode(self) -> bytes:
        """Four bytes."""
        return struct.pack(">HH", self.address, self._tenths)


class ModbusTalk:
    """Modbus RTU; implements :class:`firmware_bridge.devices.board_talk.Talk`."""

    def __init__(self, name: str, path: str, baud: int, clock: Clock) -> None:
        self._name = name
        self._path = path
        self._baud = baud
        self._clock = clock
        self._line: SerialLine | None = None
        self._client: _Client | None = None
        self._free_s = 0.0
        self._silence_s = max(_SILENT_CHARS * _BITS_PER_BYTE / baud, _LEAST_SILENCE_S)

    def open(self) -> None:
        """Open the port.

        Raises:
            LineUnavailableError: It cannot be opened; the message says why.
        """
        # Opened by ourselves: pymodbus does not say why a port cannot be, and does not find out about echoes.
        self._line = open_line(self._path, self._baud)
        # A board acknowledges a write by repeating it, which looks the same as an adapter's echo.
        self._line.find_echo(self._baud)
        self._client = _Client(self._line, self._baud, self._name, self._clock)

    def close(self) -> None:
        """Give the port back."""
        if self._line is not None:
            self._line.close()
            self._line = self._client = None

    def note(self) -> str:
        """A board that answers lacks nothing."""
        return ""

    def switch(self, board: Board, index: int, patience_s: float, *, on: bool) -> tuple[bool, Proof]:
        """Write one coil; its echo acknowledges it."""
        answer = self._ask(
            board, patience_s, _WRITE_COIL, lambda client: client.write_coil(index, on, device_id=board.address)
        )
        if (answer.address, list(answer.bits)) != (index, [on]):
            # An echo of something else, late perhaps: it proves nothing.
            raise NoAnswerError
        return on, Proof.ACKNOWLEDGED

    def pulse(self, board: Board, index: int, patience_s: float, seconds: float) -> tuple[bool, Proof]:
        """Write the coil's *flash-on* address with the time, which boards of this kind echo as they do any write."""
        asked = _Pulse(board, index, seconds)
        answer = self._ask(
            board,
            patience_s,
            _WRITE_COIL,
            lambda client: client.execute(no_response_expected=False, request=asked),
        )
        if answer.address != FLASH_ON + index:
            raise NoAnswerError
        return True, Proof.ACKNOWLEDGED

    def all_off(self, board: Board, patience_s: float) -> None:
        """Write every coil at once; boards that do not know how are told coil by coil."""
        off = [False] * board.outputs
        try:
            self._ask(
                board, patience_s, _WRITE_COILS, lambda client: client.write_coils(0, off, device_id=board.address)
            )
        except RefusedError:
            for index in range(board.outputs):
                self.switch(board, index, patience_s, on=False)

    def read_outputs(self, board: Board, patience_s: float) -> Sequence[bool]:
        """Read the coils."""
        return self._read(
            board,
            patience_s,
            _READ_COILS,
            board.outputs,
            lambda client: client.read_coils(0, count=board.outputs, device_id=board.address),
        )

    def read_inputs(self, board: Board, patience_s: float) -> Sequence[bool]:
        """Read the discrete inputs."""
        return self._read(
            board,
            patience_s,
            _READ_INPUTS,
            board.inputs,
            lambda client: client.read_discrete_inputs(0, count=board.inputs, device_id=board.address),
        )

    def _read(
        self,
        board: Board,
        patience_s: float,
        function: int,
        count: int,
        ask: Callable[[ModbusSerialClient], ModbusPDU],
    ) -> Sequence[bool]:
        bits = self._ask(board, patience_s, function, ask).bits
        if not count <= len(bits) < count + 8:
            raise NoAnswerError
        return bits[:count]

    def _ask(
        self, board: Board, patience_s: float, function: int, ask: Callable[[ModbusSerialClient], ModbusPDU]
    ) -> ModbusPDU:
        client = self._client
        if client is None:
            raise NoAnswerError
        longest_bytes = 16 + (board.inputs + board.outputs) // 8
        answer_s = patience_s + longest_bytes * _BITS_PER_BYTE / self._baud
        # Boards tell frames apart by the silence between them.
        time.sleep(max(0.0, self._free_s - self._clock.monotonic_s()))
        client.until_s = self._clock.monotonic_s() + answer_s
        client.comm_params.timeout_connect = answer_s
        try:
            answer = ask(client)
        except _GARBAGE as problem:
            raise NoAnswerError from problem
        finally:
            self._free_s = self._clock.monotonic_s() + self._silence_s
        if answer.function_code & 0x7F != function:
            # A late answer to something that was asked before.
            raise NoAnswerError
        if answer.isError():
            raise NoAnswerError if answer.exception_code in _LATER else RefusedError
        return answer
