"""A Numato relay module on its own USB port; its GPIO pins are inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from access_control.core.decision.model import Board
from firmware_bridge.clock import Clock
from firmware_bridge.controller.events import Proof
from firmware_bridge.devices.board_port import BoardPort
from firmware_bridge.devices.board_talk import AskedLine, NoAnswerError, RefusedError
from firmware_bridge.devices.serial_line import open_line
from firmware_bridge.ports import Emit
from firmware_bridge.protocol.numato import (
    FLUSH,
    PROMPT,
    READ_ALL,
    parse_answer,
    parse_input,
    parse_relays,
    read_input,
    switch,
)

_BITS_PER_BYTE = 10
_ANSWER_BYTES = 64
"""More than any question with its echo, value and prompt."""
Found = TypeVar("Found")


class NumatoPort(BoardPort):
    """The port of one module."""

    def __init__(self, name: str, path: str, baud: int, boards: Sequence[Board], *, emit: Emit, clock: Clock) -> None:
        """Prepare; nothing is opened before :meth:`start`.

        Raises:
            ValueError: Two boards have one address or one number.
        """
        super().__init__(name, boards, NumatoTalk(path, baud, clock), emit=emit, clock=clock)


class NumatoTalk:
    """The language of Numato modules; implements :class:`firmware_bridge.devices.board_talk.Talk`."""

    def __init__(self, path: str, baud: int, clock: Clock) -> None:
        self._path = path
        self._baud = baud
        self._clock = clock
        self._line: AskedLine | None = None
        self._in_step = False

    def open(self) -> None:
        """Open the port.

        Raises:
            LineUnavailableError: It cannot be opened; the message says why.
        """
        self._line = AskedLine(open_line(self._path, self._baud), self._clock)
        self._in_step = False

    def close(self) -> None:
        """Give the port back."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def note(self) -> str:
        """A module that answers lacks nothing."""
        return ""

    def switch(self, board: Board, index: int, patience_s: float, *, on: bool) -> tuple[bool, Proof]:
        """Switch a relay; the echo and a prompt with nothing between acknowledge it."""
        del board
        if self._ask(switch(index, on=on), patience_s, str):
            raise RefusedError
        return on, Proof.ACKNOWLEDGED

    def all_off(self, board: Board, patience_s: float) -> None:
        """Switch the relays off one by one; the command for all of them differs from model to model."""
        for index in range(board.outputs):
            self.switch(board, index, patience_s, on=False)

    def read_outputs(self, board: Board, patience_s: float) -> Sequence[bool]:
        """Where the relays are."""
        return self._ask(READ_ALL, patience_s, lambda value: parse_relays(value, board.outputs))

    def read_inputs(self, board: Board, patience_s: float) -> Sequence[bool]:
        """The levels of the pins; high is active."""
        return [self._ask(read_input(index), patience_s, _level) for index in range(board.inputs)]

    def _ask(self, asked: bytes, patience_s: float, meaning: Callable[[str], Found]) -> Found:
        if self._line is None:
            raise NoAnswerError
        answer_s = patience_s + _ANSWER_BYTES * _BITS_PER_BYTE / self._baud
        if not self._in_step:
            self._line.ask(FLUSH, lambda data: PROMPT in data or None, answer_s)
            self._line.drain(_BITS_PER_BYTE * 4 / self._baud)
        self._in_step = False
        value = self._line.ask(asked, lambda data: parse_answer(asked, data), answer_s)
        self._in_step = True
        try:
            return meaning(value)
        except ValueError as problem:
            raise NoAnswerError from problem


def _level(value: str) -> bool:
    if not value:
        raise RefusedError
    return parse_input(value)
