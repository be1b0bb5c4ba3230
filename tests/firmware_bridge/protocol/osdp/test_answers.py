"""What a peripheral says: only changes are told, and a board has no cards."""

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.events import BoardAlarmed, CardPresented, Event, InputChanged, InputState, KeysPressed
from firmware_bridge.protocol.osdp.answers import NO_CARDS, Answers
from firmware_bridge.protocol.osdp.replies import Ack, InputStatus, Keypad, RawCard
from firmware_bridge.protocol.osdp.reports import Reports
from firmware_bridge.protocol.osdp.setup import ReaderSetup
from tests.building.clock import SetClock

NOW = SetClock().moment()
CARD = Bits(0x2F623AE, 26)


def heard(kind: DeviceKind, *replies: object) -> list[Event]:
    told: list[Event] = []
    answers = Answers(Reports(kind, 3, told.append))
    for reply in replies:
        answers.take(reply, NOW)
    return told


def test_a_readers_cards_and_keys_arrive() -> None:
    told = heard(DeviceKind.READER, RawCard(0, 0, CARD), Keypad(0, b"1\x0d"), Keypad(0, b"\x00"), Ack())
    assert told == [CardPresented(NOW, 3, CARD), KeysPressed(NOW, 3, "1#")]


def test_a_boards_cards_and_keys_are_an_alarm_and_nothing_else() -> None:
    told = heard(DeviceKind.BOARD, RawCard(0, 0, CARD), Keypad(0, b"1"))
    assert [type(event) for event in told] == [BoardAlarmed, BoardAlarmed]
    assert isinstance(told[0], BoardAlarmed)
    assert told[0].detail == NO_CARDS.replace("reader", "module")


def test_only_changes_of_inputs_are_told_until_a_new_session() -> None:
    told: list[Event] = []
    answers = Answers(Reports(DeviceKind.BOARD, 3, told.append))
    answers.take(InputStatus((0, 1)), NOW)
    answers.take(InputStatus((0, 1)), NOW)
    assert len(told) == 2
    answers.new_session()
    answers.take(InputStatus((0, 1)), NOW)
    assert len(told) == 4


@pytest.mark.parametrize("fewer", [(), (0,), (0, 0)])
def test_inputs_that_an_answer_leaves_out_are_unknown_at_once_and_doubtful_until_they_are_told(
    fewer: tuple[int, ...],
) -> None:
    told: list[Event] = []
    answers = Answers(Reports(DeviceKind.BOARD, 3, told.append))
    answers.take(InputStatus((0, 0, 0)), NOW)
    answers.new_session()
    told.clear()
    answers.take(InputStatus(fewer), NOW)

    left_out = {event.point.index: event.state for event in told if isinstance(event, InputChanged)}
    assert left_out == {index: InputState.NORMAL if index < len(fewer) else InputState.UNKNOWN for index in range(3)}
    assert answers.inputs_doubtful
    told.clear()
    answers.take(InputStatus(fewer), NOW)
    answers.inputs_unreadable(NOW)
    assert told == []

    answers.take(InputStatus((0, 0, 0)), NOW)
    assert not answers.inputs_doubtful
    assert len(told) == 3 - len(fewer)


def test_inputs_that_no_device_has_are_passed_over() -> None:
    """Somebody answers for a reader with as many inputs as a frame holds, each in trouble."""
    told = heard(DeviceKind.READER, InputStatus((2,) * 1400), InputStatus((3,) * 1400))
    assert [event.point.index for event in told if isinstance(event, InputChanged)] == [*range(16), *range(16)]


def test_a_module_has_the_inputs_that_the_policy_says() -> None:
    told: list[Event] = []
    answers = Answers(Reports(DeviceKind.BOARD, 3, told.append, ReaderSetup(3, 0, kind=DeviceKind.BOARD, inputs=40)))
    answers.take(InputStatus((1,) * 1400), NOW)
    assert [event.point.index for event in told if isinstance(event, InputChanged)] == [*range(40)]


def test_an_answer_that_leaves_inputs_out_makes_them_unknown_within_a_session_too() -> None:
    told = heard(DeviceKind.READER, InputStatus((0, 1)), InputStatus((0,)))
    assert [(one.point.index, one.state) for one in told if isinstance(one, InputChanged)][2:] == [
        (1, InputState.UNKNOWN)
    ]


def test_a_supervised_input_tells_of_its_cable_and_what_means_nothing_is_never_active() -> None:
    told = heard(DeviceKind.BOARD, InputStatus((0, 1, 2, 3, 4, 255)))
    normal, active, short, cut, unknown = (
        InputState.NORMAL,
        InputState.ACTIVE,
        InputState.SHORT,
        InputState.CUT,
        InputState.UNKNOWN,
    )
    assert [one.state for one in told if isinstance(one, InputChanged)] == [
        normal,
        active,
        short,
        cut,
        unknown,
        unknown,
    ]
