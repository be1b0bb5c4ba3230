"""From no session to one: which key to try, the two questions of the handshake, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from firmware_bridge.protocol.osdp.commands import Challenge, ServerCryptogram
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.exchange import Exchange, Phase
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.handshake import NO_SESSION, WRONG_KEY, Handshake, Refusal
from firmware_bridge.protocol.osdp.keyring import Keyring
from firmware_bridge.protocol.osdp.replies import Nak
from firmware_bridge.protocol.osdp.secure import SecureSession


class Step(Enum):
    """Where an answer leads, unless it is refused."""

    PROOF = "proof"
    SECURE = "secure"
    OTHER_KEY = "other_key"
    AGAIN = "again"


class Greeting:
    """The handshakes with one peripheral.

    Attributes:
        has_key: Whether there is any key to try.
    """

    def __init__(self, keyring: Keyring, entropy: Callable[[int], bytes]) -> None:
        """``entropy(n)`` gives ``n`` unguessable bytes."""
        self._keyring = keyring
        self._entropy = entropy
        self._handshake: Handshake | None = None
        self.has_key = keyring.key is not None

    def question(self, phase: Phase, pack: Envelope) -> Exchange | None:
        """The next question of the handshake; ``None`` outside of it."""
        key = self._keyring.key
        if phase is Phase.CHALLENGE and key is not None:
            self._handshake = Handshake(key, self._entropy(8))
            return pack.clear(Challenge(self._handshake.random_a), self._handshake.challenge_block())
        if phase is Phase.PROOF and pack.session is not None and self._handshake is not None:
            return pack.clear(ServerCryptogram(pack.session.server_cryptogram), self._handshake.proof_block())
        return None

    def judge(self, phase: Phase, packet: Packet, pack: Envelope) -> Step | Refusal:
        """What the answer to that question is worth. After ``PROOF`` the session is in ``pack``, not proved yet."""
        handshake = self._handshake
        if handshake is None:
            return Step.AGAIN
        if phase is Phase.CHALLENGE:
            outcome = handshake.judge_client(packet)
            if isinstance(outcome, SecureSession):
                pack.session = outcome
                return Step.PROOF
        elif pack.session is None:
            return Step.AGAIN
        else:
            outcome = handshake.judge_session(packet, pack.session)
            if outcome is None and packet.code != Nak.CODE:
                self._keyring.proved()
                return Step.SECURE
        if outcome is NO_SESSION:
            return Step.AGAIN
        if outcome is WRONG_KEY and self._keyring.try_other():
            return Step.OTHER_KEY
        return outcome or Step.AGAIN
