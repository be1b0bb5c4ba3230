"""A serial port with relay and input boards on it, served by a thread of its own.

Commands go before polling, the most urgent first. Every energised output is a lease: this thread switches it off when
nobody renews it, however busy the rest of the bridge is. What happens to a door when this stops is in docs/doors.md.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from access_control.core.decision.model import Board, DeviceKind
from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    InputChanged,
    InputState,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    Proof,
)
from firmware_bridge.devices.beat import Beat
from firmware_bridge.devices.board_state import BoardState, Waiting
from firmware_bridge.devices.board_talk import NoAnswerError, Pulsing, RefusedError, Talk
from firmware_bridge.devices.serial_line import LineUnavailableError
from firmware_bridge.devices.throttle import Throttle
from firmware_bridge.ports import LONGEST_STOP_S, Emit

_FIRST_RETRY_S: Final = 0.25
_LAST_RETRY_S: Final = 4.0
_LONGEST_WAIT_S: Final = 1.0
_FEW_LOST: Final = 2
PULSE_MARGIN_S: Final = 0.5
"""So much longer than its lease a board's own pulse lasts: while the bridge lives it is the bridge that ends it."""
Answer = TypeVar("Answer")


class BoardPort:
    """The boards of one serial port; implements :class:`firmware_bridge.ports.Port`."""

    def __init__(self, name: str, boards: Sequence[Board], talk: Talk, *, emit: Emit, clock: Clock) -> None:
        """Prepare; nothing is opened before :meth:`start`.

        Raises:
            ValueError: Two boards have one address or one number.
        """
        self.name = name
        self._talk = talk
        self._emit = Throttle(emit)
        self._clock = clock
        self._beat = Beat(clock)
        self._is_open = False
        self._asked: deque[DriveOutput | tuple[Board, ...]] = deque()
        self._order = itertools.count()
        self._said: str | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._states = {board.id: BoardState(board) for board in _distinct(boards)}
        self._thread = threading.Thread(target=self._run, name=f"boards {name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._beat.stamp()
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def silent_s(self) -> float:
        """How long ago the thread was last seen to work."""
        return self._beat.age_s()

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
            self._thread.join(LONGEST_STOP_S)

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
            self._beat.stamp()
            self._emit.flush(self._clock.moment())
            if not self._is_open and not self._open():
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
        try:
            self._talk.open()
        except LineUnavailableError as problem:
            self._talk.close()  # it may have been lost only after it was open
            self._tell_port(str(problem))
            return False
        self._is_open = True
        self._tell_port("")
        return True

    def _tell_port(self, why: str) -> None:
        if why != self._said:
            self._said = why
            self._emit(PortChanged(self._clock.moment(), self.name, up=not why, why=why))

    def _lose(self, why: str) -> None:
        self._close()
        for state in self._states.values():
            self._tell_lost(state, state.answers is not False, "The serial port is gone.")
            state.closed()
        self._tell_port(why)

    def _close(self) -> None:
        self._talk.close()
        self._is_open = False

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
            overtaken = state.ask(command, self._clock.monotonic_s(), next(self._order))
            if overtaken is not None:
                self._fail(overtaken, f"A newer command was there before {state.board.name} took it.", superseded=True)

    def _drop_late(self) -> None:
        for state in self._states.values():
            for command in state.drop_late(self._clock.monotonic_s()):
                self._fail(command, f"{state.board.name} could not be reached in time.", expired=True)

    def _fail(self, command: DriveOutput, why: str, *, expired: bool = False, superseded: bool = False) -> None:
        point, energised = command.point, command.energised
        self._emit(OutputFailed(self._clock.moment(), point, energised, why, expired=expired, superseded=superseded))

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

    def _exchange(self, state: BoardState, ask: Callable[[Board, float], Answer]) -> Answer:
        """Ask a board something.

        Raises:
            NoAnswerError: There was no answer, or none that makes sense, or the port is gone. That is told already.
            RefusedError: The board will not.
        """
        begun_s = self._clock.monotonic_s()
        self._beat.stamp()
        try:
            answer = ask(state.board, state.patience_s())
        except LineUnavailableError as problem:
            self._lose(str(problem))
            raise NoAnswerError from problem
        except NoAnswerError:
            self._missed(state)
            raise
        except RefusedError:
            self._answered(state, begun_s)
            raise
        self._answered(state, begun_s)
        return answer

    def _answered(self, state: BoardState, begun_s: float) -> None:
        now = self._clock.monotonic_s()
        state.took(now - begun_s)
        back = state.answered(now)
        note = self._talk.note()
        if back or note != state.nature:
            state.nature = note
            self._emit(BoardLinkChanged(self._clock.moment(), state.board.id, LinkState.UP, note))

    def _say(self, state: BoardState, note: str) -> None:
        """Say once what a board lacks that answers otherwise."""
        if note not in state.said:
            state.said.add(note)
            self._emit(BoardLinkChanged(self._clock.moment(), state.board.id, LinkState.UP, note))

    def _unsay(self, state: BoardState, note: str) -> None:
        """The board lacks that no more."""
        if note in state.said:
            state.said.remove(note)
            left = next(iter(state.said), state.nature)
            self._emit(BoardLinkChanged(self._clock.moment(), state.board.id, LinkState.UP, left))

    def _missed(self, state: BoardState) -> None:
        lost_boards = sum(other.answers is False for other in self._states.values())
        lost = state.missed(self._clock.monotonic_s(), crowded=lost_boards > _FEW_LOST)
        self._tell_lost(state, lost, f"{state.board.name} does not answer. Check its power and the line to it.")

    def _tell_lost(self, state: BoardState, lost: bool, why: str) -> None:
        if lost:
            self._emit(BoardLinkChanged(self._clock.moment(), state.board.id, LinkState.DOWN, why))

    def _write(self, state: BoardState, index: int, *, on: bool) -> None:
        found, proof = self._exchange(
            state, lambda board, patience_s: self._talk.switch(board, index, patience_s, on=on)
        )
        self._emit(OutputProved(self._clock.moment(), state.output(index), found, proof))

    def _pulse(self, state: BoardState, waiting: Waiting) -> None:
        """Have the board itself end a momentary unlock, a little after this thread would."""
        command, talk = waiting.command, self._talk
        momentary = command.energised and command.expires_mono_s is not None
        if not (momentary and state.board.hardware_pulse and isinstance(talk, Pulsing)):
            self._write(state, command.point.index, on=command.energised)
            return
        seconds = waiting.ends_s - self._clock.monotonic_s() + PULSE_MARGIN_S
        try:
            _, proof = self._exchange(
                state, lambda board, patience_s: talk.pulse(board, command.point.index, patience_s, seconds)
            )
        except RefusedError:
            self._say(state, f"{state.board.name} cannot time an unlock itself. Untick that on the console.")
            self._write(state, command.point.index, on=True)
            return
        self._emit(OutputProved(self._clock.moment(), command.point, energised=True, proof=proof))

    def _deliver(self, state: BoardState, waiting: Waiting) -> None:
        command = waiting.command
        index = command.point.index
        state.sending(waiting)
        with suppress(NoAnswerError):
            try:
                self._pulse(state, waiting)
            except RefusedError:
                state.refused(waiting)
                self._fail(command, f"{state.board.name} refused to switch output {index}.")
                return
            state.delivered(waiting, self._clock.monotonic_s())

    def _switch_off(self, state: BoardState, index: int) -> None:
        with suppress(NoAnswerError):
            with suppress(RefusedError):
                self._write(state, index, on=False)
            state.leases.pop(index, None)
            self._emit(OutputLapsed(self._clock.moment(), state.output(index)))

    def _read_back(self, state: BoardState) -> None:
        taken = self._clock.moment()
        try:
            coils = self._exchange(state, self._talk.read_outputs)
        except NoAnswerError:
            return
        except RefusedError:
            state.read_back(self._clock.monotonic_s())
            self._say(state, state.tells_no_outputs)
            return
        now = self._clock.monotonic_s()
        state.read_back(now)
        self._unsay(state, state.tells_no_outputs)
        if coils is None:
            self._repeat(state, now)
            return
        for index, on in enumerate(coils):
            if index not in state.waiting:
                self._emit(OutputProved(taken, state.output(index), on, Proof.READ_BACK))
        for index in state.strays(coils, now):
            state.leases[index] = now

    def _repeat(self, state: BoardState, now: float) -> None:
        """Tell a board off again that cannot say whether it heard it the first time."""
        with suppress(NoAnswerError, RefusedError):
            for index in state.repeats(now):
                self._write(state, index, on=False)

    def _poll(self, state: BoardState) -> None:
        if state.board.inputs == 0:
            self._read_back(state)
            if state.answers is True:
                state.polled(self._clock.monotonic_s())
            return
        try:
            seen = self._exchange(state, self._talk.read_inputs)
        except NoAnswerError:
            return
        except RefusedError:
            if state.poll_refused(self._clock.monotonic_s()):
                self._inputs_unreadable(state)
            return
        state.polled(self._clock.monotonic_s())
        self._unsay(state, state.tells_no_inputs)
        before, state.inputs = state.inputs, seen
        for index, active in enumerate(seen):
            if before is None or before[index] is not active:
                found = InputState.ACTIVE if active else InputState.NORMAL
                self._emit(InputChanged(self._clock.moment(), state.input(index), found))

    def _inputs_unreadable(self, state: BoardState) -> None:
        """Nobody knows any more how the inputs are that the board has told."""
        before, state.inputs = state.inputs, None
        for index in range(len(before or ())):
            self._emit(InputChanged(self._clock.moment(), state.input(index), InputState.UNKNOWN))
        self._say(state, state.tells_no_inputs)

    def _all_off(self) -> None:
        for state in tuple(self._states.values()):
            self._off(state)

    def _off(self, state: BoardState) -> None:
        """Everything off. A board that stopped answering is told too, once: it may still hear."""
        if self._is_open and state.board.outputs:
            with suppress(NoAnswerError, RefusedError):
                self._exchange(state, self._talk.all_off)


def _distinct(boards: Sequence[Board]) -> tuple[Board, ...]:
    if len({board.address for board in boards}) < len(boards) or len({board.id for board in boards}) < len(boards):
        raise ValueError("Two boards on one line have the same address or number.")
    return tuple(boards)
