"""An LCUS relay board on its own USB port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from access_control.core.decision.model import Board
from firmware_bridge.clock import Clock
from firmware_bridge.controller.events import Proof
from firmware_bridge.devices.board_port import BoardPort
from firmware_bridge.devices.board_talk import AskedLine, NoAnswerError, RefusedError
from firmware_bridge.devices.serial_line import open_line
from firmware_bridge.ports import Emit
from firmware_bridge.protocol.lcus import FRAME_BYTES, STATUS, VARIANTS, command, parse_reply, parse_status

PROBE_S: Final = 0.3
"""How long a board may take for its first status before it counts as one that has none."""
PROBE_AGAIN_S: Final = 30.0
_PROBE_SOON_S: Final = 2.0
"""The second attempt, for a board that was still starting."""
_QUIET_S: Final = 0.01
_BITS_PER_BYTE: Final = 10
_STATUS_BYTES: Final = 12
"""The longest that a channel's state takes, as a line of text."""
_OPEN_LOOP: Final = "It tells no status, so nobody knows where its relays are. Its doors are never shown as secured."


class LcusPort(BoardPort):
    """The port of one board; ``variant`` is a row of the codec's table."""

    def __init__(
        self, name: str, path: str, baud: int, boards: Sequence[Board], variant: str, *, emit: Emit, clock: Clock
    ) -> None:
        """Prepare; nothing is opened before :meth:`start`.

        Raises:
            ValueError: Two boards have one address or one number.
        """
        super().__init__(name, boards, LcusTalk(path, baud, variant, clock), emit=emit, clock=clock)


class LcusTalk:
    """The language of LCUS boards; implements :class:`firmware_bridge.devices.board_talk.Talk`."""

    def __init__(self, path: str, baud: int, variant: str, clock: Clock) -> None:
        self._path = path
        self._baud = baud
        self._variant = VARIANTS[variant]
        self._clock = clock
        self._line: AskedLine | None = None
        self._tells: bool | None = None
        self._probe_again_s = 0.0

    def open(self) -> None:
        """Open the port.

        Raises:
            LineUnavailableError: It cannot be opened; the message says why.
        """
        self._line = AskedLine(open_line(self._path, self._baud), self._clock)
        self._tells = True if self._variant.replies else None if self._variant.asks_status else False

    def close(self) -> None:
        """Give the port back."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def note(self) -> str:
        """Whether the board is one that cannot be read back."""
        return _OPEN_LOOP if self._tells is False else ""

    def switch(self, board: Board, index: int, patience_s: float, *, on: bool) -> tuple[bool, Proof]:
        """Switch a relay, and look where it is if the board can tell."""
        line, variant = self._open_line(), self._variant
        self._find_out(board)
        frame = command(index + 1, variant.on if on else variant.off)
        if variant.replies:
            answer_s = patience_s + FRAME_BYTES * self._char_s
            return line.ask(frame, lambda data: parse_reply(data, index + 1), answer_s), Proof.ACKNOWLEDGED
        line.send(frame)
        if not self._tells:
            line.drain()
            return on, Proof.SENT
        return self._status(board, patience_s)[index], Proof.READ_BACK

    def all_off(self, board: Board, patience_s: float) -> None:
        """Switch everything off, and once more if that is not what the board tells."""
        line = self._open_line()
        for _ in range(2):
            for index in range(board.outputs):
                line.send(command(index + 1, self._variant.off))
            states = self.read_outputs(board, patience_s)
            if states is None or not any(states):
                return

    def read_outputs(self, board: Board, patience_s: float) -> Sequence[bool] | None:
        """Where the relays are; ``None``: the board cannot tell."""
        line = self._open_line()
        self._find_out(board)
        if not self._tells:
            line.drain()
            return None
        if self._variant.query is None:
            return self._status(board, patience_s)
        return [self._query(line, index + 1, patience_s) for index in range(board.outputs)]

    def read_inputs(self, board: Board, patience_s: float) -> Sequence[bool]:
        """There are none on these boards.

        Raises:
            RefusedError: Always.
        """
        self.read_outputs(board, patience_s)
        raise RefusedError

    def _open_line(self) -> AskedLine:
        if self._line is None:
            raise NoAnswerError
        return self._line

    @property
    def _char_s(self) -> float:
        return _BITS_PER_BYTE / self._baud

    def _query(self, line: AskedLine, channel: int, patience_s: float) -> bool:
        asked = command(channel, self._variant.query or 0)
        return line.ask(asked, lambda data: parse_reply(data, channel), patience_s + FRAME_BYTES * self._char_s)

    def _status(self, board: Board, patience_s: float, asked: bytes = STATUS) -> Sequence[bool]:
        line = self._open_line()
        longest_s = (FRAME_BYTES * board.outputs + _STATUS_BYTES * board.outputs) * self._char_s
        states = line.ask(asked, lambda data: parse_status(data, board.outputs), patience_s + longest_s)
        # A board with more channels than are used is still telling the others.
        line.drain(_QUIET_S)
        return states

    def _find_out(self, board: Board) -> None:
        """Ask for a first status: four bytes in all, so that a firmware which counts to four is in step afterwards."""
        now = self._clock.monotonic_s()
        if self._tells is None:
            self._tells = self._told(board, STATUS, PROBE_S) or self._told(board, STATUS * 3, PROBE_S)
            self._probe_again_s = self._clock.monotonic_s() + _PROBE_SOON_S
        elif self._tells is False and self._variant.asks_status and now >= self._probe_again_s:
            self._tells = self._told(board, STATUS * FRAME_BYTES, PROBE_S / 3)
            self._probe_again_s = self._clock.monotonic_s() + PROBE_AGAIN_S

    def _told(self, board: Board, asked: bytes, patience_s: float) -> bool:
        try:
            self._status(board, patience_s, asked)
        except NoAnswerError:
            return False
        return True
