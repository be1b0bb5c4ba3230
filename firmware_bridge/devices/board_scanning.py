"""Looks for Modbus RTU boards on a line: every speed, every address, only reading. Nothing is ever switched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.config import BAUD_RATES
from firmware_bridge.devices.board_questions import (
    CHARACTER_BITS,
    FRAME_BYTES,
    PAUSE_CHARACTERS,
    BoardQuestions,
    Outcome,
    Read,
)
from firmware_bridge.devices.scanning import AGAIN, PATIENT_S, REPLY_S, Noise, OpenAt, Progress, Sweep

BOARD_ADDRESSES: Final = tuple(range(1, 248))
_SIZES: Final = (64, 32, 16, 8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class BoardSearch:
    """Where to look, in this order, and how long to wait for each answer."""

    bauds: Sequence[int] = BAUD_RATES
    addresses: Sequence[int] = BOARD_ADDRESSES
    reply_s: float = REPLY_S

    def at_most_s(self) -> float:
        """How long it takes if nobody answers, in seconds; each board that is found adds a second or two."""
        return sum((2 * len(self.addresses) + 1) * self._one_s(baud) for baud in self.bauds)

    def _one_s(self, baud: int) -> float:
        return (FRAME_BYTES + PAUSE_CHARACTERS) * CHARACTER_BITS / baud + self.reply_s


@dataclass(frozen=True, slots=True)
class FoundBoard:
    """Somebody answers at an address.

    ``outputs`` and ``inputs`` are the largest of 1, 2, 4 ... 64 that it lets one read at once, 0 for none: at least so
    many it has, or claims to have.
    """

    baud: int
    address: int
    readable: bool = True
    outputs: int = 0
    inputs: int = 0


def scan_boards(open_at: OpenAt, search: BoardSearch, *, clock: Clock) -> Iterator[Progress | FoundBoard | Noise]:
    """Look everywhere; the line is open only while the iterator is.

    Raises:
        LineUnavailableError: The port cannot be used, or is lost.
    """
    done, probes = 0, len(search.bauds) * len(search.addresses)
    for baud in search.bauds:
        with open_at(baud) as line:
            sweep = _Sweep(BoardQuestions(line, baud, clock), baud, search.addresses, search.reply_s, probes)
            for step in sweep.run():
                yield replace(step, done=done + step.done) if isinstance(step, Progress) else step
        done += len(search.addresses)


class _Sweep(Sweep[BoardQuestions, FoundBoard]):
    """Modbus boards."""

    def look(self, address: int, reply_s: float) -> FoundBoard | None:
        """Ask for outputs, and for inputs where that brings nothing: some boards are silent about what they lack."""
        senseless = False
        for what in Read:
            outcome = self._ask(address, what, reply_s)
            if outcome.answered:
                self.senseless_in_a_row = 0
                sizes = {kind: self._size(address, kind) for kind in Read}
                return FoundBoard(self.baud, address, outputs=sizes[Read.OUTPUTS], inputs=sizes[Read.INPUTS])
            senseless = senseless or outcome.unreadable
        self.senseless_in_a_row = self.senseless_in_a_row + 1 if senseless else 0
        return FoundBoard(self.baud, address, readable=False) if senseless else None

    def _ask(self, address: int, what: Read, reply_s: float) -> Outcome:
        outcome = Outcome()
        for _ in range(AGAIN):
            outcome = self.questions.ask(address, what, 1, reply_s)
            self.late |= outcome.others & set(self.addresses)
            if not outcome.unreadable:
                break
        return outcome

    def _size(self, address: int, what: Read) -> int:
        """Somebody is known to be there now, so every question may take its time."""
        for size in _SIZES:
            outcome = self.questions.ask(address, what, size, PATIENT_S)
            if outcome.answered and not outcome.refusal:
                return size
            if outcome == Outcome():
                return 0  # it is silent about what it has not, and would be seven times
        return 0
