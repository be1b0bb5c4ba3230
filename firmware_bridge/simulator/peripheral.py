"""How a reader speaks: OSDP's peripheral side with sequence numbers, Secure Channel and bad manners on request.

It conforms (OSDP 2.2, SIA): a repeated sequence number gets the same reply again and nothing is executed twice,
sequence 0 starts anew, and once it has a key it says nothing in clear but who it is. Sans-IO: packets in, bytes out.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskIdentity,
    Challenge,
    Command,
    ServerCryptogram,
    SetCommunication,
    SetKey,
    UnknownCommand,
    parse_command,
)
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import BROADCAST, Packet
from firmware_bridge.protocol.osdp.replies import (
    Ack,
    Busy,
    ClientCryptogram,
    Communication,
    InitialMac,
    Nak,
    NakCode,
    RawCard,
    Reply,
)
from firmware_bridge.protocol.osdp.secure import (
    CHALLENGE,
    CLIENT_PROOF,
    COMMAND_MAC,
    COMMAND_SEALED,
    SCBK_D,
    SERVER_PROOF,
    SESSION_BEGINS,
    USING_DEFAULT_KEY,
    USING_OWN_KEY,
    SecureSession,
)
from firmware_bridge.simulator.config import CheckKind
from firmware_bridge.simulator.reader_head import ReaderHead

OFFLINE_S = 8.0
"""After this silence a reader gives its session up and forgets what waited (OSDP 2.2)."""

_REFUSED = b"\xff"
_ACCEPTED = b"\x01"
_TOLD_TO_ANYBODY = (AskIdentity, AskCapabilities)


@dataclass(frozen=True, slots=True)
class ReaderFaults:
    """How a reader misbehaves. The default is a good reader.

    Attributes:
        dead: It hears and says nothing.
        slow_s: It answers this much later.
        busy: It answers this many more commands with BUSY.
        nak: It refuses everything but the handshake with this code.
        deaf_to: It does not answer this command code.
    """

    dead: bool = False
    slow_s: float = 0.0
    busy: int = 0
    nak: int | None = None
    deaf_to: int | None = None


class Peripheral:
    """One reader's link.

    Args:
        head: What it is.
        keep: Told when it is given a key or other settings, so that they outlast its power.
        entropy: Where its random bytes come from.
    """

    def __init__(
        self,
        head: ReaderHead,
        *,
        baud: int = 9600,
        keep: Callable[[Peripheral], None] = lambda _peripheral: None,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.head = head
        self.address = head.config.address
        self.baud = baud
        self.key = head.config.key
        self.faults = ReaderFaults()
        self.busy_left = 0
        self.card_fetched: Callable[[RawCard], None] = lambda _card: None
        self._keep = keep
        self._entropy = entropy
        self._random = b""
        self._pending: SecureSession | None = None
        self._session: SecureSession | None = None
        self._sequence: int | None = None
        self._last_reply = b""
        self._unconfirmed: Reply | None = None
        self._last_s: float | None = None

    @property
    def key(self) -> bytes | None:
        """Its own key; ``None`` fresh from its box."""
        return self._key

    @key.setter
    def key(self, key: bytes | None) -> None:
        self._key = key
        self.head.has_key = key is not None

    @property
    def secure(self) -> bool:
        """Whether a Secure Channel session is up."""
        return self._session is not None

    def set_faults(self, faults: ReaderFaults) -> None:
        """Misbehave from now on, or behave."""
        self.faults = faults
        self.busy_left = faults.busy

    def restart(self, now_s: float) -> None:
        """Lose power for a moment; the key stays."""
        self._forget_link()
        self._last_s = None
        self.head.lose_power(now_s)

    def receive(self, packet: Packet, now_s: float) -> bytes | None:
        """Answer a packet from the line, or not."""
        if packet.reply or self.faults.dead or packet.address not in {self.address, BROADCAST}:
            return None
        self._notice_silence(now_s)
        if packet.code == self.faults.deaf_to:
            return None
        if packet.crc and self.head.config.check is CheckKind.SUM_ONLY:
            return self._plain(packet, Nak(NakCode.CHECK))
        if self.busy_left:
            self.busy_left -= 1
            return self._plain(packet, Busy(), sequence=0)
        if packet.sequence == 0:
            self._forget_link()
        elif packet.sequence == self._sequence and self._last_reply:
            return self._last_reply
        elif self._sequence is None or packet.sequence != self._sequence % 3 + 1:
            return self._plain(packet, Nak(NakCode.SEQUENCE))
        self._confirm()
        self._sequence = packet.sequence
        self._last_reply = self._answer(packet, now_s)
        return self._last_reply

    def _notice_silence(self, now_s: float) -> None:
        if self._last_s is not None and now_s - self._last_s > OFFLINE_S:
            self._forget_link()
            self.head.forget()
        self._last_s = now_s

    def _forget_link(self) -> None:
        self._session = self._pending = None
        self._sequence = None
        self._last_reply = b""
        self._unconfirmed = None

    def _confirm(self) -> None:
        """A new sequence number says that the last reply has arrived."""
        if isinstance(self._unconfirmed, RawCard):
            self.card_fetched(self._unconfirmed)
        self._unconfirmed = None

    def _answer(self, packet: Packet, now_s: float) -> bytes:
        kind = packet.security[0] if packet.security else None
        if kind == CHALLENGE:
            return self._challenged(packet)
        if kind == SERVER_PROOF:
            return self._proved(packet)
        if kind in {COMMAND_MAC, COMMAND_SEALED}:
            opened = self._session.open(packet) if self._session else None
            if opened is None:
                self._session = None
                return self._plain(packet, Nak(NakCode.SECURITY_NOT_MET))
            return self._obey(opened, now_s)
        if kind is not None:
            return self._plain(packet, Nak(NakCode.SECURITY_NOT_MET))
        return self._answer_clear(packet, now_s)

    def _answer_clear(self, packet: Packet, now_s: float) -> bytes:
        """Clear text ends a session; with a key, only questions about identity are answered in it."""
        self._session = None
        guarded = self.key is not None and self.head.config.needs_secure
        if guarded and not isinstance(parse_command(packet.code, packet.data), _TOLD_TO_ANYBODY):
            return self._plain(packet, Nak(NakCode.SECURITY_NOT_MET))
        return self._obey(packet, now_s)

    def _challenged(self, packet: Packet) -> bytes:
        command = parse_command(packet.code, packet.data)
        wanted = packet.security[1] if len(packet.security) > 1 else USING_DEFAULT_KEY
        key = self.key if wanted == USING_OWN_KEY else SCBK_D if self.key is None else None
        if key is None or not isinstance(command, Challenge):
            return self._plain(packet, Nak(NakCode.SECURITY_NOT_MET))
        self._session = None
        self._random = self._entropy(8)
        self._pending = SecureSession(key, command.random, self._random)
        client = self.head.config.id.to_bytes(8, "big")
        reply = ClientCryptogram(client, self._random, self._pending.client_cryptogram)
        return self._plain(packet, reply, security=bytes((CLIENT_PROOF, wanted)))

    def _proved(self, packet: Packet) -> bytes:
        command = parse_command(packet.code, packet.data)
        pending, self._pending = self._pending, None
        if pending is None or not isinstance(command, ServerCryptogram):
            return self._plain(packet, Nak(NakCode.SECURITY_NOT_MET))
        if not pending.server_proved(command.cryptogram):
            reply = InitialMac(pending.initial_mac)
            return self._plain(packet, reply, security=bytes((SESSION_BEGINS,)) + _REFUSED)
        self._session = pending
        reply = InitialMac(pending.initial_mac)
        return self._plain(packet, reply, security=bytes((SESSION_BEGINS,)) + _ACCEPTED)

    def _obey(self, packet: Packet, now_s: float) -> bytes:
        command = parse_command(packet.code, packet.data)
        reply = self._execute(command, now_s)
        self._unconfirmed = reply
        answer = Packet(
            packet.address, packet.sequence, reply.CODE, reply.to_bytes(), reply=True, crc=self._crc(packet)
        )
        sealed = self._session.seal(answer) if self._session else answer
        if isinstance(command, SetKey) and isinstance(reply, Ack):
            self.key = command.key
            self._keep(self)
        if isinstance(command, SetCommunication) and isinstance(reply, Communication):
            self.address, self.baud = reply.address, reply.baud
            self._keep(self)
        return sealed.to_bytes()

    def _execute(self, command: Command | UnknownCommand | Malformed, now_s: float) -> Reply:
        if self.faults.nak is not None:
            return Nak(self.faults.nak)
        match command:
            case Malformed():
                return Nak(NakCode.LENGTH)
            case UnknownCommand():
                return Nak(NakCode.UNKNOWN_COMMAND)
            case SetKey():
                return Ack() if self._session else Nak(NakCode.SECURITY_NOT_MET)
            case SetCommunication(address, baud):
                return Communication(address, baud) if address < BROADCAST else Nak(NakCode.UNABLE)
            case Challenge() | ServerCryptogram():
                return Nak(NakCode.SECURITY_NOT_MET)
            case _:
                return self.head.execute(command, now_s)

    def _plain(self, packet: Packet, reply: Reply, *, security: bytes = b"", sequence: int | None = None) -> bytes:
        number = packet.sequence if sequence is None else sequence
        data = reply.to_bytes()
        return Packet(
            packet.address, number, reply.CODE, data, reply=True, security=security, crc=self._crc(packet)
        ).to_bytes()

    def _crc(self, asked: Packet) -> bool:
        return asked.crc and self.head.config.check is CheckKind.CRC
