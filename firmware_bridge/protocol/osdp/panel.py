"""One reader as the panel sees it: who it is, its session, and what it is to be told next. No clock, no line.

The bus asks :meth:`ReaderSession.transmit` for a frame when the reader's turn has come, and then reports exactly one of
:meth:`ReaderSession.heard` (as often as it takes until one is accepted) or :meth:`ReaderSession.silent`.
"""

from __future__ import annotations

from collections.abc import Callable

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import Event, LinkState, Moment
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskIdentity,
    Challenge,
    Command,
    Poll,
    ServerCryptogram,
    SetOutputs,
)
from firmware_bridge.protocol.osdp.errands import Errands
from firmware_bridge.protocol.osdp.exchange import Claim, Exchange, Phase
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.handshake import IN_CLEAR, Handshake, Refusal
from firmware_bridge.protocol.osdp.outputs import Outputs, Pending
from firmware_bridge.protocol.osdp.replies import Busy, Capabilities, Identity, Nak, NakCode, parse_reply
from firmware_bridge.protocol.osdp.secure import SecureSession
from firmware_bridge.protocol.osdp.setup import LinkTiming, Patience, ReaderSetup
from firmware_bridge.protocol.osdp.standing import Standing

NO_ANSWER = "The reader does not answer. Check its power, its cable and its address."
NO_KEY = "This bridge has no key for the reader. Commission it; until then no card is taken from it."
UNSTABLE = "The reader keeps dropping its protected session. Check its power and its cable."

_RETRY_AFTER_S = (0.0, 0.01, 0.02, 0.04, 0.08)
_NON_POLLS_IN_A_ROW = 6
_REKEYS_IN_A_ROW = 3
_TRIES_BEFORE_DOWN = 2


class ReaderSession:
    """The panel's state for one reader."""

    def __init__(
        self,
        setup: ReaderSetup,
        timing: LinkTiming,
        entropy: Callable[[int], bytes],
        tell: Callable[[Event], None],
    ) -> None:
        """``entropy(n)`` gives ``n`` random bytes; ``tell`` takes events."""
        self.setup = setup
        self.ready_s = 0.0
        self.last_turn_s = float("-inf")
        self.patience = Patience(timing.shortest_reply_s, setup.reply_s)
        self.outputs = Outputs(setup.id, tell)
        self.errands = Errands(setup, timing, self.outputs, tell)
        self._timing = timing
        self._entropy = entropy
        self._phase = Phase.IDENTITY
        self._standing = Standing(setup.id, tell)
        self._identity: Identity | None = None
        self._exchange: Exchange | None = None
        self._handshake: Handshake | None = None
        self._secure: SecureSession | None = None
        self._sequence = 0
        self._probes = 0
        self._back_off_s = timing.first_back_off_s
        self._non_polls = 0
        self._sent_s = 0.0
        self._rekeys = 0
        self._silent_since_s: float | None = None
        self._busy_since_s: float | None = None

    # -- what the bus wants to know

    @property
    def link(self) -> LinkState:
        """How the reader answers."""
        return self._standing.link

    @property
    def probing(self) -> bool:
        """Whether it is off-line and being looked for."""
        return self._phase is Phase.IDENTITY and self.link is LinkState.DOWN

    def claim(self, mono_s: float, *, questions: bool, errands: bool) -> Claim:
        """What its next turn would be for; the flags say whether the line has room for first questions and errands."""
        if self.setup.scbk is None or self.probing:
            return Claim.TURN
        urgency = self._output_urgency()
        if urgency is not None and urgency < Urgency.ROUTINE:
            return Claim.EMERGENCY if urgency is Urgency.EMERGENCY else Claim.ANSWER
        if self._exchange is not None:
            return Claim.TURN
        if self._phase is not Phase.READY:
            return Claim.CONNECTING
        if self._non_polls >= _NON_POLLS_IN_A_ROW:
            return Claim.TURN
        wanted = (
            urgency is not None
            or (questions and self.errands.getting_to_know)
            or (errands and self.errands.waiting(mono_s))
        )
        return Claim.ERRAND if wanted else Claim.TURN

    def _output_urgency(self) -> Urgency | None:
        waiting = self.outputs.urgency()
        if self._exchange is None or self._exchange.pending is None:
            return waiting
        flying = self._exchange.pending.command.urgency
        return flying if waiting is None else min(flying, waiting)

    def wake_s(self) -> float:
        """When it wants the line, or has something to give up."""
        next_s = self.outputs.next_s()
        return self.ready_s if next_s is None else min(self.ready_s, next_s)

    def owes_output(self) -> bool:
        """Whether it answers and still has an output command to take."""
        flying = self._exchange is not None and self._exchange.pending is not None
        return self.link is LinkState.SECURE and (flying or self.outputs.urgency() is not None)

    def reply_s(self) -> float:
        """How long to wait for the beginning of the answer to what was just sent."""
        if not self.probing or self._probes % self._timing.patient_probe_every == 1:
            return self.patience.reply_s
        return min(self.patience.reply_s, max(self._timing.probe_reply_s, 2 * self.patience.usual_s))

    # -- the reader's turn

    def transmit(self, claim: Claim, moment: Moment) -> bytes:
        """The bytes to send now: the same ones again after a silence, or the next question for this claim."""
        exchange = self._exchange
        if exchange is not None and exchange.pending is not None and exchange.pending.too_late(moment.mono_s):
            self.outputs.dropped(exchange.pending, moment)
            exchange.pending = None
            self._restart_session(moment)
        if self._exchange is None:
            self._exchange = self._next_question(claim, moment)
        self._exchange.tries += 1
        self._sent_s = moment.mono_s
        if isinstance(self._exchange.message, Poll) or not self._exchange.sealed:
            self.last_turn_s = moment.mono_s
        if self.probing:
            self._probes += 1
        return self._exchange.frame

    def _next_question(self, claim: Claim, moment: Moment) -> Exchange:
        scbk = self.setup.scbk
        if self._phase is Phase.IDENTITY:
            self._sequence = 0
            return self._clear(AskIdentity())
        if self._phase is Phase.CAPABILITIES:
            return self._clear(AskCapabilities())
        if self._phase is Phase.CHALLENGE and scbk is not None:
            self._handshake = Handshake(scbk, self._entropy(8))
            return self._clear(Challenge(self._handshake.random_a), self._handshake.challenge_block())
        if self._phase is Phase.PROOF and self._secure is not None and self._handshake is not None:
            return self._clear(ServerCryptogram(self._secure.server_cryptogram), self._handshake.proof_block())
        if self._secure is None:
            return self._clear(Poll())
        return self._sealed_question(self._secure, claim, moment)

    def _sealed_question(self, secure: SecureSession, claim: Claim, moment: Moment) -> Exchange:
        pending = None
        message: Command = Poll()
        if claim is Claim.TURN:
            pass
        elif not self.errands.knows_capabilities:
            message = AskCapabilities()
        else:
            pending = self.outputs.take(moment.mono_s)
            if pending is not None:
                message = SetOutputs((pending.order(moment.mono_s, timed=self.errands.timed_outputs),))
            else:
                message = self.errands.next(moment.mono_s) or message
        self._non_polls = 0 if isinstance(message, Poll) else self._non_polls + 1
        return self._sealed(secure, message, pending)

    def _sealed(self, secure: SecureSession, message: Command, pending: Pending | None) -> Exchange:
        packet = secure.seal(Packet(self.setup.address, self._sequence, message.CODE, message.to_bytes()))
        return Exchange(packet.to_bytes(), message, self._sequence, sealed=True, pending=pending)

    def _clear(self, message: Command, security: bytes = b"") -> Exchange:
        packet = Packet(self.setup.address, self._sequence, message.CODE, message.to_bytes(), security=security)
        return Exchange(packet.to_bytes(), message, self._sequence, sealed=False)

    # -- the reader's answer

    def heard(self, packet: Packet, moment: Moment) -> bool:
        """Judge a reply from this address; whether it ends the exchange. One that does not is as good as silence."""
        exchange = self._exchange
        if exchange is None:
            return False
        reply_to_this = packet.sequence == exchange.sequence
        if packet.code == Busy.CODE and not packet.security and (reply_to_this or packet.sequence == 0):
            return self._heard_busy(moment)
        if not reply_to_this and not _plain_nak(packet):
            return False
        if exchange.sealed and self._secure is not None:
            return self._heard_sealed(self._secure, exchange, packet, moment)
        self._alive()
        self._heard_clear(exchange, packet, moment)
        return True

    def _heard_busy(self, moment: Moment) -> bool:
        """Anybody on the line can say BUSY in the clear, so it counts as an answer only for a while."""
        since_s = self._busy_since_s = moment.mono_s if self._busy_since_s is None else self._busy_since_s
        if moment.mono_s - since_s >= self._timing.busy_most_s:
            return False
        self._alive()
        self.ready_s = moment.mono_s + self._timing.busy_s
        return True

    def _heard_sealed(self, secure: SecureSession, exchange: Exchange, packet: Packet, moment: Moment) -> bool:
        if _plain_nak(packet):
            self._alive()
            self._restart_session(moment)
            return True
        if not packet.security:
            self._standing.alarm(IN_CLEAR, moment)
            return False
        opened = secure.open(packet)
        if opened is None:
            exchange.damaged += 1
            return False
        self._alive()
        self._rekeys = 0
        self._accepted(moment)
        reply = parse_reply(opened.code, opened.data)
        if isinstance(reply, Busy):
            self.ready_s = moment.mono_s + self._timing.busy_s
            self._exchange = self._sealed(secure, exchange.message, exchange.pending)
        elif isinstance(reply, Nak) and reply.error in (NakCode.SEQUENCE, NakCode.SECURITY_NOT_MET):
            self._give_back(exchange, moment)
            self._restart_session(moment)
        elif exchange.pending is not None:
            self.errands.output_answered(exchange.pending, reply, moment)
        else:
            self.errands.answered(exchange.message, reply, moment)
        return True

    def _heard_clear(self, exchange: Exchange, packet: Packet, moment: Moment) -> None:
        if self._phase is Phase.CHALLENGE and self._handshake is not None:
            self._judge_client(self._handshake, packet, moment)
        elif self._phase is Phase.PROOF and self._handshake is not None and self._secure is not None:
            self._judge_session(self._handshake, self._secure, packet, moment)
        else:
            self._heard_open(exchange, packet, moment)

    def _heard_open(self, exchange: Exchange, packet: Packet, moment: Moment) -> None:
        """An answer outside any session: only who it is and what it can do are believed."""
        reply = parse_reply(packet.code, packet.data)
        self._accepted(moment)
        if isinstance(exchange.message, AskIdentity):
            self._identified(reply if isinstance(reply, Identity) else None)
        elif isinstance(exchange.message, AskCapabilities):
            self.errands.learn(reply if isinstance(reply, Capabilities) else Capabilities(()))
            self._phase = Phase.READY
            self._standing.announce(LinkState.CLEAR, NO_KEY, moment)
        else:
            # Many readers answer nothing but questions about themselves before they have a key. They are there.
            self.ready_s = moment.mono_s + self._timing.keyless_s
            if isinstance(reply, Nak) and reply.error == NakCode.SEQUENCE:
                self._forget_session(Phase.IDENTITY, moment)

    def _identified(self, identity: Identity | None) -> None:
        if identity != self._identity or identity is None:
            self.errands.forget_capabilities()
        self._identity = identity
        self._phase = Phase.CAPABILITIES if self.setup.scbk is None else Phase.CHALLENGE

    def _judge_client(self, handshake: Handshake, packet: Packet, moment: Moment) -> None:
        outcome = handshake.judge_client(packet)
        if isinstance(outcome, SecureSession):
            self._accepted(moment)
            self._secure = outcome
            self._phase = Phase.PROOF
        else:
            self._handshake_failed(outcome, moment)

    def _judge_session(self, handshake: Handshake, secure: SecureSession, packet: Packet, moment: Moment) -> None:
        refusal = handshake.judge_session(packet, secure)
        if refusal is not None or packet.code == Nak.CODE:
            self._handshake_failed(refusal, moment)
            return
        self._accepted(moment)
        self._phase = Phase.READY
        self._non_polls = 0
        self.outputs.new_session(moment.mono_s)
        self.errands.new_session(moment.mono_s)
        self._standing.announce(LinkState.SECURE, "", moment)

    def _handshake_failed(self, refusal: Refusal | None, moment: Moment) -> None:
        if refusal is None:
            self._restart_session(moment)
            return
        self._standing.alarm(refusal, moment)
        self._go_down(refusal.why, moment, pause_s=self._timing.refused_s)

    # -- silence

    def silent(self, moment: Moment) -> None:
        """No acceptable answer came in time."""
        exchange = self._exchange
        if exchange is None:
            return
        if self._silent_since_s is None:
            self._silent_since_s = self._sent_s
        if self.probing:
            self._exchange = None
            self.ready_s = moment.mono_s + self._back_off_s
            self._back_off_s = min(2 * self._back_off_s, self._timing.last_back_off_s)
        else:
            self.patience.missed()
            self.ready_s = moment.mono_s + _RETRY_AFTER_S[min(exchange.tries, len(_RETRY_AFTER_S)) - 1]
            if exchange.damaged >= _REKEYS_IN_A_ROW:
                self._restart_session(moment)
        self.pass_time(moment)

    def pass_time(self, moment: Moment) -> None:
        """Notice that it is gone, and drop what nobody wants any more."""
        self.outputs.pass_time(moment)
        since_s = self._silent_since_s
        if since_s is None or moment.mono_s - since_s < self._timing.off_line_s:
            return
        if self._exchange is not None and not self.probing:
            if self._exchange.tries < _TRIES_BEFORE_DOWN:
                return
            self.errands.unanswered(self._exchange.message)
            self._go_down(NO_ANSWER, moment, pause_s=self._back_off_s)
        elif self.probing:
            self._standing.announce(LinkState.DOWN, NO_ANSWER, moment)

    def stirred(self, moment: Moment) -> None:
        """Something on the line hints that this silent reader may be back: look for it at once."""
        if self.probing and self._exchange is None:
            self._back_off_s = self._timing.first_back_off_s
            self.ready_s = min(self.ready_s, moment.mono_s)

    def late(self, moment: Moment) -> None:
        """It answered after its time was up: it is slow, so it gets its whole time from now on."""
        self.patience.missed()
        self._probes = 0
        self.stirred(moment)

    def line_lost(self, why: str, moment: Moment) -> None:
        """There is no line to talk over any more."""
        self._silent_since_s = None
        self._back_off_s = self._timing.first_back_off_s
        self._go_down(why, moment, pause_s=0.0)

    # -- changes of state

    def _alive(self) -> None:
        self._silent_since_s = None
        self._probes = 0
        self._back_off_s = self._timing.first_back_off_s

    def _accepted(self, moment: Moment) -> None:
        self._exchange = None
        self._busy_since_s = None
        self.ready_s = moment.mono_s
        self._sequence = self._sequence % 3 + 1

    def _restart_session(self, moment: Moment) -> None:
        """Make new session keys at once, without a word to anybody; what was on its way goes again."""
        self._rekeys += 1
        if self._rekeys > _REKEYS_IN_A_ROW:
            self._rekeys = 0
            self._go_down(UNSTABLE, moment, pause_s=self._timing.refused_s)
            return
        self._forget_session(Phase.CHALLENGE, moment)

    def _forget_session(self, phase: Phase, moment: Moment) -> None:
        if self._exchange is not None:
            self._give_back(self._exchange, moment)
        self._exchange = None
        self._secure = None
        self._handshake = None
        self._sequence = 0
        self._phase = phase
        self.ready_s = moment.mono_s

    def _give_back(self, exchange: Exchange, moment: Moment) -> None:
        if exchange.pending is not None:
            self.outputs.give_back(exchange.pending, moment)
            exchange.pending = None

    def _go_down(self, why: str, moment: Moment, *, pause_s: float) -> None:
        self._forget_session(Phase.IDENTITY, moment)
        self.ready_s = moment.mono_s + pause_s
        self._standing.announce(LinkState.DOWN, why, moment)


def _plain_nak(packet: Packet) -> bool:
    return packet.code == Nak.CODE and not packet.security
