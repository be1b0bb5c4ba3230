"""One line and one peripheral on it, talked to in lock step: for giving keys, addresses and speeds, and nothing else.

Whatever is done here ends by itself within half a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.devices.serial_line import SerialLine
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity, Challenge, Command, ServerCryptogram
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.protocol.osdp.handshake import Handshake
from firmware_bridge.protocol.osdp.replies import Busy, Capabilities, Function, Identity, Nak, NakCode, parse_reply
from firmware_bridge.protocol.osdp.secure import SecureSession

LONGEST_S: Final = 30.0
"""The end of it, whatever the peripheral does."""

SILENT: Final = (
    "No reader answers at address {address}. Check its power, its cable, its address and the speed of the line."
)
NOT_A_READER: Final = (
    "What answers at address {address} does not say who it is. Check that only one reader is connected."
)
CANNOT: Final = "The reader at address {address} cannot protect its line (no Secure Channel). Use another reader."
BROKEN_OFF: Final = "The reader at address {address} stopped answering in the middle. Check its cable and try again."

_REPLY_S = 0.5
_TRIES = 3
_UNREAD = 12
"""Questions that did not arrive whole, in both kinds of check."""
_CHARACTER_BITS = 10
_PAUSE_CHARACTERS = 2


class CommissioningError(Exception):
    """The peripheral is not as it should be; the message says why and what to do.

    ``key_may_be_set`` says that it may nevertheless hold the new key.
    """

    def __init__(self, sentence: str, *, key_may_be_set: bool = False) -> None:
        """Keep the sentence for the person at the bench."""
        super().__init__(sentence)
        self.key_may_be_set = key_may_be_set


class NobodyThereError(CommissioningError):
    """Nothing answers at the address at all."""


class Bench:
    """An open line, and the peripheral at ``address``."""

    def __init__(
        self, line: SerialLine, baud: int, address: int, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        """The line is only borrowed; ``entropy(n)`` gives ``n`` unguessable bytes."""
        self._line = line
        self._baud = baud
        self._address = address
        self._clock = clock
        self._entropy = entropy
        self._character_s = _CHARACTER_BITS / baud
        self._decoder = FrameDecoder()
        self._pack = Envelope(address)
        self._ends_s = clock.monotonic_s() + LONGEST_S

    def identify(self) -> Identity:
        """Who it is.

        Raises:
            CommissioningError: Nobody answers, or not as a peripheral does.
        """
        self._pack.restart()
        packet = self._ask(AskIdentity())
        if packet is None:
            raise NobodyThereError(SILENT.format(address=self._address))
        reply = parse_reply(packet.code, packet.data)
        if not isinstance(reply, Identity):
            raise self.error(NOT_A_READER)
        return reply

    def capabilities(self) -> Capabilities:
        """What it can do, Secure Channel among it.

        Raises:
            CommissioningError: It stopped answering, or cannot protect its line.
        """
        packet = self._ask(AskCapabilities())
        if packet is None:
            raise self.error(BROKEN_OFF)
        reply = parse_reply(packet.code, packet.data)
        if not isinstance(reply, Capabilities) or not reply.of(Function.SECURITY).level & 1:
            raise self.error(CANNOT)
        self._pack.checks.told(reply)
        return reply

    def session(self, key: bytes, *, own_key: bool = True, key_may_be_set: bool = False) -> SecureSession | None:
        """A session with ``key``, begun anew; ``None`` when it does not have that key. ``own_key``: not the default.

        Raises:
            CommissioningError: It stopped answering.
        """
        self._pack.restart()
        handshake = Handshake(key, self._entropy(8), own_key)
        packet = self._ask(Challenge(handshake.random_a), handshake.challenge_block())
        if packet is None:
            raise self.error(BROKEN_OFF, key_may_be_set=key_may_be_set)
        session = handshake.judge_client(packet)
        if not isinstance(session, SecureSession):
            return None
        packet = self._ask(ServerCryptogram(session.server_cryptogram), handshake.proof_block())
        if packet is None:
            raise self.error(BROKEN_OFF, key_may_be_set=key_may_be_set)
        if packet.code == Nak.CODE or handshake.judge_session(packet, session) is not None:
            return None
        return session

    def sealed(self, session: SecureSession, command: Command) -> tuple[Packet | None, bool]:
        """The opened answer to a command in the session, ``None`` for one that proves nothing; and whether one came."""
        exchange = self._pack.sealed(session, command)
        for _ in range(_TRIES):
            packet = self._say(exchange.frame, exchange.sequence)
            if packet is not None:
                self._pack.answered()
                return session.open(packet), True
        return None, False

    def at(self, address: int) -> Bench:
        """Another address on the same line."""
        return Bench(self._line, self._baud, address, self._clock, self._entropy)

    def in_clear(self, command: Command) -> Packet | None:
        """The answer to a command outside any session."""
        self._pack.restart()
        return self._ask(command)

    def error(self, sentence: str, *, key_may_be_set: bool = False) -> CommissioningError:
        """The sentence about this peripheral, to be raised."""
        return CommissioningError(sentence.format(address=self._address), key_may_be_set=key_may_be_set)

    def _ask(self, command: Command, security: bytes = b"") -> Packet | None:
        """Ask until it answers; with the other check, too, when it says that nothing arrives whole."""
        silences = 0
        for _ in range(_TRIES + _UNREAD):
            exchange = self._pack.clear(command, security)
            packet = self._say(exchange.frame, exchange.sequence)
            if packet is None:
                silences += 1
                if silences == _TRIES:
                    return None
                continue
            self._pack.checks.heard(packet)
            if not _unread(packet):
                self._pack.answered()
                return packet
        return None

    def _say(self, frame: bytes, sequence: int) -> Packet | None:
        if self._clock.monotonic_s() >= self._ends_s:
            return None
        self._decoder.clear()
        self._line.readable_within(_PAUSE_CHARACTERS * self._character_s)
        self._line.write(frame)
        return self._answer(sequence, len(frame) * self._character_s + _REPLY_S)

    def _answer(self, sequence: int, within_s: float) -> Packet | None:
        until_s = self._clock.monotonic_s() + within_s
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            if not self._line.readable_within(left_s):
                continue
            for item in self._decoder.feed(self._line.read(), self._clock.monotonic_s()):
                if isinstance(item, Packet) and item.reply and item.address == self._address:
                    if item.code == Busy.CODE:
                        return None
                    if item.sequence == sequence or not item.security:
                        return item
        return None


def _unread(packet: Packet) -> bool:
    return packet.code == Nak.CODE and not packet.security and packet.data[:1] == bytes((NakCode.CHECK,))
