"""Which check ends a packet to one peripheral: CRC-16, or the 8-bit sum that some old ones know nothing but.

Noise alone never leads to the weaker check: a peripheral that ever answered a CRC question is spoken to with CRC until
it says itself that it wants sums. Anybody can say that in the clear, so what is learned there is a guess: its own word
in the session takes it back, and sums that nobody answers are given up. What answers with a true MAC show is no guess.
Secure Channel is the same over both, since its MAC does not depend on the check.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Capabilities, Function, Nak, NakCode

_ANSWERS_IN_A_ROW: Final = 3
"""Noise does not turn a CRC packet into one with a right sum so often."""
_REFUSALS_IN_A_ROW: Final = 5
"""So many questions in a row that did not arrive whole, and none that did."""
_PROBES_IN_A_ROW: Final = 3


class Checks:
    """What was learned about one peripheral."""

    def __init__(self) -> None:
        """CRC until it is known better."""
        self.crc = True
        self._understood = False
        self._otherwise = 0
        self._refused = 0
        self._unanswered = 0
        self._guessed = False
        self._contradicted = False

    def heard(self, packet: Packet) -> None:
        """Take an answer in the clear that arrived whole: which check it has, and whether our question had arrived."""
        self._unanswered = 0
        if self._answers_otherwise(packet):
            self._guess()
            return
        if packet.code == Nak.CODE and not packet.security and packet.data[:1] == bytes((NakCode.CHECK,)):
            self._refused += 1
            if self._refused >= _REFUSALS_IN_A_ROW and not self._understood:
                self._guess()
            return
        self._refused = 0
        self._understood = True

    def proved(self, packet: Packet) -> None:
        """Take an answer with a true MAC, which covers the kind of its check."""
        self._refused = self._unanswered = 0
        self._understood = True
        if self._answers_otherwise(packet):
            self._guessed = False
            self._turn()
        elif packet.crc and self.crc:
            self._contradicted = False  # its word about CRC was true

    def unanswered(self) -> None:
        """A probe had no answer: whoever does not answer sums is asked with CRC again, which all but few know."""
        self._unanswered += 1
        if not self.crc and self._unanswered >= _PROBES_IN_A_ROW:
            self._turn()

    def told(self, can: Capabilities) -> None:
        """Take its own word: capability 8 is 0 for sums only. It takes a guess back, but once if it proves untrue."""
        said = [item.level for item in can.items if item.function == Function.CHECK]
        if not said:
            return
        if said[0] == 0:
            self._guessed = False
            if self.crc:
                self._turn()
        elif not self.crc and self._guessed and not self._contradicted:
            self._contradicted = True
            self._turn()

    def _answers_otherwise(self, packet: Packet) -> bool:
        self._otherwise = self._otherwise + 1 if packet.crc is not self.crc else 0
        return self._otherwise >= _ANSWERS_IN_A_ROW

    def _guess(self) -> None:
        self._guessed = self.crc
        self._turn()

    def _turn(self) -> None:
        self.crc = not self.crc
        self._otherwise = self._refused = self._unanswered = 0
        self._understood = False
