"""The panel's half of the Secure Channel handshake: two questions, and why an answer must not be accepted."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.controller.events import LinkAlarm
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import ClientCryptogram, InitialMac, Nak, NakCode, parse_reply
from firmware_bridge.protocol.osdp.secure import (
    CHALLENGE,
    CLIENT_PROOF,
    SCBK_D,
    SERVER_PROOF,
    SESSION_BEGINS,
    USING_DEFAULT_KEY,
    USING_OWN_KEY,
    SecureSession,
)

_SESSION_OK = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """A handshake that must not succeed: what it looks like, and a sentence about it."""

    alarm: LinkAlarm
    why: str


WRONG_KEY = Refusal(
    LinkAlarm.WRONG_KEY,
    "The reader does not have the key that belongs to it. If it was exchanged, commission the new one.",
)
DEFAULT_KEY = Refusal(
    LinkAlarm.DEFAULT_KEY,
    "The reader is waiting for its first key. It was reset or exchanged: commission it before it is used.",
)
NO_SECURITY = Refusal(
    LinkAlarm.DOWNGRADE,
    "The reader says that it cannot protect its line, although it has a key. Somebody may be tampering with it.",
)
CONDITIONS = Refusal(
    LinkAlarm.DOWNGRADE,
    "The reader refuses to start a protected session. It was reset or exchanged: commission it before it is used.",
)
NO_SESSION = Refusal(
    LinkAlarm.GARBAGE,
    "The reader has the right key, and its session does not begin. Check its power and its cable.",
)
"""What a repeated question leads to: it has drawn other random bytes since. The handshake is to begin anew."""
FORGED = Refusal(
    LinkAlarm.GARBAGE,
    "An answer in the reader's name was forged, damaged, or an old one said again. Nothing was done with it; look who "
    "is at the cable.",
)
IN_CLEAR = Refusal(
    LinkAlarm.DOWNGRADE,
    "The reader answered without protection where protection is required. Somebody may be tampering with it.",
)


@dataclass(frozen=True, slots=True)
class Handshake:
    """One attempt with a key; ``own_key`` is false only for the known default key while commissioning."""

    scbk: bytes
    random_a: bytes
    own_key: bool = True

    @property
    def _index(self) -> int:
        return USING_OWN_KEY if self.own_key else USING_DEFAULT_KEY

    def challenge_block(self) -> bytes:
        """The security block of the first question."""
        return bytes((CHALLENGE, self._index))

    def proof_block(self) -> bytes:
        """The security block of the second question."""
        return bytes((SERVER_PROOF, self._index))

    def judge_client(self, packet: Packet) -> SecureSession | Refusal | None:
        """What the answer to the challenge is worth: a session, a refusal, or ``None`` for not an answer at all."""
        reply = parse_reply(packet.code, packet.data)
        if isinstance(reply, Nak):
            return _refused(reply)
        if not isinstance(reply, ClientCryptogram):
            return IN_CLEAR if not packet.security else None
        if packet.security[:1] != bytes((CLIENT_PROOF,)):
            return IN_CLEAR
        if self.own_key and packet.security[1:] == bytes((USING_DEFAULT_KEY,)):
            return DEFAULT_KEY
        session = SecureSession(self.scbk, self.random_a, reply.random)
        if session.client_proved(reply.cryptogram):
            return session
        known = SecureSession(SCBK_D, self.random_a, reply.random)
        return DEFAULT_KEY if known.client_proved(reply.cryptogram) else WRONG_KEY

    def judge_session(self, packet: Packet, session: SecureSession) -> Refusal | None:
        """Why the session must not begin after the answer to our proof, or ``None`` when it may."""
        reply = parse_reply(packet.code, packet.data)
        if isinstance(reply, Nak):
            return _refused(reply)
        if not isinstance(reply, InitialMac) or packet.security[:1] != bytes((SESSION_BEGINS,)):
            return IN_CLEAR
        if packet.security[1:] != bytes((_SESSION_OK,)) or not session.session_proved(reply.mac):
            return NO_SESSION
        return None


def _refused(nak: Nak) -> Refusal | None:
    """A refusal for good; anything else (a garbled or lost packet) is worth another attempt."""
    if nak.error in (NakCode.NO_SECURE_CHANNEL, NakCode.UNKNOWN_COMMAND):
        return NO_SECURITY
    if nak.error == NakCode.SECURITY_NOT_MET:
        return CONDITIONS
    return None
