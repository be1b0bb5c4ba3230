"""One reader or board as the panel sees it: its session, and what it is to be told next. No clock, no line.

The bus asks :meth:`ReaderSession.transmit` for a frame when the reader's turn has come, and then reports exactly one of
:meth:`ReaderSession.heard` (as often as it takes until one is accepted) or :meth:`ReaderSession.silent`.
"""

from __future__ import annotations

from collections.abc import Callable

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import Event, LinkState, Moment
from firmware_bridge.protocol.osdp.acquaintance import Acquaintance, Said
from firmware_bridge.protocol.osdp.blind import Blind
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity, Poll
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.errands import Errands
from firmware_bridge.protocol.osdp.exchange import Claim, Exchange, Heard, Phase
from firmware_bridge.protocol.osdp.frames import SHORTEST, Packet
from firmware_bridge.protocol.osdp.greeting import Greeting, Step
from firmware_bridge.protocol.osdp.handshake import FORGED, IN_CLEAR, Refusal
from firmware_bridge.protocol.osdp.keyring import Keyring
from firmware_bridge.protocol.osdp.outputs import Outputs
from firmware_bridge.protocol.osdp.refusals import Refusals, Remedy, plain_nak
from firmware_bridge.protocol.osdp.replies import Busy, Capabilities, Nak, NakCode, parse_reply
from firmware_bridge.protocol.osdp.reports import Reports
from firmware_bridge.protocol.osdp.secure import SecureSession
from firmware_bridge.protocol.osdp.sentences import NO_ANSWER, NO_KEY, STUCK, UNREAD, UNSTABLE
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup
from firmware_bridge.protocol.osdp.silence import Silence
from firmware_bridge.protocol.osdp.standing import Standing

_NON_POLLS_IN_A_ROW, _REKEYS_IN_A_ROW = 6, 3
_TRIES_BEFORE_DOWN = 2
_HANDSHAKE = (Phase.CHALLENGE, Phase.PROOF)


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
        self.silence = Silence(timing, setup.reply_s)
        self.reports = Reports(setup.kind, setup.id, tell, setup)
        self.outputs = Outputs(setup.id, tell, setup.kind)
        self.errands = Errands(setup, timing, self.outputs, self.reports)
        self._timing = timing
        self._phase = Phase.IDENTITY
        self._standing = Standing(self.reports)
        self._envelope = Envelope(setup.address)
        self._greeting = Greeting(Keyring(setup.scbk, setup.spare), entropy)
        self._acquaintance = Acquaintance(self._envelope, self.errands)
        self._refusals = Refusals()
        self._non_polls = self._rekeys = 0
        self._exchange: Exchange | None = None

    # -- what the bus wants to know

    @property
    def link(self) -> LinkState:
        """How the reader answers."""
        return self._standing.link

    @property
    def probing(self) -> bool:
        """Whether it is off-line and being looked for."""
        return self._phase is Phase.IDENTITY and self.link is LinkState.DOWN

    @property
    def tries(self) -> int:
        """How often its open question was asked; 0 for none."""
        return 0 if self._exchange is None else self._exchange.tries

    def claim(self, mono_s: float, *, questions: bool, errands: bool) -> Claim:
        """What its next turn would be for; the flags say whether the line has room for first questions and errands."""
        if not self._greeting.has_key or self.probing:
            return Claim.TURN
        urgency = self._output_urgency()
        if urgency is not None and urgency < Urgency.ROUTINE:
            return Claim.EMERGENCY if urgency is Urgency.EMERGENCY else Claim.ANSWER
        if self._exchange is not None:
            return Claim.TURN
        if self._phase is not Phase.READY or self._rekeys:
            return Claim.CONNECTING
        if self._non_polls >= _NON_POLLS_IN_A_ROW:
            return Claim.TURN
        if questions and self.errands.display.answers():
            return Claim.LIGHT
        wanted = (questions and self.errands.getting_to_know) or (errands and self.errands.waiting(mono_s))
        return Claim.ERRAND if urgency is not None or wanted else Claim.TURN

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
        """How long to wait for the beginning of the answer to what was just sent; the handshake takes some longer."""
        if self._phase in _HANDSHAKE:
            return self.setup.reply_s
        return self.silence.reply_s(probing=self.probing)

    def least_answer(self) -> int:
        """How many bytes the answer to what was just sent has at least, unless it is a refusal in the clear."""
        return self._exchange.least_answer if self._exchange is not None else SHORTEST

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
        self.silence.asked(moment.mono_s, probing=self.probing)
        if isinstance(self._exchange.message, Poll) or not self._exchange.sealed:
            self.last_turn_s = moment.mono_s
        return self._exchange.frame

    def _next_question(self, claim: Claim, moment: Moment) -> Exchange:
        pack = self._envelope
        if self._phase is Phase.IDENTITY:
            pack.restart()
            return pack.clear(AskIdentity())
        if self._phase is Phase.CAPABILITIES:
            return pack.clear(AskCapabilities())
        greeting = self._greeting.question(self._phase, pack)
        if greeting is not None:
            return greeting
        return pack.clear(Poll()) if pack.session is None else self._sealed_question(pack.session, claim, moment)

    def _sealed_question(self, secure: SecureSession, claim: Claim, moment: Moment) -> Exchange:
        # A session that was made anew carries a poll first: whatever is refused then, the session was good.
        message, pending = (Poll(), None) if self._rekeys else self.errands.question(claim, moment)
        self._non_polls = 0 if isinstance(message, Poll) else self._non_polls + 1
        return self._envelope.sealed(secure, message, pending)

    # -- the reader's answer

    def heard(self, packet: Packet, moment: Moment) -> Heard:
        """Judge a reply from this address. An answer ends the exchange; after BUSY in the clear one may still come."""
        exchange = self._exchange
        if exchange is None:
            return Heard.NOTHING
        reply_to_this = packet.sequence == exchange.sequence
        if packet.code == Busy.CODE and not packet.security and (reply_to_this or packet.sequence == 0):
            return Heard.BUSY if self.silence.busyness.in_clear(moment.mono_s) else Heard.NOTHING
        if not reply_to_this and not plain_nak(packet):
            return Heard.NOTHING
        secure = self._envelope.session
        if exchange.sealed and secure is not None:
            return Heard.ANSWER if self._heard_sealed(secure, exchange, packet, moment) else Heard.NOTHING
        self._envelope.checks.heard(packet)
        self.silence.broken()
        self.silence.busyness.over(moment.mono_s)
        if self._phase in _HANDSHAKE:
            self._greeted(self._greeting.judge(self._phase, packet, self._envelope), moment)
        else:
            self._heard_open(exchange, packet, moment)
        return Heard.ANSWER

    def _heard_sealed(self, secure: SecureSession, exchange: Exchange, packet: Packet, moment: Moment) -> bool:
        if plain_nak(packet):
            self._refused_in_clear(exchange, packet, moment)
            return True
        if not packet.security:
            return self._disbelieved(IN_CLEAR, exchange, moment)
        opened = secure.open(packet)
        if opened is None:
            return self._disbelieved(FORGED, exchange, moment)
        self._envelope.checks.proved(packet)
        self.silence.broken()
        self._accepted(moment)
        reply = parse_reply(opened.code, opened.data)
        if isinstance(reply, Busy):
            self._exchange = self._envelope.sealed(secure, exchange.message, exchange.pending)
            self.ready_s = moment.mono_s + self._timing.busy_s
            if self.silence.busyness.too_long_protected(moment.mono_s):
                self._unsettled(STUCK, moment)
            return True
        self.silence.busyness.over(moment.mono_s)
        if self._rekeys and isinstance(exchange.message, Poll):
            self._rekeys = 0
            self._standing.announce(LinkState.SECURE, "", moment)
        if isinstance(reply, Nak) and self._tries_again(secure, exchange, reply, moment):
            pass
        elif exchange.pending is not None:
            self.errands.output_answered(exchange.pending, reply, moment)
        else:
            self.errands.answered(exchange.message, reply, moment)
        if self._refusals.sessions and not isinstance(reply, Nak):
            self._refusals.sessions.pop(exchange.message.CODE, None)
        if isinstance(reply, Capabilities):
            self._envelope.checks.told(reply)
        return True

    def _refused_in_clear(self, exchange: Exchange, packet: Packet, moment: Moment) -> None:
        """Our bytes were damaged, which the same bytes put right; it has lost the session; or one thing is refused."""
        nak = Nak(packet.data[0] if packet.data else NakCode.SECURITY_NOT_MET)
        what = self._refusals.judge(nak.error, exchange, sealed=False)
        if what is Remedy.SAY_AGAIN:
            exchange.again += 1
            self.ready_s = moment.mono_s
            return
        self.silence.broken()
        if what is Remedy.NEW_SESSION:
            self._restart_session(moment)
            return
        self._accepted(moment)
        self.errands.refused_in_clear(exchange.message, exchange.pending, nak, moment)

    def _disbelieved(self, why: Refusal, exchange: Exchange, moment: Moment) -> bool:
        """Anybody could have said it, so the true answer is waited for."""
        exchange.damaged += 1
        self._standing.alarm(why, moment)
        return False

    def _tries_again(self, secure: SecureSession, exchange: Exchange, nak: Nak, moment: Moment) -> bool:
        """Whether it is put right by saying it again or by a new session; each only so often for one question."""
        what = self._refusals.judge(nak.error, exchange, sealed=True)
        if what is Remedy.SAY_AGAIN:
            self._exchange = self._envelope.sealed(secure, exchange.message, exchange.pending)
            self._exchange.again = exchange.again + 1
            return True
        if what is Remedy.NEW_SESSION:
            self._give_back(exchange, moment)
            self._restart_session(moment)
            return True
        return False

    def _heard_open(self, exchange: Exchange, packet: Packet, moment: Moment) -> None:
        """An answer outside any session: only who it is and what it can do are believed."""
        self._accepted(moment)
        said = self._acquaintance.take(exchange.message, parse_reply(packet.code, packet.data))
        if said is Said.WHO:
            self._phase = Phase.CHALLENGE if self._greeting.has_key else Phase.CAPABILITIES
        elif said is Said.WHAT_IT_CAN:
            self._phase = Phase.READY
            self._standing.announce(LinkState.CLEAR, NO_KEY, moment)
        elif said is Said.UNREAD:  # the same again, perhaps with the other check
            self._envelope.restart()
            self.ready_s = moment.mono_s + self._timing.busy_s
        elif said is Said.NEVER_READ:
            self._go_down(UNREAD, moment, pause_s=self._timing.refused_s)
        else:
            # Many readers answer nothing but questions about themselves before they have a key. They are there.
            self.ready_s = moment.mono_s + self._timing.keyless_s
            if said is Said.OUT_OF_TURN:
                self._forget_session(Phase.IDENTITY, moment)

    def _greeted(self, step: Step | Refusal, moment: Moment) -> None:
        if isinstance(step, Refusal):
            self._standing.alarm(step, moment)
            self._go_down(step.why, moment, pause_s=self._timing.refused_s)
        elif step is Step.AGAIN:
            self._restart_session(moment)
        elif step is Step.OTHER_KEY:
            self._forget_session(Phase.CHALLENGE, moment)
        elif step is Step.PROOF:
            self._accepted(moment)
            self._phase = Phase.PROOF
        else:
            self._accepted(moment)
            self._phase = Phase.READY
            self._non_polls = 0
            self.outputs.new_session(moment.mono_s)
            self.errands.new_session(moment.mono_s)
            if self._rekeys <= _REKEYS_IN_A_ROW:  # else its first poll has to prove it
                self._standing.announce(LinkState.SECURE, "", moment)

    # -- no answer

    def busy(self, moment: Moment) -> None:
        """Nothing came in time but BUSY in the clear: it is there, and asked again a little later."""
        self.silence.broken()
        self.ready_s = moment.mono_s + self._timing.busy_s

    def silent(self, moment: Moment) -> None:
        """No acceptable answer came in time."""
        exchange = self._exchange
        if exchange is None:
            return
        self.silence.begins()
        if self.probing:
            self._exchange = None
            self._envelope.checks.unanswered()
            self.ready_s = moment.mono_s + self.silence.next_probe_after_s()
        else:
            self.silence.patience.missed()
            self.ready_s = moment.mono_s + self.silence.retry_after_s(exchange.tries)
            if exchange.damaged >= _REKEYS_IN_A_ROW:
                self._restart_session(moment)
        self.pass_time(moment)

    def pass_time(self, moment: Moment) -> None:
        """Notice that it is gone, and drop what nobody wants any more."""
        self.outputs.pass_time(moment)
        if not self.silence.too_long(moment.mono_s):
            return
        if self._exchange is not None and not self.probing:
            if self._exchange.tries < _TRIES_BEFORE_DOWN:
                return
            self.errands.unanswered(self._exchange.message)
            if self._exchange.damaged:
                self._unsettled(UNSTABLE, moment)
                return
            self._go_down(NO_ANSWER, moment, pause_s=self.silence.back_off_s)
        elif self.probing:
            self._standing.announce(LinkState.DOWN, NO_ANSWER, moment)

    def stirred(self, moment: Moment) -> None:
        """Something on the line hints that this silent reader may be back: look for it at once."""
        if self.probing and self._exchange is None:
            self.silence.stirred()
            self.ready_s = min(self.ready_s, moment.mono_s)

    def late(self, moment: Moment) -> None:
        """It answered after its time was up: it is slow, so it gets its whole time from now on."""
        self.silence.slow()
        self.stirred(moment)

    def line_lost(self, why: str, moment: Moment) -> None:
        """There is no line to talk over any more."""
        self.silence.broken()
        self._go_down(why, moment, pause_s=0.0)

    def drowned(self, why: str, moment: Moment) -> Blind | None:
        """It is not heard any more; the way to tell it something all the same, if it had a session."""
        session = self._envelope.session if self._phase is Phase.READY else None
        blind = None if session is None else Blind(self._envelope, session, self._exchange)
        self.line_lost(why, moment)
        self._phase = Phase.IDENTITY if blind is None else Phase.CHALLENGE  # who it is was said already
        return blind

    # -- changes of state

    def _accepted(self, moment: Moment) -> None:
        self._exchange = None
        self.ready_s = moment.mono_s
        self._envelope.answered()

    def _restart_session(self, moment: Moment) -> None:
        """Make new session keys at once, without a word to anybody; what was on its way goes again."""
        self._rekeys += 1
        if self._rekeys > _REKEYS_IN_A_ROW:
            self._unsettled(UNSTABLE, moment)
            return
        self._forget_session(Phase.CHALLENGE, moment)

    def _unsettled(self, why: str, moment: Moment) -> None:
        """Its sessions come to nothing: it is up again only once a poll was answered inside one."""
        self._rekeys = _REKEYS_IN_A_ROW + 1
        self._go_down(why, moment, pause_s=self.silence.next_pause_s(moment.mono_s))

    def _forget_session(self, phase: Phase, moment: Moment) -> None:
        if self._exchange is not None:
            self._give_back(self._exchange, moment)
        self._exchange = None
        self._envelope.restart()
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
