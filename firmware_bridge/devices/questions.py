"""One question on an OSDP line outside any session, and what came back: an answer, senseless bytes, or nothing.

Only questions about identity and capabilities are ever asked this way. Each goes out with sequence number 0, so that a
device that was in a session begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.devices.serial_line import SerialLine
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.protocol.osdp.replies import Busy

CHARACTER_BITS: Final = 10
PAUSE_CHARACTERS: Final = 2
FRAME_BYTES: Final = 9
"""ID and CAP with a CRC."""
_NOBODY: Final = -1
_BUSY_TRIES: Final = 5
_BUSY_S: Final = 0.1
_LONGEST_ANSWER_S: Final = 0.5
_STRAY: Final = 4
"""So few senseless bytes are what turning a transmitter on or off leaves behind, and nobody's answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question brought.

    Attributes:
        answer: A whole reply from the address that was asked.
        others: Addresses whose replies came instead, too late perhaps.
        senseless: So many bytes arrived that belong to no packet.
    """

    answer: Packet | None = None
    others: frozenset[int] = frozenset()
    senseless: int = 0

    @property
    def silent(self) -> bool:
        """Whether nobody said anything."""
        return self.answer is None and not self.others and self.senseless < _STRAY

    @property
    def unreadable(self) -> bool:
        """Whether somebody answered, but not so that it could be read."""
        return self.answer is None and self.senseless >= _STRAY


class Questions:
    """Asks on an open line at its speed."""

    def __init__(self, line: SerialLine, baud: int, clock: Clock) -> None:
        """The line is only borrowed."""
        self._line = line
        self._clock = clock
        self._character_s = CHARACTER_BITS / baud

    def ask(self, command: AskIdentity | AskCapabilities, address: int, reply_s: float, *, crc: bool = True) -> Outcome:
        """Ask once, and again for as long as the device says that it is busy.

        Raises:
            LineUnavailableError: The port is lost.
        """
        outcome = Outcome()
        for _ in range(_BUSY_TRIES):
            outcome = self._once(command, address, reply_s, crc=crc)
            if outcome.answer is None or outcome.answer.code != Busy.CODE:
                return outcome
            self._line.readable_within(_BUSY_S)
        return outcome

    def overhear(self, within_s: float) -> frozenset[int]:
        """Who still answers although nobody asks any more.

        Raises:
            LineUnavailableError: The port is lost.
        """
        return self._listen(_NOBODY, within_s).others

    def _once(self, command: AskIdentity | AskCapabilities, address: int, reply_s: float, *, crc: bool) -> Outcome:
        self._drain()
        frame = Packet(address, 0, command.CODE, command.to_bytes(), crc=crc).to_bytes()
        self._line.write(frame)
        return self._listen(address, len(frame) * self._character_s + reply_s)

    def _drain(self) -> None:
        """Two characters of silence, as the standard wants them, and nothing of an earlier answer left over."""
        until_s = self._clock.monotonic_s() + _LONGEST_ANSWER_S
        while self._line.readable_within(PAUSE_CHARACTERS * self._character_s):
            self._line.read()
            if self._clock.monotonic_s() > until_s:
                return

    def _listen(self, address: int, within_s: float) -> Outcome:
        decoder = FrameDecoder(max(0.02, 4 * self._character_s))
        others: set[int] = set()
        senseless = 0
        deadline_s = self._clock.monotonic_s() + within_s
        last_s = deadline_s + _LONGEST_ANSWER_S
        while True:
            now_s = self._clock.monotonic_s()
            # A packet that has begun in time may end later, but nobody may talk for ever.
            until_s = min(max(deadline_s, decoder.stalls_at_s() or 0.0), last_s)
            arrived = now_s < last_s and self._line.readable_within(until_s - now_s)
            now_s = self._clock.monotonic_s()
            for item in decoder.feed(self._line.read(), now_s) if arrived else decoder.idle(float("inf")):
                if not isinstance(item, Packet):
                    senseless += item.count
                elif item.reply and item.address == address:
                    return Outcome(item, frozenset(others), senseless)
                elif item.reply:
                    others.add(item.address)
            if not arrived:
                return Outcome(None, frozenset(others), senseless)
