"""How far a reader has come, and the one question to it that has no accepted answer yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from firmware_bridge.protocol.osdp.commands import Command
from firmware_bridge.protocol.osdp.outputs import Pending


class Phase(Enum):
    """How far a reader has come."""

    IDENTITY = "identity"
    CAPABILITIES = "capabilities"
    CHALLENGE = "challenge"
    PROOF = "proof"
    READY = "ready"


class Heard(Enum):
    """What a packet is to the question that is out: its answer, BUSY in the clear, or as good as silence."""

    ANSWER = "answer"
    BUSY = "busy"
    NOTHING = "nothing"


class Claim(IntEnum):
    """What a reader's next turn would be for. Lower is sooner; an ordinary turn goes to whoever has waited longest."""

    EMERGENCY = 0
    ANSWER = 1
    CONNECTING = 2
    LIGHT = 3
    ERRAND = 4
    TURN = 5


@dataclass(slots=True)
class Exchange:
    """A question that has no accepted answer yet; a retry sends the same bytes.

    Attributes:
        least_answer: How many bytes an answer of its kind has at least.
        damaged: Answers whose MAC was wrong.
        again: How often it was said again because the peripheral said that it had not arrived whole.
    """

    frame: bytes
    message: Command
    sequence: int
    sealed: bool
    least_answer: int
    pending: Pending | None = None
    tries: int = 0
    damaged: int = 0
    again: int = 0
