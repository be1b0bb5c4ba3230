"""What a reader is asked when nothing is urgent, and what its answers become."""

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    DevicePowered,
    InputChanged,
    InputState,
    KeysPressed,
    LinkAlarm,
    OutputFailed,
    ReaderAlarmed,
    ReaderTampered,
)
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskInputs,
    AskLocalStatus,
    AskReaders,
    Buzz,
    KeepActive,
    PanelReceiveSize,
    Poll,
    SetOutputs,
    ShowText,
)
from firmware_bridge.protocol.osdp.exchange import Claim
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.lights import SetLeds
from firmware_bridge.protocol.osdp.replies import (
    Ack,
    Capabilities,
    Capability,
    Function,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    RawCard,
    ReaderStatus,
)
from tests.building.errands_desk import EVERYTHING, Desk, able
from tests.building.memory_line import output

REFUSED = ShowAtReader(7, Indication.REFUSED, 2.0, silent=False)


def test_a_new_session_asks_for_inputs_and_tamper_once() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    assert desk.errands.getting_to_know

    assert [desk.next(), desk.next(), desk.next()] == [AskInputs(), AskLocalStatus(), None]
    assert not desk.errands.getting_to_know


def test_a_reader_without_inputs_is_not_asked_for_them() -> None:
    desk = Desk(can=Capabilities(()))
    desk.errands.new_session(desk.clock.mono_s)

    assert [desk.next(), desk.next()] == [AskLocalStatus(), None]


def test_light_and_sound_go_out_one_after_the_other() -> None:
    desk = Desk()
    desk.errands.display.show(REFUSED)
    assert desk.errands.waiting(desk.clock.mono_s)

    assert isinstance(desk.next(), SetLeds)
    assert isinstance(desk.next(), Buzz)
    assert desk.next() is None


@pytest.mark.parametrize("can", [None, Capabilities(())])
def test_a_reader_that_cannot_show_is_not_told_to(can: Capabilities | None) -> None:
    desk = Desk(can=can)
    desk.errands.display.show(REFUSED)

    assert desk.next() is None
    assert not desk.errands.timed_outputs


def test_a_refused_light_is_noted_once_and_never_asked_for_again() -> None:
    desk = Desk()
    desk.errands.display.show(REFUSED)
    led = desk.next()
    assert isinstance(led, SetLeds)
    desk.errands.answered(led, Nak(3), desk.clock.moment())
    [alarm] = desk.told
    assert isinstance(alarm, ReaderAlarmed)
    assert alarm.alarm is LinkAlarm.NAK
    assert "light" in alarm.detail

    desk.errands.display.show(REFUSED)

    assert isinstance(desk.next(), Buzz)


def test_a_question_that_a_reader_goes_off_line_over_is_asked_twice_and_no_more() -> None:
    desk = Desk()
    desk.errands.unanswered(Poll())
    desk.errands.unanswered(AskInputs())
    desk.errands.unanswered(AskInputs())
    desk.errands.new_session(desk.clock.mono_s)

    assert [desk.next(), desk.next()] == [AskLocalStatus(), None]

    desk.errands.forget_capabilities()
    assert not desk.errands.knows_capabilities


def test_an_answer_forgives_an_earlier_silence() -> None:
    desk = Desk()
    desk.errands.unanswered(AskInputs())
    desk.errands.answered(AskInputs(), InputStatus((0,)), desk.clock.moment())
    desk.errands.unanswered(AskInputs())
    desk.errands.new_session(desk.clock.mono_s)

    assert desk.next() == AskInputs()


def test_it_learns_what_the_reader_can_do() -> None:
    desk = Desk(can=None)
    desk.errands.answered(AskCapabilities(), EVERYTHING, desk.clock.moment())
    assert desk.errands.timed_outputs

    desk.errands.answered(AskCapabilities(), Nak(3), desk.clock.moment())
    assert desk.errands.knows_capabilities
    assert not desk.errands.timed_outputs


def test_a_card_keeps_its_bits() -> None:
    desk = Desk()

    assert desk.hear(RawCard(0, 0, Bits(5, 26))) == [CardPresented(desk.clock.moment(), 7, Bits(5, 26))]


def test_keys_are_digits_star_and_hash() -> None:
    desk = Desk()

    assert desk.hear(Keypad(0, b"12\x7f\x0d")) == [KeysPressed(desk.clock.moment(), 7, "12*#")]
    assert desk.hear(Keypad(0, b"\x01")) == []


def test_tamper_is_told_when_it_changes() -> None:
    desk = Desk()

    assert desk.hear(LocalStatus(tampered=True, power_failed=False)) == [
        ReaderTampered(desk.clock.moment(), 7, tampered=True),
        DevicePowered(desk.clock.moment(), (DeviceKind.READER, 7), failing=False),
    ]
    assert desk.hear(LocalStatus(tampered=True, power_failed=False)) == []
    assert desk.hear(ReaderStatus((0,))) == []
    assert desk.hear(LocalStatus(tampered=False, power_failed=False)) == [
        ReaderTampered(desk.clock.moment(), 7, tampered=False)
    ]


@pytest.mark.parametrize("state", [1, 2])
def test_a_head_that_was_pulled_off_or_opened_is_tampered_with(state: int) -> None:
    desk = Desk()
    desk.hear(LocalStatus(tampered=False, power_failed=False))

    assert desk.hear(ReaderStatus((0, state))) == [ReaderTampered(desk.clock.moment(), 7, tampered=True)]
    assert desk.hear(LocalStatus(tampered=False, power_failed=False)) == []
    assert desk.hear(ReaderStatus((0, 0))) == [ReaderTampered(desk.clock.moment(), 7, tampered=False)]


def test_how_the_power_supply_does_is_told_when_it_changes() -> None:
    desk = Desk()
    well, failing = (LocalStatus(tampered=False, power_failed=failed) for failed in (False, True))
    told = [
        [event.failing for event in desk.hear(status) if isinstance(event, DevicePowered)]
        for status in (well, well, failing, failing, well)
    ]
    assert told == [[False], [], [True], [], [False]]


def test_inputs_are_told_when_they_change_and_again_in_a_new_session() -> None:
    desk = Desk()

    assert desk.hear(InputStatus((0, 1, 9))) == [
        InputChanged(desk.clock.moment(), output(7, 0), InputState.NORMAL),
        InputChanged(desk.clock.moment(), output(7, 1), InputState.ACTIVE),
        InputChanged(desk.clock.moment(), output(7, 2), InputState.UNKNOWN),
    ]
    assert len(desk.hear(InputStatus((1, 1, 9)))) == 1

    desk.errands.new_session(desk.clock.mono_s)
    assert len(desk.hear(InputStatus((1, 1, 9)))) == 3


def test_nonsense_is_an_alarm_and_silence_is_nothing() -> None:
    desk = Desk()

    [alarm] = desk.hear(Malformed(0x50, b"", "a card without bits"))
    assert isinstance(alarm, ReaderAlarmed)
    assert alarm.alarm is LinkAlarm.GARBAGE
    assert desk.hear(Ack()) == []


# -- what only some can do


def everything_asked(can: Capabilities) -> list[type]:
    desk = Desk(can=can)
    desk.errands.new_session(desk.clock.mono_s)
    desk.errands.display.show(ShowAtReader(7, Indication.PIN_WANTED, 5.0, silent=False))
    asked = []
    for _ in range(2):
        while (question := desk.next()) is not None:
            asked.append(type(question))
        desk.clock.go_on(5.0)
    return asked


ALWAYS = [AskInputs, AskLocalStatus, SetLeds, Buzz]


@pytest.mark.parametrize(
    ("item", "more"),
    [
        (Capability(Function.TEXT, 1, 1), [ShowText]),
        (Capability(Function.TEXT, 1, 0), []),
        (Capability(Function.SMART_CARD, 1, 0), [KeepActive]),
        (Capability(Function.SMART_CARD, 0, 0), []),
        (Capability(Function.READERS, 0, 2), [AskReaders]),
        (Capability(Function.LARGEST_MESSAGE, 0, 2), [PanelReceiveSize]),
        (Capability(Function.LARGEST_MESSAGE, 128, 0), []),
    ],
)
def test_what_a_reader_can_do_is_asked_of_it_and_nothing_else(item: Capability, more: list[type]) -> None:
    asked = everything_asked(able(item))

    assert sorted(asked, key=str) == sorted(ALWAYS + more, key=str)


def test_reader_heads_are_asked_about_after_the_first_questions() -> None:
    desk = Desk(can=able(Capability(Function.READERS, 0, 1)))
    desk.errands.new_session(desk.clock.mono_s)
    while desk.next():
        pass
    assert not desk.errands.waiting(desk.clock.mono_s)
    desk.clock.go_on(5.0)
    assert desk.errands.waiting(desk.clock.mono_s)
    assert desk.next() == AskReaders()


def test_an_output_that_it_does_not_have_is_never_sent() -> None:
    desk = Desk()
    moment = desk.clock.moment()
    for index in (5, 0):
        urgency = Urgency.EMERGENCY if index else Urgency.GRANT
        desk.outputs.submit(DriveOutput(output(7, index), energised=True, lease_s=5.0, urgency=urgency), moment)

    message, pending = desk.errands.question(Claim.ANSWER, moment)
    assert isinstance(message, SetOutputs)
    assert [order.output for order in message.orders] == [0]
    assert pending is not None
    assert [event.why for event in desk.told if isinstance(event, OutputFailed)] == ["The reader has no output 5."]


def test_a_turn_is_a_poll_and_a_stranger_is_asked_first_what_it_can_do() -> None:
    desk = Desk(can=None)
    assert desk.errands.question(Claim.TURN, desk.clock.moment()) == (Poll(), None)
    assert desk.errands.question(Claim.ERRAND, desk.clock.moment()) == (AskCapabilities(), None)
    desk.errands.learn(Capabilities(()))
    desk.errands.new_session(desk.clock.mono_s)
    assert desk.errands.question(Claim.ERRAND, desk.clock.moment()) == (AskLocalStatus(), None)
    assert desk.errands.question(Claim.ERRAND, desk.clock.moment()) == (Poll(), None)


def test_a_question_that_could_not_be_answered_just_then_is_asked_three_times_and_a_light_shown_again() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    asked = 0
    for _ in range(6):
        while (question := desk.next()) is not None:
            asked += isinstance(question, AskInputs)
            if isinstance(question, AskInputs):
                desk.errands.answered(question, Nak(9), desk.clock.moment())
        desk.clock.go_on(5.0)
    assert asked == 3

    desk.errands.display.show(ShowAtReader(7, Indication.LOCKED, None, silent=False))
    led = desk.next()
    assert isinstance(led, SetLeds)
    desk.errands.answered(led, Nak(9), desk.clock.moment())
    assert desk.next() is None
    desk.clock.go_on(5.0)
    assert isinstance(desk.next(), SetLeds)


def test_capabilities_that_are_refused_for_good_are_none_and_those_put_off_are_asked_again() -> None:
    desk = Desk(can=None)
    for _ in range(2):
        desk.errands.answered(AskCapabilities(), Nak(9), desk.clock.moment())
        assert not desk.errands.knows_capabilities
    desk.errands.answered(AskCapabilities(), Nak(9), desk.clock.moment())
    assert desk.errands.knows_capabilities


def test_a_buzzer_that_could_not_just_then_is_not_sounded_later() -> None:
    desk = Desk()
    desk.errands.answered(Buzz(0, 2, 1, 1, 1), Nak(9), desk.clock.moment())
    desk.clock.go_on(10.0)
    assert desk.next() is None
    desk.errands.display.show(REFUSED)
    assert [type(desk.next()), type(desk.next())] == [SetLeds, Buzz]


def test_inputs_that_are_left_out_in_many_reports_are_asked_for_once_each_and_then_every_five_seconds() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    desk.hear(InputStatus((0, 0)))
    for turn in range(20):
        desk.errands.unasked(InputStatus((turn % 2,)), desk.clock.moment())
        desk.errands.unasked(InputStatus((turn % 2,)), desk.clock.moment())
        assert inputs_asked(desk) <= 2
        desk.clock.go_on(1.0)
    desk.clock.go_on(5.0)
    assert [inputs_asked(desk), inputs_asked(desk)] == [1, 0]


def inputs_asked(desk: Desk) -> int:
    """How often it is asked for its inputs now, of which it tells one."""
    asked = 0
    while (question := desk.next()) is not None:
        asked += question == AskInputs()
        desk.errands.answered(AskInputs(), InputStatus((0,)), desk.clock.moment())
    return asked
