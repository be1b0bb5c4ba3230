"""How the thread of a port speaks to relay boards, whatever their language is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar, runtime_checkable

from access_control.core.decision.model import Board
from firmware_bridge.clock import Clock
from firmware_bridge.controller.events import Proof
from firmware_bridge.devices.serial_line import SerialLine

Found = TypeVar("Found")

_LONGEST_ANSWER: Final = 1024
_MOST_DRAINED: Final = 65_536
LONGEST_DRAIN_S: Final = 0.25
"""Whoever never falls silent is not waited for any longer: leases end meanwhile, and commands wait."""


class NoAnswerError(Exception):
    """A board was silent, or said something that is no answer to what it was asked."""


class RefusedError(Exception):
    """A board answered that it will not."""


class Talk(Protocol):
    """One language on one serial port. Every method runs in the port's thread and waits for the board.

    All but :meth:`open` may raise :class:`NoAnswerError`, :class:`RefusedError`, or ``LineUnavailableError`` when the
    port is gone. ``patience_s`` is how long a board may think; the time that bytes take on the line comes on top.
    """

    def open(self) -> None:
        """Open the port.

        Raises:
            LineUnavailableError: It cannot be opened; the message says why.
        """
        ...

    def close(self) -> None:
        """Give the port back; harmless when it is closed."""
        ...

    def switch(self, board: Board, index: int, patience_s: float, *, on: bool) -> tuple[bool, Proof]:
        """Switch an output; where it is now, and how that is known."""
        ...

    def all_off(self, board: Board, patience_s: float) -> None:
        """Switch every output off."""
        ...

    def read_outputs(self, board: Board, patience_s: float) -> Sequence[bool] | None:
        """Where the outputs are; ``None``: this board has no way to tell."""
        ...

    def read_inputs(self, board: Board, patience_s: float) -> Sequence[bool]:
        """Where the inputs are."""
        ...

    def note(self) -> str:
        """A sentence about a board that answers and yet lacks something, or nothing."""
        ...


@runtime_checkable
class Pulsing(Protocol):
    """A language in which a board can be told to time a pulse itself."""

    def pulse(self, board: Board, index: int, patience_s: float, seconds: float) -> tuple[bool, Proof]:
        """Switch an output on for so long; the board switches it off, whatever happens to whoever asked."""
        ...


class AskedLine:
    """An open port on which one question is asked at a time."""

    def __init__(self, line: SerialLine, clock: Clock) -> None:
        self._line = line
        self._clock = clock

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    def send(self, data: bytes) -> None:
        """Say something that nobody answers."""
        self._line.write(data)

    def ask(self, data: bytes, understand: Callable[[bytes], Found | None], patience_s: float) -> Found:
        """Ask, and wait until ``understand`` makes something of the bytes that came.

        Raises:
            NoAnswerError: It never did, or raised ``ValueError`` because they are nonsense.
        """
        self.drain()
        self._line.write(data)
        held = bytearray()
        until_s = self._clock.monotonic_s() + patience_s
        while len(held) <= _LONGEST_ANSWER and self._line.readable_within(until_s - self._clock.monotonic_s()):
            held += self._line.read()
            try:
                found = understand(bytes(held))
            except ValueError as problem:
                raise NoAnswerError from problem
            if found is not None:
                return found
        raise NoAnswerError

    def drain(self, quiet_s: float = 0.0) -> None:
        """Throw away what has come, until nothing more comes for ``quiet_s``; notices a port that is gone.

        It ends after :data:`LONGEST_DRAIN_S` at the latest.
        """
        drained, until_s = 0, self._clock.monotonic_s() + LONGEST_DRAIN_S
        while drained < _MOST_DRAINED and self._line.readable_within(quiet_s):
            drained += len(self._line.read())
            if self._clock.monotonic_s() >= until_s:
                return
