"""One line and one peripheral on it, talked to in lock step: for giving keys, addresses and speeds, and nothing else.

Whatever is done here ends by itself within half a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.devices.describing import refused_because
from firmware_bridge.devices.serial_line import SerialLine
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity, Challenge, Command, ServerCryptogram
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.protocol.osdp.handshake import IN_CLEAR, Handshake, Refusal
from firmware_bridge.protocol.osdp.replies import Busy, Capabilities, Function, Identity, Nak, NakCode, parse_reply
from firmware_bridge.protocol.osdp.secure import SecureSession

LONGEST_S: Final = 30.0
"""The end of it, whatever the peripheral does."""
BUSY_S: Final = 5.0
"""How long a peripheral may say that it is busy, writing a key into its memory say; as on a running line."""

SILENT: Final = (
    "No reader answers at address {address}. Check its power, its cable, its address and the speed of the line."
)
NOT_A_READER: Final = (
    "What answers at address {address} does not say who it is. Check that only one reader is connected."
)
CANNOT: Final = "The reader at address {address} cannot protect its line (no Secure Channel). Use another reader."
BROKEN_OFF: Final = "The reader at address {address} stopped answering in the middle. Check its cable and try again."
STILL_BUSY: Final = "The reader at address {address} answers, but says that it is busy. Wait a moment and try again."
UNTOLD: Final = (
    "The reader at address {address} refuses to say what it can do: {why}. Take its power away for a moment and try "
    "again."
)
NO_SESSION: Final = (
    "The reader at address {address} does not open a protected session: {why}. Take its power away for a moment and "
    "try again."
)
_ODD: Final = "its answer makes no sense"

_REPLY_S = 0.5
_TRIES = 3
_AGAIN_S = 0.1
"""Before something is said again to a peripheral that is busy, or could not just then."""
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


class StillBusyError(CommissioningError):
    """It is there, and says nothing but that it is busy."""


class UnprotectedError(CommissioningError):
    """It knows nothing of Secure Channel."""


class Bench:
    """An open line, and the peripheral at ``address``.

    Attributes:
        unsettled: It was told a key that it has not proved yet; whatever goes wrong now says so.
    """

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
        self.unsettled = False

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
        if isinstance(reply, Nak) and reply.error not in (NakCode.UNKNOWN_COMMAND, NakCode.NO_SECURE_CHANNEL):
            raise self.error(UNTOLD, why=refused_because(reply))
        if not isinstance(reply, Capabilities) or not reply.of(Function.SECURITY).level & 1:
            raise self.error(CANNOT)
        self._pack.checks.told(reply)
        return reply

    def session(self, key: bytes, *, own_key: bool = True) -> SecureSession | None:
        """A session with ``key``, begun anew; ``None`` when it does not have that key. ``own_key``: not the default.

        Raises:
            CommissioningError: It stopped answering, or refuses sessions for a reason that is not the key.
        """
        why = _ODD
        for attempt in range(_TRIES):
            if attempt:
                self.pause()
            opened = self._shake_hands(Handshake(key, self._entropy(8), own_key))
            if not isinstance(opened, str):
                return opened
            why = opened
        raise self.error(NO_SESSION, why=why)

    def _shake_hands(self, handshake: Handshake) -> SecureSession | str | None:
        """One attempt: the session, ``None`` without that key, or why it is worth another one."""
        self._pack.restart()
        packet = self._ask(Challenge(handshake.random_a), handshake.challenge_block())
        if packet is None:
            raise self.error(BROKEN_OFF)
        session = handshake.judge_client(packet)
        if packet.code == Nak.CODE and packet.data[:1] == bytes((NakCode.UNKNOWN_COMMAND,)):
            raise UnprotectedError(CANNOT.format(address=self._address), key_may_be_set=self.unsettled)
        if session is None or session is IN_CLEAR:
            return _why(packet)
        if isinstance(session, Refusal):
            return None
        packet = self._ask(ServerCryptogram(session.server_cryptogram), handshake.proof_block(), repeat=False)
        if packet is None:
            raise self.error(BROKEN_OFF)
        # Whoever has proved the key has no other one: what it says now is about this attempt.
        return session if handshake.judge_session(packet, session) is None and packet.code != Nak.CODE else _why(packet)

    def sealed(self, session: SecureSession, command: Command) -> tuple[Packet | None, bool]:
        """The answer to a command in the session, ``None`` without one; and whether it came inside the session.

        What is said in the clear anybody can have said: it proves nothing.
        """
        exchange = self._pack.sealed(session, command)
        packet: Packet | None = None
        for _ in range(_TRIES):
            try:
                packet = self._say(exchange.frame, exchange.sequence)
            except StillBusyError:
                return None, False
            if packet is None or _unread(packet):
                continue
            self._pack.answered()
            opened = session.open(packet)
            return (packet, False) if opened is None else (opened, True)
        return packet, False

    def at(self, address: int) -> Bench:
        """Another address on the same line."""
        return Bench(self._line, self._baud, address, self._clock, self._entropy)

    def in_clear(self, command: Command) -> Packet | None:
        """The answer to a command outside any session."""
        self._pack.restart()
        return self._ask(command)

    def error(self, sentence: str, *, why: str = "") -> CommissioningError:
        """The sentence about this peripheral, to be raised."""
        return CommissioningError(sentence.format(address=self._address, why=why), key_may_be_set=self.unsettled)

    def _ask(self, command: Command, security: bytes = b"", *, repeat: bool = True) -> Packet | None:
        """Ask until it answers; with the other check, too, when it says that nothing arrives whole.

        With ``repeat`` a refusal that is about this moment is worth three attempts.
        """
        silences = refusals = 0
        for _ in range(_TRIES + _UNREAD):
            exchange = self._pack.clear(command, security)
            packet = self._say(exchange.frame, exchange.sequence)
            if packet is None:
                silences += 1
                if silences == _TRIES:
                    return None
                continue
            self._pack.checks.heard(packet)
            if _unread(packet):
                continue
            if repeat and refusals < _TRIES - 1 and _of_the_moment(packet):
                refusals += 1
                self._pack.restart()
                self.pause()
                continue
            self._pack.answered()
            return packet
        return None

    def _say(self, frame: bytes, sequence: int) -> Packet | None:
        """Say it, and for as long as it is busy say the same again.

        Raises:
            StillBusyError: It is busy for longer than any command takes.
        """
        gives_up_s = self._clock.monotonic_s() + BUSY_S
        while self._clock.monotonic_s() < self._ends_s:
            self._decoder.clear()
            self._line.readable_within(_PAUSE_CHARACTERS * self._character_s)
            self._line.write(frame)
            packet = self._answer(sequence, len(frame) * self._character_s + _REPLY_S)
            if packet is None or packet.code != Busy.CODE:
                return packet
            if self._clock.monotonic_s() >= gives_up_s:
                raise StillBusyError(STILL_BUSY.format(address=self._address), key_may_be_set=self.unsettled)
            self.pause()
        return None

    def pause(self) -> None:
        """Let it come to itself; what it says meanwhile is of before."""
        until_s = self._clock.monotonic_s() + _AGAIN_S
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            if self._line.readable_within(left_s):
                self._line.read()

    def _answer(self, sequence: int, within_s: float) -> Packet | None:
        until_s = self._clock.monotonic_s() + within_s
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            if not self._line.readable_within(left_s):
                continue
            for item in self._decoder.feed(self._line.read(), self._clock.monotonic_s()):
                if not isinstance(item, Packet) or not item.reply or item.address != self._address:
                    continue
                if item.code == Busy.CODE or item.sequence == sequence or not item.security:
                    return item
        return None


def _unread(packet: Packet) -> bool:
    return packet.code == Nak.CODE and not packet.security and packet.data[:1] == bytes((NakCode.CHECK,))


def _of_the_moment(packet: Packet) -> bool:
    """Refused for now: it could not just then, or had counted otherwise."""
    return packet.code == Nak.CODE and packet.data[:1] in (bytes((NakCode.UNABLE,)), bytes((NakCode.SEQUENCE,)))


def _why(packet: Packet) -> str:
    reply = parse_reply(packet.code, packet.data)
    return refused_because(reply) if isinstance(reply, Nak) else _ODD
