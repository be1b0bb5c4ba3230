"""Giving a new reader its own key: a deliberate step, on a bench, one reader on the line (docs/osdp.md).

This is the only place that ever uses the default key, and the key travels only inside the session made with it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.clock import Clock
from firmware_bridge.devices.serial_line import LineUnavailableError, SerialLine, open_line
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskIdentity,
    Challenge,
    Command,
    ServerCryptogram,
    SetKey,
)
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet
from firmware_bridge.protocol.osdp.handshake import Handshake
from firmware_bridge.protocol.osdp.replies import Ack, Busy, Capabilities, Function, Identity, parse_reply
from firmware_bridge.protocol.osdp.secure import SCBK_D, SecureSession

_REPLY_S = 0.5
_TRIES = 3
_CHARACTER_BITS = 10
_PAUSE_CHARACTERS = 2

SILENT = "No reader answers at address {address}. Check its power, its cable, its address and the speed of the line."
NOT_A_READER = "What answers at address {address} does not say who it is. Check that only one reader is connected."
CANNOT = "The reader at address {address} cannot protect its line (no Secure Channel). Use another reader."
KEYED = "The reader at address {address} already has a key. Reset it to its factory state before it gets a new one."
NOT_TAKEN = "The reader at address {address} did not take the new key. Try again; its old state is unchanged."
NOT_PROVED = "The reader at address {address} was sent its key but does not prove it. Reset the reader and try again."
BROKEN_OFF = "The reader at address {address} stopped answering in the middle. Check its cable and try again."


class CommissioningError(Exception):
    """The reader has no new key that works; the message says why and what to do.

    ``key_may_be_set`` says that the reader may nevertheless hold the new key.
    """

    def __init__(self, sentence: str, *, key_may_be_set: bool = False) -> None:
        """Keep the sentence for the person at the bench."""
        super().__init__(sentence)
        self.key_may_be_set = key_may_be_set


@dataclass(frozen=True, slots=True)
class Commissioned:
    """A reader that has proved its new key."""

    address: int
    identity: Identity
    capabilities: Capabilities


def commission(
    path: str,
    baud: int,
    address: int,
    new_key: bytes,
    *,
    clock: Clock,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Commissioned:
    """Give the reader at ``address`` the 16 bytes of ``new_key`` and see it prove them. Takes about a second.

    Raises:
        CommissioningError: The port cannot be used, nobody answers, or the reader already has a key.
        ValueError: The key has not 16 bytes.
    """
    if len(new_key) != 16:
        raise ValueError(f"a reader's key has 16 bytes, not {len(new_key)}")
    try:
        with open_line(path, baud) as line:
            return _Bench(line, baud, address, clock, entropy).commission(new_key)
    except LineUnavailableError as problem:
        raise CommissioningError(str(problem)) from problem


class _Bench:
    """One line with one reader, talked to in lock step."""

    def __init__(
        self, line: SerialLine, baud: int, address: int, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        self._line = line
        self._address = address
        self._clock = clock
        self._entropy = entropy
        self._character_s = _CHARACTER_BITS / baud
        self._decoder = FrameDecoder()
        self._sequence = 0

    def commission(self, new_key: bytes) -> Commissioned:
        identity = self._identify()
        capabilities = self._capabilities()
        session = self._session(SCBK_D, own_key=False)
        if session is None:
            raise self._error(KEYED)
        self._set_key(session, new_key)
        self._sequence = 0
        if self._session(new_key, own_key=True) is None:
            raise self._error(NOT_PROVED, key_may_be_set=True)
        return Commissioned(self._address, identity, capabilities)

    def _identify(self) -> Identity:
        packet = self._ask(AskIdentity())
        if packet is None:
            raise self._error(SILENT)
        reply = parse_reply(packet.code, packet.data)
        if not isinstance(reply, Identity):
            raise self._error(NOT_A_READER)
        return reply

    def _capabilities(self) -> Capabilities:
        packet = self._ask(AskCapabilities())
        if packet is None:
            raise self._error(BROKEN_OFF)
        reply = parse_reply(packet.code, packet.data)
        if not isinstance(reply, Capabilities) or not reply.of(Function.SECURITY).level & 1:
            raise self._error(CANNOT)
        return reply

    def _session(self, key: bytes, *, own_key: bool) -> SecureSession | None:
        """A session with ``key``, or ``None`` when the reader does not have that key."""
        handshake = Handshake(key, self._entropy(8), own_key)
        packet = self._ask(Challenge(handshake.random_a), handshake.challenge_block())
        if packet is None:
            raise self._error(BROKEN_OFF, key_may_be_set=own_key)
        session = handshake.judge_client(packet)
        if not isinstance(session, SecureSession):
            return None
        packet = self._ask(ServerCryptogram(session.server_cryptogram), handshake.proof_block())
        if packet is None:
            raise self._error(BROKEN_OFF, key_may_be_set=own_key)
        return session if handshake.judge_session(packet, session) is None else None

    def _set_key(self, session: SecureSession, new_key: bytes) -> None:
        command = SetKey(new_key)
        sealed = session.seal(Packet(self._address, self._sequence, command.CODE, command.to_bytes()))
        packet = self._exchange(sealed)
        if packet is None:
            raise self._error(NOT_PROVED, key_may_be_set=True)
        opened = session.open(packet)
        if opened is None or opened.code != Ack.CODE:
            raise self._error(NOT_TAKEN, key_may_be_set=opened is None)

    def _ask(self, command: Command, security: bytes = b"") -> Packet | None:
        packet = Packet(self._address, self._sequence, command.CODE, command.to_bytes(), security=security)
        return self._exchange(packet)

    def _exchange(self, question: Packet) -> Packet | None:
        """Send until the reader at our address answers; the same bytes each time."""
        for _ in range(_TRIES):
            self._decoder.clear()
            self._line.readable_within(_PAUSE_CHARACTERS * self._character_s)
            frame = question.to_bytes()
            self._line.write(frame)
            answer = self._answer(question, len(frame) * self._character_s + _REPLY_S)
            if answer is not None:
                self._sequence = self._sequence % 3 + 1
                return answer
        return None

    def _answer(self, question: Packet, within_s: float) -> Packet | None:
        until_s = self._clock.monotonic_s() + within_s
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            if not self._line.readable_within(left_s):
                continue
            for item in self._decoder.feed(self._line.read(), self._clock.monotonic_s()):
                if isinstance(item, Packet) and item.reply and item.address == self._address:
                    if item.code == Busy.CODE:
                        return None
                    if item.sequence == question.sequence or not item.security:
                        return item
        return None

    def _error(self, sentence: str, *, key_may_be_set: bool = False) -> CommissioningError:
        return CommissioningError(sentence.format(address=self._address), key_may_be_set=key_may_be_set)
