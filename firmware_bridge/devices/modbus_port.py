"""A serial port with Modbus RTU relay and input boards on it, served by a thread of its own through pymodbus.

Commands go before polling, the most urgent first. Every energised output is a lease: this thread switches it off when
nobody renews it, however busy the rest of the bridge is. What happens to a door when this stops is in docs/doors.md.
"""

from __future__ import annotations

import itertools
import logging
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from access_control.core.decision.model import Board, DeviceKind
from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    InputChanged,
    InputState,
    LinkState,
    Moment,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    Proof,
)
from firmware_bridge.devices.modbus_board import BoardState, Waiting
from firmware_bridge.devices.serial_line import LineUnavailableError, open_line
from firmware_bridge.ports import Emit

ANSWER_S: Final = 0.3
"""How long a board that answers may take."""
PROBE_S: Final = 0.1
"""How long a lost board is listened for, so that its neighbours hardly feel it."""
_FIRST_RETRY_S: Final = 0.25
_LAST_RETRY_S: Final = 4.0
_LONGEST_WAIT_S: Final = 1.0
_BITS_PER_BYTE: Final = 10
_GARBAGE = (ModbusException, ValueError, IndexError, struct.error)

# pymodbus logs every missing answer as an error; here it is an event with a plain sentence instead.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class ModbusPort:
    """Boards on one RS-485 line; implements :class:`firmware_bridge.ports.Port`."""

    def __init__(self, name: str, path: str, baud: int, boards: Sequence[Board], *, emit: Emit, clock: Clock) -> None:
        """Prepare; nothing is opened before :meth:`start`.

        Raises:
            ValueError: Two boards have one address or one number.
        """
        self.name = name
        self._path = path
        self._baud = baud
        self._emit = emit
        self._clock = clock
        self._client: ModbusSerialClient | None = None
        self._asked: deque[DriveOutput | tuple[Board, ...]] = deque()
        self._order = itertools.count()
        self._said: str | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._states = {board.id: BoardState(board) for board in _distinct(boards)}
        self._thread = threading.Thread(target=self._run, name=f"modbus {name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """Queue a command; safe from any thread, never blocks. A board has nothing to show."""
        if isinstance(command, DriveOutput):
            self._asked.append(command)
            self._wake.set()

    def reconfigure(self, boards: Sequence[Board]) -> None:
        """Serve exactly these boards from now on; unchanged ones go on as they are. Safe from any thread.

        Raises:
            ValueError: Two boards have one address or one number; the ones served so far stay.
        """
        self._asked.append(_distinct(boards))
        self._wake.set()

    def stop(self) -> None:
        """Switch every output off as far as the line allows, close the port, join the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._serve()
            self._all_off()
        finally:
            # Whatever ended this thread: the next one must find the port free.
            self._close()

    def _serve(self) -> None:
        retry_s = _FIRST_RETRY_S
        while not self._stopping.is_set():
            if self._client is None and not self._open():
                self._take_asked()
                self._drop_late()
                self._wait(retry_s)
                retry_s = min(retry_s * 2, _LAST_RETRY_S)
                continue
            retry_s = _FIRST_RETRY_S
            self._take_asked()
            self._drop_late()
            if not self._work():
                self._wait(self._idle_s())

    def _wait(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _idle_s(self) -> float:
        now = self._clock.monotonic_s()
        due_s = min((state.due_s() for state in self._states.values()), default=now + _LONGEST_WAIT_S)
        return min(max(0.001, due_s - now), _LONGEST_WAIT_S)

    def _open(self) -> bool:
        client = ModbusSerialClient(
            self._path, framer=FramerType.RTU, baudrate=self._baud, timeout=ANSWER_S, retries=0, name=self.name
        )
        try:
            # pymodbus does not say why a port cannot be opened; opening it ourselves first does.
            open_line(self._path, self._baud).close()
        except LineUnavailableError as problem:
            self._tell_port(str(problem))
            return False
        if not client.connect():
            self._tell_port(f"The serial port {self._path} is used by another program. Stop that program.")
            return False
        self._client = client
        self._tell_port("")
        return True

    def _tell_port(self, why: str) -> None:
        if why != self._said:
            self._said = why
            self._emit(PortChanged(self._clock.moment(), self.name, up=not why, why=why))

    def _lose(self) -> None:
        self._close()
        for state in self._states.values():
            self._tell_lost(state, state.answers is not False, "The serial port is gone.")
            state.closed()
        self._tell_port(f"The serial port {self._path} has gone. Check the adapter and its plug.")

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
            self._client = None

    def _take_asked(self) -> None:
        while self._asked:
            asked = self._asked.popleft()
            if isinstance(asked, DriveOutput):
                self._ask(asked)
                continue
            self._rest_gone(asked)
            kept = {state.board: state for state in self._states.values()}
            self._states = {board.id: kept.get(board) or BoardState(board) for board in asked}

    def _rest_gone(self, boards: tuple[Board, ...]) -> None:
        """Nobody will look after the leases of a board that is not served any more, so they end now."""
        addresses = {board.address for board in boards}
        for state in tuple(self._states.values()):
            if state.leases and state.board.address not in addresses:
                self._off(state)

    def _ask(self, command: DriveOutput) -> None:
        state = self._states.get(command.point.device)
        if command.point.kind is not DeviceKind.BOARD or state is None:
            self._fail(command, f"There is no board {command.point.device} on port {self.name}.")
        elif not 0 <= command.point.index < state.board.outputs:
            self._fail(command, f"{state.board.name} has no output {command.point.index}.")
        else:
            state.ask(command, self._clock.monotonic_s(), next(self._order))

    def _drop_late(self) -> None:
        for state in self._states.values():
            for command in state.drop_late(self._clock.monotonic_s()):
                self._fail(command, f"{state.board.name} could not be reached in time.", expired=True)

    def _fail(self, command: DriveOutput, why: str, *, expired: bool = False) -> None:
        self._emit(OutputFailed(self._clock.moment(), command.point, command.energised, why, expired=expired))

    def _work(self) -> bool:
        """Do the one thing that is most urgent; ``False``: there is nothing to do now."""
        now = self._clock.monotonic_s()
        here = [state for state in self._states.values() if state.reachable(now)]
        asked = [(state, waiting) for state in here if (waiting := state.next_command()) is not None]
        if asked:
            # A lost board is tried after those that answer.
            self._deliver(*min(asked, key=lambda entry: (entry[1].urgency, not entry[0].answers, entry[1].order)))
            return True
        for state in here:
            lapsed = state.lapsed(now)
            if lapsed:
                self._switch_off(state, lapsed[0])
                return True
        for state in here:
            if state.read_back_due(now):
                self._read_back(state)
                return True
        waiting_longest = min(here, key=BoardState.poll_due_s, default=None)
        if waiting_longest is not None and waiting_longest.poll_due_s() <= now:
            self._poll(waiting_longest)
            return True
        return False

    def _exchange(self, state: BoardState, ask: Callable[[ModbusSerialClient], ModbusPDU]) -> ModbusPDU | None:
        """Ask a board something; ``None``: no answer, or none that makes sense."""
        client = self._client
        if client is None:
            return None
        longest_bytes = 16 + (state.board.inputs + state.board.outputs) // 8
        patience_s = (ANSWER_S if state.answers else PROBE_S) + longest_bytes * _BITS_PER_BYTE / self._baud
        client.comm_params.timeout_connect = patience_s
        try:
            answer = ask(client)
        except (ConnectionException, OSError):
            self._lose()
            return None
        except _GARBAGE:
            self._missed(state)
            return None
        if state.answered(self._clock.monotonic_s()):
            self._emit(BoardLinkChanged(self._clock.moment(), state.board.id, LinkState.UP))
        return answer

    def _missed(self, state: BoardState) -> None:
        lost = state.missed(self._clock.monotonic_s())
        self._tell_lost(state, lost, f"{state.board.name} does not answer. Check its power and the line to it.")

    def _tell_lost(self, state: BoardState, lost: bool, why: str) -> None:
        if lost:
            self._emit(BoardLinkChanged(self._clock.moment(), state.board.id, LinkState.DOWN, why))

    def _write(self, state: BoardState, index: int, *, on: bool) -> ModbusPDU | None:
        answer = self._exchange(state, lambda client: client.write_coil(index, on, device_id=state.board.address))
        if answer is not None and not answer.isError() and (answer.address, list(answer.bits)) != (index, [on]):
            # An echo of something else, late perhaps: it proves nothing.
            self._missed(state)
            return None
        return answer

    def _deliver(self, state: BoardState, waiting: Waiting) -> None:
        command = waiting.command
        index, on = command.point.index, command.energised
        answer = self._write(state, index, on=on)
        if answer is None:
            return
        if answer.isError():
            state.refused(waiting)
            self._fail(command, f"{state.board.name} refused to switch output {index}.")
            return
        state.delivered(waiting, self._clock.monotonic_s())
        self._prove(state, index, self._clock.moment(), Proof.ACKNOWLEDGED, on=on)

    def _prove(self, state: BoardState, index: int, moment: Moment, proof: Proof, *, on: bool) -> None:
        self._emit(OutputProved(moment, state.output(index), on, proof))

    def _switch_off(self, state: BoardState, index: int) -> None:
        answer = self._write(state, index, on=False)
        if answer is None:
            return
        state.leases.pop(index, None)
        self._emit(OutputLapsed(self._clock.moment(), state.output(index)))
        if not answer.isError():
            self._prove(state, index, self._clock.moment(), Proof.ACKNOWLEDGED, on=False)

    def _read_back(self, state: BoardState) -> None:
        board, taken = state.board, self._clock.moment()
        answer = self._exchange(
            state, lambda client: client.read_coils(0, count=board.outputs, device_id=board.address)
        )
        if answer is None:
            return
        now = self._clock.monotonic_s()
        state.read_back(now)
        coils = answer.bits[: board.outputs]
        if answer.isError() or len(coils) < board.outputs:
            return
        for index, on in enumerate(coils):
            if index not in state.waiting:
                self._prove(state, index, taken, Proof.READ_BACK, on=on)
        for index in state.strays(coils, now):
            state.leases[index] = now

    def _poll(self, state: BoardState) -> None:
        board = state.board
        if board.inputs == 0:
            self._read_back(state)
            state.polled(self._clock.monotonic_s())
            return
        answer = self._exchange(
            state, lambda client: client.read_discrete_inputs(0, count=board.inputs, device_id=board.address)
        )
        if answer is None:
            return
        state.polled(self._clock.monotonic_s())
        seen = answer.bits[: board.inputs]
        if answer.isError() or len(seen) < board.inputs:
            return
        before, state.inputs = state.inputs, seen
        for index, active in enumerate(seen):
            if before is None or before[index] is not active:
                found = InputState.ACTIVE if active else InputState.NORMAL
                self._emit(InputChanged(self._clock.moment(), state.input(index), found))

    def _all_off(self) -> None:
        for state in self._states.values():
            self._off(state)

    def _off(self, state: BoardState) -> None:
        if state.answers is True and self._off_at_once(state):
            return
        for index in range(state.board.outputs):
            # A board that stopped answering is not waited for, output by output.
            if state.answers is True:
                self._write(state, index, on=False)

    def _off_at_once(self, state: BoardState) -> bool:
        off = [False] * state.board.outputs
        answer = self._exchange(state, lambda client: client.write_coils(0, off, device_id=state.board.address))
        return answer is not None and not answer.isError()


def _distinct(boards: Sequence[Board]) -> tuple[Board, ...]:
    if len({board.address for board in boards}) < len(boards) or len({board.id for board in boards}) < len(boards):
        raise ValueError("Two boards on one line have the same address or number.")
    return tuple(boards)
