"""Who a peripheral is and what it can do, as far as it says so outside any session. Nothing else is believed there."""

from __future__ import annotations

from enum import Enum
from typing import Final

from firmware_bridge.protocol.osdp.checks import Checks
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity, Command
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.errands import Errands
from firmware_bridge.protocol.osdp.replies import Capabilities, Identity, Nak, NakCode

_UNREAD_AT_MOST: Final = 12
"""So many questions in a row that it calls damaged: nothing arrives whole at it."""


class Said(Enum):
    """What an answer in the clear comes to."""

    WHO = "who"
    WHAT_IT_CAN = "what_it_can"
    PRESENT = "present"
    OUT_OF_TURN = "out_of_turn"
    UNREAD = "unread"
    NEVER_READ = "never_read"


class Acquaintance:
    """What one peripheral has said about itself."""

    def __init__(self, envelope: Envelope, errands: Errands) -> None:
        """``envelope`` and ``errands`` go by what it can do."""
        self._envelope = envelope
        self._errands = errands
        self._identity: Identity | None = None
        self._unread_so_often = 0

    def take(self, question: Command, reply: object) -> Said:
        """Take the answer to a question in the clear."""
        if isinstance(reply, Nak) and reply.error == NakCode.CHECK:
            return self._unread()
        self._unread_so_often = 0
        if isinstance(question, AskIdentity):
            self._identified(reply if isinstance(reply, Identity) else None)
            return Said.WHO
        if isinstance(question, AskCapabilities):
            can = reply if isinstance(reply, Capabilities) else Capabilities(())
            self._errands.learn(can)
            self._envelope.checks.told(can)
            return Said.WHAT_IT_CAN
        out_of_turn = isinstance(reply, Nak) and reply.error == NakCode.SEQUENCE
        return Said.OUT_OF_TURN if out_of_turn else Said.PRESENT

    def _unread(self) -> Said:
        self._unread_so_often += 1
        if self._unread_so_often < _UNREAD_AT_MOST:
            return Said.UNREAD
        self._unread_so_often = 0
        return Said.NEVER_READ

    def _identified(self, identity: Identity | None) -> None:
        if identity != self._identity or identity is None:
            self._errands.forget_capabilities()
        if self._identity is not None and identity is not None and identity != self._identity:
            self._envelope.checks = Checks()
        self._identity = identity
