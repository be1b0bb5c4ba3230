"""What a reader is asked and told when nothing is urgent, and what its answers mean to the rest of the bridge."""

from __future__ import annotations

from collections.abc import Callable

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.events import (
    CardPresented,
    Event,
    InputChanged,
    InputState,
    KeysPressed,
    LinkAlarm,
    Moment,
    ReaderAlarmed,
    ReaderTampered,
)
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskInputs,
    AskLocalStatus,
    AskOutputs,
    Buzz,
    Command,
)
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.indications import Display
from firmware_bridge.protocol.osdp.lights import SetLeds
from firmware_bridge.protocol.osdp.outputs import Outputs, Pending
from firmware_bridge.protocol.osdp.replies import (
    Capabilities,
    Function,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    NakCode,
    OutputStatus,
    RawCard,
    UnknownReply,
)
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup

SENSELESS = "The reader's answer to its output command makes no sense."

_INPUT_STATES = {0: InputState.NORMAL, 1: InputState.ACTIVE}
_KEYS = {0x7F: "*", 0x0D: "#"} | {ord(digit): digit for digit in "0123456789*#"}
_TIMED_OUTPUTS = (3, 4)
_FATAL_SILENCES = 2


class Errands:
    """One reader's status questions and indications, each only as far as the reader says that it can."""

    def __init__(self, setup: ReaderSetup, timing: LinkTiming, outputs: Outputs, tell: Callable[[Event], None]) -> None:
        """``tell`` takes events."""
        self.display = Display()
        self._setup = setup
        self._timing = timing
        self._outputs = outputs
        self._tell = tell
        self._can: Capabilities | None = None
        self._unwilling: set[int] = set()
        self._silences: dict[int, int] = {}
        self._due: list[Command] = []
        self._read_back_s = 0.0
        self._tampered: bool | None = None
        self._inputs: dict[int, InputState] = {}

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

    def forget_capabilities(self) -> None:
        """It may be another reader now."""
        self._can = None
        self._unwilling.clear()
        self._silences.clear()

    def _able(self, function: Function, command: int) -> bool:
        if self._can is None or command in self._unwilling:
            return False
        can = self._can.of(function)
        return can.level > 0 and (can.count > 0 or function is Function.BUZZER)

    # -- what to send next

    def new_session(self, mono_s: float) -> None:
        """Ask for everything again, and show the resting state again."""
        self._due = [AskLocalStatus(), AskInputs()]
        self._read_back_s = mono_s + self._timing.read_back_s
        self._inputs.clear()
        self.display.new_session()

    @property
    def getting_to_know(self) -> bool:
        """Whether it was not asked everything yet since its session began."""
        return self._can is None or bool(self._due)

    def waiting(self, mono_s: float) -> bool:
        """Whether there is something to show, or to prove."""
        return self.display.waiting() or self._read_back_due(mono_s)

    def _read_back_due(self, mono_s: float) -> bool:
        return self._setup.read_back and mono_s >= self._read_back_s and self._outputs.moved()

    def next(self, mono_s: float) -> Command | None:
        """The next thing to send besides polls and outputs."""
        while self._due:
            question = self._due.pop()
            if question.CODE in self._unwilling:
                continue
            if isinstance(question, AskLocalStatus) or self._able(Function.INPUTS, question.CODE):
                return question
        led = self.display.take_led()
        if led is not None and self._able(Function.LED, led.CODE):
            return led
        buzz = self.display.take_buzz()
        if buzz is not None and self._able(Function.BUZZER, buzz.CODE):
            return buzz
        if self._read_back_due(mono_s):
            self._read_back_s = mono_s + self._timing.read_back_s
            if self._able(Function.OUTPUTS, AskOutputs.CODE):
                return AskOutputs()
        return None

    def unanswered(self, message: Command) -> None:
        """It went off-line over this question; one that does so again is not asked any more."""
        if isinstance(message, AskInputs | AskLocalStatus | AskOutputs):
            self._silences[message.CODE] = self._silences.get(message.CODE, 0) + 1
            if self._silences[message.CODE] >= _FATAL_SILENCES:
                self._unwilling.add(message.CODE)

    # -- what its answers mean

    def answered(self, message: Command, reply: object, moment: Moment) -> None:
        """Take the answer to anything but an output command."""
        self._silences.pop(message.CODE, None)
        if isinstance(message, AskCapabilities):
            self.learn(reply if isinstance(reply, Capabilities) else Capabilities(()))
        elif isinstance(reply, Nak):
            self._unwilling.add(message.CODE)
            self.note_refusal(_NAMES.get(type(message), "question"), reply, moment)
        elif isinstance(reply, OutputStatus):
            self._outputs.read_back(reply.states, moment)
        else:
            self.unasked(reply, moment)

    def output_answered(self, pending: Pending, reply: object, moment: Moment) -> None:
        """Take the answer to an output command; one that makes no sense is no acknowledgement."""
        if isinstance(reply, Nak):
            self.note_refusal("output", reply, moment)
            why = f"The reader refused to move its output (refusal {reply.error})."
            self._outputs.refused(pending, why, moment, again=reply.error == NakCode.UNABLE)
            return
        if isinstance(reply, UnknownReply | Malformed):
            self._outputs.refused(pending, SENSELESS, moment, again=True)
        else:
            self._outputs.acknowledged(pending, moment, reply if isinstance(reply, OutputStatus) else None)
        self.unasked(reply, moment)

    def unasked(self, reply: object, moment: Moment) -> None:
        """Take what a reader may say at any time."""
        if isinstance(reply, RawCard):
            self._tell(CardPresented(moment, self._setup.id, reply.bits))
        elif isinstance(reply, Keypad):
            keys = "".join(_KEYS.get(key, "") for key in reply.keys)
            if keys:
                self._tell(KeysPressed(moment, self._setup.id, keys))
        elif isinstance(reply, LocalStatus):
            if reply.tampered != self._tampered:
                self._tampered = reply.tampered
                self._tell(ReaderTampered(moment, self._setup.id, reply.tampered))
        elif isinstance(reply, InputStatus):
            self._inputs_seen(reply, moment)
        elif isinstance(reply, Malformed):
            detail = f"The reader sent something that makes no sense (reply {reply.code:#04x}: {reply.why})."
            self._tell(ReaderAlarmed(moment, self._setup.id, LinkAlarm.GARBAGE, detail))

    def note_refusal(self, what: str, nak: Nak, moment: Moment) -> None:
        """Say that the reader refused something; its door goes on."""
        detail = f"The reader refused its {what} command (refusal {nak.error}); its door goes on without it."
        self._tell(ReaderAlarmed(moment, self._setup.id, LinkAlarm.NAK, detail))

    def _inputs_seen(self, status: InputStatus, moment: Moment) -> None:
        for index, value in enumerate(status.states):
            state = _INPUT_STATES.get(value, InputState.UNKNOWN)
            if self._inputs.get(index) is not state:
                self._inputs[index] = state
                self._tell(InputChanged(moment, Point(DeviceKind.READER, self._setup.id, index), state))


_NAMES: dict[type, str] = {
    SetLeds: "light",
    Buzz: "buzzer",
    AskInputs: "input",
    AskLocalStatus: "tamper",
    AskOutputs: "output status",
}
