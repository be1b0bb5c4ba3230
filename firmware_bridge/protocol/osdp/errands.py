"""What a reader or board is asked and told when nothing is urgent, each only as far as it says that it can."""

from __future__ import annotations

from firmware_bridge.controller.events import LinkAlarm, Moment
from firmware_bridge.protocol.osdp.answers import Answers
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskInputs,
    AskLocalStatus,
    AskOutputs,
    AskReaders,
    Buzz,
    Command,
    KeepActive,
    PanelReceiveSize,
    Poll,
    SetOutputs,
    ShowText,
)
from firmware_bridge.protocol.osdp.displays import Displays
from firmware_bridge.protocol.osdp.exchange import Claim
from firmware_bridge.protocol.osdp.frames import MAX_PACKET
from firmware_bridge.protocol.osdp.lights import SetLeds
from firmware_bridge.protocol.osdp.outputs import Outputs, Pending
from firmware_bridge.protocol.osdp.refusals import LATER_AT_MOST, Remedy, remedy, words
from firmware_bridge.protocol.osdp.replies import (
    Ack,
    Capabilities,
    Function,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    OutputStatus,
    RawCard,
    ReaderStatus,
)
from firmware_bridge.protocol.osdp.reports import Reports
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup

SENSELESS = "The reader's answer to its output command makes no sense."
REFUSED_IN_CLEAR = "The reader's output command was refused without protection again and again."

_TIMED_OUTPUTS = (3, 4)
_FATAL_SILENCES = 2
_HICCUP_S = 4.0
"""Inputs that could not be asked for are unknown once that has lasted for so long, and not for a single refusal."""
_ASSUMED_SIZE = 128
"""The longest packet that a peripheral may send before it is told otherwise."""
_NAMES: dict[type, str] = {
    SetLeds: "light",
    Buzz: "buzzer",
    ShowText: "display",
    KeepActive: "card field",
    PanelReceiveSize: "packet size",
    AskInputs: "input",
    AskLocalStatus: "tamper",
    AskReaders: "reader head",
    AskOutputs: "output status",
    AskCapabilities: "capability",
    SetOutputs: "output",
    Poll: "poll",
}
_ACKNOWLEDGES = (Ack, OutputStatus, RawCard, Keypad, InputStatus, LocalStatus, ReaderStatus)
"""Answers to an output command that say that it was taken: the plain one, and whatever could answer a poll."""
_ASKED_AGAIN = (AskInputs, AskLocalStatus, AskReaders, SetLeds)
_ASKED_LATER = (*_ASKED_AGAIN, AskCapabilities, PanelReceiveSize)


class Errands:
    """One peripheral's status questions and indications."""

    def __init__(self, setup: ReaderSetup, timing: LinkTiming, outputs: Outputs, reports: Reports) -> None:
        """``reports`` takes what is told."""
        self.display = Displays(setup)
        self._setup = setup
        self._timing = timing
        self._outputs = outputs
        self._reports = reports
        self._answers = Answers(reports)
        self._can: Capabilities | None = None
        self._could: Capabilities | None = None
        self._unwilling: set[int] = set()
        self._silences: dict[int, int] = {}
        self._put_off: dict[int, int] = {}
        self._later: dict[int, tuple[float, Command]] = {}
        self._given_up: dict[int, tuple[float, Command]] = {}
        self._told: set[tuple[int, int]] = set()
        self._due: list[Command] = []
        self._read_back_s = 0.0
        self._no_inputs_since_s: float | None = None

    # -- what it can do

    @property
    def knows_capabilities(self) -> bool:
        """Whether it has said what it can do."""
        return self._can is not None

    @property
    def timed_outputs(self) -> bool:
        """Whether its outputs switch off by themselves after a time."""
        return self._can is not None and self._can.of(Function.OUTPUTS).level in _TIMED_OUTPUTS

    def learn(self, can: Capabilities) -> None:
        """Keep what it can do."""
        self._can = can
        text = can.of(Function.TEXT)
        self.display.learn(writes=text.level > 0 and text.count > 0, keeps_field=can.of(Function.SMART_CARD).level > 0)

    def forget_capabilities(self) -> None:
        """It may be another peripheral now."""
        self._can = None
        self._unwilling.clear()
        self._silences.clear()

    def _able(self, question: Command, mono_s: float) -> bool:
        if self._given_up and mono_s < self._given_up.get(question.CODE, (0.0, question))[0]:
            return False
        if isinstance(question, AskInputs) and self._answers.inputs_doubtful:
            return self._can is not None
        if self._can is None or question.CODE in self._unwilling:
            return False
        match question:
            case AskLocalStatus() | AskCapabilities():
                return True
            case PanelReceiveSize():
                longest = self._can.of(Function.LARGEST_MESSAGE)
                return longest.level | longest.count << 8 > _ASSUMED_SIZE
            case AskReaders():
                return self._can.of(Function.READERS).count > 0
            case Buzz():
                return self._can.of(Function.BUZZER).level > 0
            case KeepActive():
                return self._can.of(Function.SMART_CARD).level > 0
            case AskInputs():
                function = Function.INPUTS
            case AskOutputs():
                function = Function.OUTPUTS
            case ShowText():
                function = Function.TEXT
            case _:
                function = Function.LED
        can = self._can.of(function)
        return can.level > 0 and can.count > 0

    # -- what to send next

    def new_session(self, mono_s: float) -> None:
        """Ask for everything again, and show the resting state again."""
        # Taken from the end. The last one is asked of everybody, so that no turn is spent on finding nothing to ask.
        self._due = [AskLocalStatus(), PanelReceiveSize(MAX_PACKET), AskInputs()]
        self._read_back_s = mono_s + self._timing.read_back_s
        self._put_off.clear()
        # Not among the first questions: neighbours that come up at the same time wait for those.
        self._later = {AskReaders.CODE: (mono_s + self._timing.read_back_s, AskReaders())}
        self._later |= {code: entry for code, entry in self._given_up.items() if isinstance(entry[1], _ASKED_LATER)}
        self._told.clear()
        self._answers.new_session()
        self.display.new_session()

    @property
    def getting_to_know(self) -> bool:
        """Whether it was not asked everything yet since its session began."""
        return self._can is None or bool(self._due)

    def waiting(self, mono_s: float) -> bool:
        """Whether there is something to show, to ask again, or to prove."""
        if self._later:
            later = self._later.values()
            if any(due_s <= mono_s and self._able(question, mono_s) for due_s, question in later):
                return True
        return self.display.waiting() or self._read_back_due(mono_s)

    def _read_back_due(self, mono_s: float) -> bool:
        """Whether nothing was told of an output for too long; a busy door tells with every command that it takes."""
        if mono_s < self._read_back_s or not self._setup.read_back:
            return False
        told_s = self._outputs.told_s()
        if told_s is None:
            return False
        return mono_s >= min(told_s + self._timing.read_back_s, self._read_back_s + self._timing.read_back_rests_s)

    def question(self, claim: Claim, moment: Moment) -> tuple[Command, Pending | None]:
        """What to say inside the session when its turn has come for ``claim``, and the output command that it is."""
        if claim is Claim.TURN:
            return Poll(), None
        if self._can is None:
            return AskCapabilities(), None
        outputs = self._can.of(Function.OUTPUTS).count
        while (pending := self._outputs.take(moment.mono_s)) is not None:
            if pending.command.point.index < outputs or not outputs:
                return SetOutputs((pending.order(moment.mono_s, timed=self.timed_outputs),)), pending
            why = f"The reader has no output {pending.command.point.index}."
            self._outputs.refused(pending, self._reports.worded(why), moment, again=False)
        return self.next(moment.mono_s) or Poll(), None

    def unheard(self, mono_s: float) -> tuple[Command | None, tuple[Pending, ...]]:
        """What it is to be told although no answer can be heard: output commands that never expire, all in one."""
        outputs = self._can.of(Function.OUTPUTS).count if self._can is not None else 0
        waiting = tuple(p for p in self._outputs.standing() if p.command.point.index < outputs or not outputs)
        orders = tuple(pending.order(mono_s, timed=self.timed_outputs) for pending in waiting)
        return (SetOutputs(orders) if orders else None), waiting

    def next(self, mono_s: float) -> Command | None:
        """The next thing to send besides polls and outputs."""
        for code in [code for code, (due_s, _) in self._later.items() if due_s <= mono_s]:
            question = self._later.pop(code)[1]
            if question not in self._due:
                self._due.append(question)
        if self.display.answers() and (shown := self._to_show(mono_s)) is not None:
            return shown  # somebody stands there and waits for it
        while self._due:
            question = self._due.pop()
            if isinstance(question, SetLeds):
                self.display.new_session()
            elif self._able(question, mono_s):
                return question
        if (shown := self._to_show(mono_s)) is not None:
            return shown
        if self._read_back_due(mono_s):
            self._read_back_s = mono_s + self._timing.read_back_s
            if self._able(AskOutputs(), mono_s):
                return AskOutputs()
        return None

    def _to_show(self, mono_s: float) -> Command | None:
        return next((shown for shown in self.display.take() if self._able(shown, mono_s)), None)

    def unanswered(self, message: Command) -> None:
        """It went off-line over this question; one that does so again is not asked any more."""
        if isinstance(message, AskInputs | AskLocalStatus | AskOutputs | AskReaders | PanelReceiveSize):
            self._silences[message.CODE] = self._silences.get(message.CODE, 0) + 1
            if self._silences[message.CODE] >= _FATAL_SILENCES:
                self._unwilling.add(message.CODE)
                if isinstance(message, AskInputs):
                    self._answers.forget_inputs()

    # -- what its answers mean

    def answered(self, message: Command, reply: object, moment: Moment) -> None:
        """Take the answer to anything but an output command."""
        self._silences.pop(message.CODE, None)
        taken_back = bool(self._given_up) and self._given_up.pop(message.CODE, None) is not None
        if isinstance(reply, Nak):
            self._refused(message, reply, moment)
        elif isinstance(message, AskCapabilities):
            self._could = reply if isinstance(reply, Capabilities) else None
            self.learn(self._could or Capabilities(()))
            if taken_back:
                self.new_session(moment.mono_s)
        elif isinstance(reply, OutputStatus):
            self._outputs.read_back(reply.states, moment)
        elif isinstance(message, AskInputs):
            self._answers.take(reply, moment)
        else:
            self.unasked(reply, moment)
        if isinstance(message, AskInputs):
            self._inputs_answered(reply, moment)
        elif isinstance(message, AskReaders) and self._answers.head_gone:
            self._ask_again(message, moment.mono_s)

    def refused_in_clear(self, message: Command, pending: Pending | None, nak: Nak, moment: Moment) -> None:
        """Go on without what is refused in the clear again and again, and say so once until it works again."""
        if pending is not None:
            self._outputs.refused_in_clear(pending, self._reports.worded(REFUSED_IN_CLEAR), moment)
        elif isinstance(message, AskCapabilities):
            # What it said under protection stays true: its key is its own, so it is the same peripheral.
            self.learn(self._could or Capabilities(()))
        elif isinstance(message, AskInputs):
            self._inputs_answered(nak, moment)
        if message.CODE not in self._given_up:
            what = _NAMES.get(type(message), "question")
            detail = (
                f"The reader's {what} command is refused without protection again and again ({words(nak)}); its door "
                "goes on without it. Somebody may be tampering with its line."
            )
            self._reports.alarm(LinkAlarm.NAK, detail, moment)
        doubtful = isinstance(message, AskInputs) and self._answers.inputs_doubtful
        again_s = moment.mono_s + (self._timing.read_back_s if doubtful else self._timing.given_up_s)
        self._given_up[message.CODE] = again_s, message
        if isinstance(message, _ASKED_LATER):
            self._later[message.CODE] = self._given_up[message.CODE]

    def _ask_again(self, question: Command, mono_s: float) -> None:
        """After a while, unless that is to be done in any case."""
        self._later.setdefault(question.CODE, (mono_s + self._timing.read_back_s, question))

    def _inputs_answered(self, reply: object, moment: Moment) -> None:
        """What was told before this session counts only if it is told again; that is asked for until it is."""
        if not self._answers.inputs_doubtful:
            self._no_inputs_since_s = None
            return
        if isinstance(reply, InputStatus):  # it has told of some, and the others are unknown at once
            self._no_inputs_since_s = None
            self._ask_again(AskInputs(), moment.mono_s)
            return
        if self._no_inputs_since_s is None:
            self._no_inputs_since_s = moment.mono_s
        if moment.mono_s - self._no_inputs_since_s >= _HICCUP_S:
            self._answers.inputs_unreadable(moment)
        self._ask_again(AskInputs(), moment.mono_s)

    def output_answered(self, pending: Pending, reply: object, moment: Moment) -> None:
        """Take the answer to an output command; one that answers something else is no acknowledgement."""
        given_up = self._given_up.get(SetOutputs.CODE)
        if given_up is not None and moment.mono_s >= given_up[0]:  # refused and taken in turns is still told once
            del self._given_up[SetOutputs.CODE]
        if isinstance(reply, Nak):
            self.note_refusal("output", SetOutputs.CODE, reply, moment)
            again = remedy(reply.error, sealed=True) in (Remedy.LATER, Remedy.SAY_AGAIN)
            why = f"The reader refused to move its output ({words(reply)})."
            self._outputs.refused(pending, self._reports.worded(why), moment, again=again)
            return
        if isinstance(reply, _ACKNOWLEDGES):
            self._outputs.acknowledged(pending, moment, reply if isinstance(reply, OutputStatus) else None)
        else:
            self._outputs.refused(pending, self._reports.worded(SENSELESS), moment, again=True)
        self.unasked(reply, moment)

    def unasked(self, reply: object, moment: Moment) -> None:
        """Take what a peripheral may say at any time.

        A board is asked for all its inputs after every change, a reader after one that leaves out some. A head that is
        gone tells nobody that it is back: it is asked about until it is.
        """
        self._answers.take(reply, moment)
        if isinstance(reply, ReaderStatus) and self._answers.head_gone:
            self._ask_again(AskReaders(), moment.mono_s)
        if not isinstance(reply, InputStatus) or AskInputs() in self._due:
            return
        if self._answers.inputs_doubtful or not self._reports.is_reader:
            self._due.append(AskInputs())

    def _refused(self, message: Command, nak: Nak, moment: Moment) -> None:
        """It could not just then: it is asked again after a while, a few times. Otherwise it is not asked any more."""
        code = message.CODE
        often = self._put_off[code] = self._put_off.get(code, 0) + 1
        later = remedy(nak.error, sealed=True) in (Remedy.LATER, Remedy.SAY_AGAIN) and often < LATER_AT_MOST
        if isinstance(message, AskCapabilities):
            if not later:
                self.learn(Capabilities(()))
            return
        asked_anyway = isinstance(message, AskInputs) and self._answers.inputs_doubtful
        if not isinstance(message, Poll) and not asked_anyway:
            if not later:
                self._unwilling.add(code)
            elif isinstance(message, _ASKED_AGAIN):
                self._ask_again(message, moment.mono_s)
        self.note_refusal(_NAMES.get(type(message), "question"), code, nak, moment)

    def note_refusal(self, what: str, code: int, nak: Nak, moment: Moment) -> None:
        """Say once a session that it refused something; its doors go on."""
        if (code, nak.error) in self._told:
            return
        self._told.add((code, nak.error))
        detail = f"The reader refused its {what} command ({words(nak)}); its door goes on without it."
        self._reports.alarm(LinkAlarm.NAK, detail, moment)
