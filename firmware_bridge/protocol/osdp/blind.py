"""What is still told to a peripheral that cannot be heard, because something else never stops sending. Pure.

The panel does not know whether its last question arrived. Both may be so, and each has its own next sequence number and
chain of MACs; the answer that was drowned is taken to be a plain ACK, which is what nearly every poll and every output
command is answered with. So each command goes out twice, once for either case. The one for a question that had
arrived goes first: its number then keeps the other one from counting, and a peripheral passes over a wrong number
without giving its session up. Saying the same again is harmless, as it is the same bytes.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.protocol.osdp.commands import Command, Poll
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.exchange import Exchange
from firmware_bridge.protocol.osdp.outputs import Pending
from firmware_bridge.protocol.osdp.secure import SecureSession

AGAIN_S: Final = 1.0
"""How often it is said again: a copy may meet a gap, and who hears nothing for 8 s gives its session up."""
_AT_ONCE: Final = float("-inf")


class Blind:
    """One peripheral with a session, seen by a panel that is deaf."""

    def __init__(self, envelope: Envelope, session: SecureSession, unanswered: Exchange | None) -> None:
        """``unanswered`` is what it was asked last, if that has no answer; ``envelope`` is used up."""
        unheard = envelope.fork()
        exchange = unanswered or envelope.sealed(session, Poll())
        heard = envelope.fork()
        heard.suppose_acknowledged()
        self._cases = (heard, unheard)
        self._saying: tuple[Pending, ...] | None = None
        # Keeps its session alive until there is something to tell it; a command that may come too late must not.
        self._frames = [] if exchange.pending else [exchange.frame]
        self._left: list[bytes] = []
        self._due_s = _AT_ONCE

    def tell(self, message: Command | None, pending: tuple[Pending, ...]) -> None:
        """What it is to be told from now on: these commands, or nothing but that the panel is there."""
        if pending == self._saying or (self._saying is None and self._frames and not pending):
            return
        if self._saying is not None:
            for case in self._cases:
                case.suppose_acknowledged()
        self._saying = pending
        self._frames = [case.seal(message or Poll()) for case in self._cases]
        self._left, self._due_s = [], _AT_ONCE

    @property
    def urgency(self) -> int:
        """How urgent what it is told is; lower is sooner."""
        return min((pending.command.urgency for pending in self._saying or ()), default=len(Urgency))

    @property
    def owes(self) -> bool:
        """Whether there is a command of which not everything was sent yet."""
        return bool(self._saying) and self._due_s == _AT_ONCE

    def due_s(self) -> float:
        """When it wants the line."""
        return _AT_ONCE if self._left else self._due_s

    def frame(self, mono_s: float) -> tuple[bytes, tuple[Pending, ...]]:
        """The next bytes to send, and the commands that have now been sent as well as can be."""
        self._left = self._left or list(self._frames)
        frame = self._left.pop(0)
        if self._left:
            return frame, ()
        told = self._saying or () if self._due_s == _AT_ONCE else ()
        self._due_s = mono_s + AGAIN_S
        return frame, told
