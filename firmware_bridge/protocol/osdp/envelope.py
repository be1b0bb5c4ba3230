"""How the next question to one peripheral is packed: its address, the sequence number, the session and the check."""

from __future__ import annotations

from copy import copy

from firmware_bridge.protocol.osdp.checks import Checks
from firmware_bridge.protocol.osdp.commands import Command
from firmware_bridge.protocol.osdp.exchange import Exchange
from firmware_bridge.protocol.osdp.frames import SHORTEST, SHORTEST_SEALED, Packet
from firmware_bridge.protocol.osdp.outputs import Pending
from firmware_bridge.protocol.osdp.replies import Ack
from firmware_bridge.protocol.osdp.secure import SecureSession


class Envelope:
    """What all packets to one peripheral have in common."""

    def __init__(self, address: int) -> None:
        """Nothing was said yet: sequence 0, no session."""
        self.checks = Checks()
        self.session: SecureSession | None = None
        self.sequence = 0
        self._address = address

    def clear(self, message: Command, security: bytes = b"") -> Exchange:
        """A question outside any session."""
        return self._exchange(self._packet(message, security), message)

    def sealed(self, session: SecureSession, message: Command, pending: Pending | None = None) -> Exchange:
        """A question inside the session."""
        return self._exchange(session.seal(self._packet(message)), message, sealed=True, pending=pending)

    def answered(self) -> None:
        """The last question has its answer: the next one has the next number."""
        self.sequence = self.sequence % 3 + 1

    def restart(self) -> None:
        """The next question begins anew, without a session."""
        self.session = None
        self.sequence = 0

    def fork(self) -> Envelope:
        """The same as it is now, to go on with apart from this one."""
        twin = Envelope(self._address)
        twin.checks, twin.sequence, twin.session = self.checks, self.sequence, copy(self.session)
        return twin

    def seal(self, message: Command) -> bytes:
        """A question inside the session, for a peripheral that is not heard."""
        assert self.session is not None
        return self.sealed(self.session, message).frame

    def suppose_acknowledged(self) -> None:
        """The last question has an answer that was not heard: go on as if it had been a plain ACK."""
        assert self.session is not None
        ack = Packet(self._address, self.sequence, Ack.CODE, reply=True, crc=self.checks.crc)
        self.session.seal(ack)  # whoever knows both keys knows the MAC that it must have had
        self.answered()

    def _packet(self, message: Command, security: bytes = b"") -> Packet:
        return Packet(
            self._address,
            self.sequence,
            message.CODE,
            message.to_bytes(),
            security=security,
            crc=self.checks.crc,
        )

    def _exchange(
        self, packet: Packet, message: Command, *, sealed: bool = False, pending: Pending | None = None
    ) -> Exchange:
        least = (SHORTEST_SEALED if sealed else SHORTEST) + packet.crc
        return Exchange(packet.to_bytes(), message, self.sequence, sealed, least, pending)
