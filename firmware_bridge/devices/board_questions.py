"""One Modbus RTU question on a line and what came back. Only reading: coils (function 1) and discrete inputs (2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.devices.serial_line import SerialLine

CHARACTER_BITS: Final = 10
PAUSE_CHARACTERS: Final = 4
"""The standard ends a message with three and a half characters of silence."""
FRAME_BYTES: Final = 8
_REFUSAL: Final = 0x80
_REFUSAL_BYTES: Final = 5
_NO_QUESTION: Final = bytes(FRAME_BYTES)
_STRAY: Final = 4
_LONGEST_ANSWER_S: Final = 0.5


class Read(IntEnum):
    """What is asked for."""

    OUTPUTS = 1
    INPUTS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question brought.

    Attributes:
        answered: A whole answer came from the address that was asked; ``refusal`` says why it is not what was wanted.
        others: Addresses whose answers came instead, too late perhaps.
        senseless: So many bytes arrived that belong to no answer.
    """

    answered: bool = False
    refusal: int = 0
    others: frozenset[int] = frozenset()
    senseless: int = 0

    @property
    def unreadable(self) -> bool:
        """Whether somebody answered, but not so that it could be read."""
        return not self.answered and self.senseless >= _STRAY


class BoardQuestions:
    """Asks on an open line at its speed."""

    def __init__(self, line: SerialLine, baud: int, clock: Clock) -> None:
        """The line is only borrowed."""
        self._line = line
        self._clock = clock
        self._character_s = CHARACTER_BITS / baud

    def ask(self, address: int, what: Read, count: int, reply_s: float) -> Outcome:
        """Ask once for the first ``count`` values.

        Raises:
            LineUnavailableError: The port is lost.
        """
        until_s = self._clock.monotonic_s() + _LONGEST_ANSWER_S
        while self._line.readable_within(PAUSE_CHARACTERS * self._character_s):
            self._line.read()
            if self._clock.monotonic_s() > until_s:
                break
        question = with_crc(bytes((address, what, 0, 0, count >> 8, count & 0xFF)))
        self._line.write(question)
        return self._listen(question, 5 + (count + 7) // 8, reply_s)

    def overhear(self, within_s: float) -> frozenset[int]:
        """Who still answers although nobody asks any more.

        Raises:
            LineUnavailableError: The port is lost.
        """
        return self._listen(_NO_QUESTION, _REFUSAL_BYTES, within_s).others

    def _listen(self, question: bytes, longest: int, reply_s: float) -> Outcome:
        held, others = bytearray(), set[int]()
        deadline_s = self._clock.monotonic_s() + len(question) * self._character_s + reply_s
        last_s = deadline_s + _LONGEST_ANSWER_S
        while (now_s := self._clock.monotonic_s()) < last_s and self._line.readable_within(deadline_s - now_s):
            held += self._line.read()
            if held[: len(question)] == question:
                del held[: len(question)]  # the adapter hears itself
            while (answer := _whole_answer(bytes(held))) is not None:
                refused = bool(answer[1] & _REFUSAL)
                to_this = (answer[0], answer[1] & ~_REFUSAL) == (question[0], question[1])
                if to_this and (refused or len(answer) == longest):
                    return Outcome(answered=True, refusal=answer[2] if refused else 0, others=frozenset(others))
                others.add(answer[0])
                del held[: len(answer)]
            # What has begun in time may end a little later.
            deadline_s = max(deadline_s, self._clock.monotonic_s() + (longest + PAUSE_CHARACTERS) * self._character_s)
        return Outcome(others=frozenset(others), senseless=len(held))


def _whole_answer(held: bytes) -> bytes | None:
    """The answer with which the bytes begin, if it is whole and one to a question that is asked here."""
    if len(held) < _REFUSAL_BYTES or held[1] & ~_REFUSAL not in tuple(Read):
        return None
    length = _REFUSAL_BYTES if held[1] & _REFUSAL else 5 + held[2]
    return held[:length] if len(held) >= length and is_whole(held[:length]) else None


def with_crc(body: bytes) -> bytes:
    """A message with its check: CRC-16 of Modbus, polynomial 0xA001 reflected, start 0xFFFF, low byte first."""
    value = 0xFFFF
    for byte in body:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return body + value.to_bytes(2, "little")


def is_whole(message: bytes) -> bool:
    """Whether a message has the check that belongs to it."""
    return with_crc(message[:-2]) == message
