"""What a peripheral may say at any time, and what it means to the rest of the bridge."""

from __future__ import annotations

from firmware_bridge.controller.events import CardPresented, InputState, KeysPressed, LinkAlarm, Moment
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.replies import (
    INPUT_CUT,
    INPUT_SHORTED,
    InputStatus,
    Keypad,
    LocalStatus,
    RawCard,
    ReaderStatus,
)
from firmware_bridge.protocol.osdp.reports import Reports

NO_CARDS = "The reader sent a card or keys, which it cannot have. Nothing was done with them; check what hangs there."
NO_SUCH_HEAD = "A card or keys came from head {head} of the reader, which is not set up. Add it on the console."

_INPUT_STATES = {
    0: InputState.NORMAL,
    1: InputState.ACTIVE,
    INPUT_SHORTED: InputState.SHORT,
    INPUT_CUT: InputState.CUT,
}
_KEYS = {0x7F: "*", 0x0D: "#"} | {ord(digit): digit for digit in "0123456789*#"}
_HEAD_IS_WELL = 0


class Answers:
    """Tells events for what one peripheral says; what it said last is kept, so that only changes are told."""

    def __init__(self, reports: Reports) -> None:
        """``reports`` takes what is told."""
        self._reports = reports
        self._inputs: dict[int, InputState | None] = {}
        self._heard_all_inputs = False
        self._opened = False
        self._head_gone = False
        self._told_tampered: bool | None = None
        self._told_power: bool | None = None

    def new_session(self) -> None:
        """Tell every input again."""
        self._inputs = dict.fromkeys(self._inputs)
        self._heard_all_inputs = False

    @property
    def inputs_doubtful(self) -> bool:
        """Whether inputs were told of which nothing was heard since the session began, or not with the last answer."""
        return bool(self._inputs) and not self._heard_all_inputs

    def inputs_unreadable(self, moment: Moment) -> None:
        """Nobody knows how the inputs are that were told before this session."""
        for index, told in tuple(self._inputs.items()):
            if told is None:
                self._see_input(index, InputState.UNKNOWN, moment)

    def forget_inputs(self) -> None:
        """It was told as lost, and its inputs with it."""
        self._inputs.clear()

    @property
    def head_gone(self) -> bool:
        """Whether a head was said to be off its cable or opened when it was last asked about."""
        return self._head_gone

    def take(self, reply: object, moment: Moment) -> None:
        """Take a reply, asked for or not; one that means nothing to anybody is passed over."""
        match reply:
            case RawCard() | Keypad() if not self._reports.is_reader:
                self._reports.alarm(LinkAlarm.GARBAGE, NO_CARDS, moment)
            case RawCard() | Keypad():
                self._presented(reply, moment)
            case LocalStatus():
                self._opened = reply.tampered
                self._tell_tampered(moment)
                self._see_power(reply, moment)
            case ReaderStatus():
                # A head that was pulled off its cable is as bad as one that was opened.
                self._head_gone = any(state != _HEAD_IS_WELL for state in reply.states)
                self._tell_tampered(moment)
            case InputStatus():
                self._see_inputs(reply, moment)
            case Malformed():
                detail = f"The reader sent something that makes no sense (reply {reply.code:#04x}: {reply.why})."
                self._reports.alarm(LinkAlarm.GARBAGE, detail, moment)
            case _:
                pass

    def _presented(self, reply: RawCard | Keypad, moment: Moment) -> None:
        """A card or keys are those of the head that they came from."""
        reader = self._reports.setup.reader_at(reply.reader)
        if reader is None:
            self._reports.alarm(LinkAlarm.GARBAGE, NO_SUCH_HEAD.format(head=reply.reader), moment)
        elif isinstance(reply, RawCard):
            self._reports.tell(CardPresented(moment, reader, reply.bits))
        elif keys := "".join(_KEYS.get(key, "") for key in reply.keys):
            self._reports.tell(KeysPressed(moment, reader, keys))

    def _tell_tampered(self, moment: Moment) -> None:
        tampered = self._opened or self._head_gone
        if tampered is not self._told_tampered:
            self._told_tampered = tampered
            self._reports.tampered(moment, tampered=tampered)

    def _see_power(self, status: LocalStatus, moment: Moment) -> None:
        if status.power_failed is not self._told_power:
            self._told_power = status.power_failed
            self._reports.power(moment, failing=status.power_failed)

    def _see_inputs(self, status: InputStatus, moment: Moment) -> None:
        """Take how all inputs are; one that was told before and is left out now is not known any more."""
        for index, value in enumerate(status.states[: self._reports.setup.inputs]):
            self._see_input(index, _INPUT_STATES.get(value, InputState.UNKNOWN), moment)
        left_out = [index for index in self._inputs if index >= len(status.states)]
        for index in left_out:
            self._see_input(index, InputState.UNKNOWN, moment)
        self._heard_all_inputs = not left_out

    def _see_input(self, index: int, state: InputState, moment: Moment) -> None:
        if self._inputs.get(index) is not state:
            self._inputs[index] = state
            self._reports.input(index, state, moment)
