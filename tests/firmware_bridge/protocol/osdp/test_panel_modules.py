"""A board on an OSDP line: outputs, inputs, tamper and its link, but never a card."""

import random

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardLinkChanged,
    BoardTampered,
    CardPresented,
    DevicePowered,
    InputChanged,
    InputState,
    KeysPressed,
    LinkAlarm,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    Proof,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.bus import Bus
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Ack, InputStatus
from firmware_bridge.protocol.osdp.setup import ReaderSetup
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World
from tests.building.clock import SetClock
from tests.building.memory_line import MemoryLine, module, module_line, reader
from tests.firmware_bridge.protocol.osdp.test_panel_refusals import Answer, code_of, refusing, stubborn

ISTAT, POLL, OUT = 0x65, 0x60, 0x68


def point(index: int) -> Point:
    return Point(DeviceKind.BOARD, 5, index)


def links(line: MemoryLine) -> list[tuple[int, LinkState]]:
    return [(event.board, event.state) for event in line.happened(BoardLinkChanged)]


def drive(line: MemoryLine, index: int, *, on: bool, lease_s: float = 5.0, expires_in_s: float | None = None) -> None:
    expires_s = None if expires_in_s is None else line.clock.mono_s + expires_in_s
    line.bus.submit(DriveOutput(point(index), on, lease_s, Urgency.GRANT, expires_s), line.clock.moment())


def seen(line: MemoryLine) -> dict[int, InputState]:
    return {event.point.index: event.state for event in line.happened(InputChanged) if event.point.device == 5}


def codes(line: MemoryLine) -> list[int]:
    return [Packet.from_bytes(frame).code for _, frame in line.sent]


def test_a_board_comes_up_with_all_its_inputs_and_moves_its_outputs() -> None:
    line, board, world = module_line()
    world.inputs[point(1)] = True
    line.run(1.0)
    drive(line, 1, on=True)
    line.run(0.3)

    assert links(line) == [(5, LinkState.SECURE)]
    assert line.happened(ReaderLinkChanged) == []
    assert seen(line) == {0: InputState.NORMAL, 1: InputState.ACTIVE, 2: InputState.NORMAL}
    assert all(event.point.kind is DeviceKind.BOARD for event in line.happened(InputChanged))
    assert board.head.outputs == [False, True]
    [proved] = line.happened(OutputProved)
    assert (proved.point, proved.energised, proved.proof) == (point(1), True, Proof.ACKNOWLEDGED)


def test_an_output_is_timed_by_the_board_itself() -> None:
    line, board, _ = module_line()
    line.run(1.0)
    drive(line, 0, on=True, lease_s=3.0)
    line.run(0.3)
    board._notice_silence(line.clock.mono_s)

    until_s = board.head._timed_until_s[0]
    assert until_s is not None
    assert 2.0 < until_s - line.clock.mono_s < 3.0
    line.run(3.0)
    assert line.happened(OutputLapsed)
    assert board.head.outputs[0] is False


def test_a_change_is_told_and_all_inputs_are_asked_for_once_more() -> None:
    line, _, world = module_line()
    line.run(1.0)
    line.events.clear()
    line.sent.clear()
    world.set_input(point(2), active=True)
    line.run(1.0)

    assert seen(line) == {2: InputState.ACTIVE}
    assert codes(line).count(ISTAT) == 1


def test_a_change_that_was_lost_on_the_way_is_found_by_asking() -> None:
    line, board, world = module_line()
    line.run(1.0)
    world.set_input(point(0), active=True)
    world.inputs[point(1)] = True  # this board does not tell it by itself
    line.run(1.0)

    assert seen(line)[1] is InputState.ACTIVE
    assert board.secure


def test_a_board_never_yields_a_card_or_keys() -> None:
    line, board, _ = module_line()
    line.run(1.0)
    board.head.present(Bits(0x2F623AE, 26))
    board.head.press("1234#")
    line.run(1.0)

    assert line.happened(CardPresented) == []
    assert line.happened(KeysPressed) == []
    assert {event.alarm for event in line.happened(BoardAlarmed)} == {LinkAlarm.GARBAGE}


def test_tamper_and_power_are_told_about_the_board() -> None:
    line, board, _ = module_line()
    line.run(1.0)
    board.head.set_tampered(tampered=True)
    board.head.set_power_failed(failed=True)
    line.run(0.5)

    assert [event.tampered for event in line.happened(BoardTampered)] == [False, True]
    powered = [(event.device, event.failing) for event in line.happened(DevicePowered)]
    assert powered == [((DeviceKind.BOARD, 5), False), ((DeviceKind.BOARD, 5), True)]


def test_a_board_without_a_key_moves_nothing_and_is_not_believed() -> None:
    line, board, world = module_line(key=None, panel_key=None)
    world.inputs[point(0)] = True
    line.run(1.0)
    world.set_input(point(1), active=True)
    drive(line, 0, on=True, expires_in_s=1.0)
    line.run(2.0)

    assert links(line) == [(5, LinkState.CLEAR)]
    assert line.happened(InputChanged) == []
    assert [event.expired for event in line.happened(OutputFailed)] == [True]
    assert board.head.outputs == [False, False]
    assert OUT not in codes(line)


def test_a_board_with_another_key_is_down_and_alarms_as_a_board() -> None:
    line, board, _ = module_line(panel_key=b"X" * 16)
    drive(line, 0, on=True, expires_in_s=1.0)
    line.run(3.0)

    assert links(line) == [(5, LinkState.DOWN)]
    assert [event.alarm for event in line.happened(BoardAlarmed)] == [LinkAlarm.WRONG_KEY]
    assert board.head.outputs == [False, False]


def test_a_restarted_board_gets_its_output_again_without_an_event() -> None:
    line, board, _ = module_line()
    line.run(1.0)
    drive(line, 0, on=True)
    line.run(0.3)
    board.restart(line.clock.mono_s)
    line.run(0.5)

    assert board.head.outputs[0] is True
    assert links(line) == [(5, LinkState.SECURE)]


def test_a_card_at_a_reader_moves_an_output_of_a_board_with_the_same_number_on_the_same_line() -> None:
    setups = [ReaderSetup(5, 1, b"R" * 16), ReaderSetup(5, 2, b"M" * 16, kind=DeviceKind.BOARD)]
    clock = SetClock()
    world = World((), clock, RelayLog(None))
    peers = [reader(1, b"R" * 16, world), module(2, b"M" * 16, world)]
    line = MemoryLine(Bus(setups, 9600, random.Random(1).randbytes), peers, clock)
    line.on_event = lambda event: drive(line, 1, on=True) if isinstance(event, CardPresented) else None
    line.run(2.0)
    peers[0].head.present(Bits(0x2F623AE, 26))
    line.run(0.5)

    assert [card.reader for card in line.happened(CardPresented)] == [5]
    assert peers[0].head.outputs == [False]
    assert peers[1].head.outputs == [False, True]
    assert [event.point.kind for event in line.happened(OutputProved)] == [DeviceKind.BOARD]


def ack(command: object) -> Ack | None:
    """A device that acknowledges the question and tells nothing."""
    return Ack() if code_of(command) == ISTAT else None  # type: ignore[arg-type]  # as the panel's questions are


@pytest.mark.parametrize("answer", [refusing(ISTAT, 9), refusing(ISTAT, 3), refusing(ISTAT, 6), ack])
def test_inputs_that_cannot_be_asked_for_after_a_silent_new_session_are_unknown_within_ten_seconds(
    answer: Answer,
) -> None:
    line, board, world = module_line()
    world.inputs[point(1)] = True
    line.run(1.0)
    stubborn(board, answer)
    board.restart(line.clock.mono_s)
    line.run(9.5)

    assert links(line) == [(5, LinkState.SECURE)]
    assert seen(line) == dict.fromkeys(range(3), InputState.UNKNOWN)
    assert len(line.happened(InputChanged)) == 6

    stubborn(board, lambda _: None)
    board._execute = type(board)._execute.__get__(board)  # type: ignore[method-assign]  # it is well again
    line.run(6.0)
    assert seen(line) == {0: InputState.NORMAL, 1: InputState.ACTIVE, 2: InputState.NORMAL}
    assert [event.alarm for event in line.happened(BoardAlarmed)].count(LinkAlarm.NAK) <= 1


@pytest.mark.parametrize("error", [3, 9])
def test_one_refusal_after_a_new_session_makes_nothing_unknown(error: int) -> None:
    line, board, world = module_line()
    line.run(1.0)
    stubborn(board, refusing(ISTAT, error, often=1))
    board.restart(line.clock.mono_s)
    world.inputs[point(1)] = True
    line.run(9.5)

    assert seen(line) == {0: InputState.NORMAL, 1: InputState.ACTIVE, 2: InputState.NORMAL}
    assert InputState.UNKNOWN not in [event.state for event in line.happened(InputChanged)]


def test_new_sessions_one_after_the_other_do_not_hide_that_inputs_cannot_be_asked_for() -> None:
    line, board, _ = module_line()
    line.run(1.0)
    stubborn(board, refusing(ISTAT, 9))
    for _ in range(3):
        board.restart(line.clock.mono_s)
        line.run(3.0)

    assert seen(line) == dict.fromkeys(range(3), InputState.UNKNOWN)


def test_inputs_that_were_told_since_the_session_began_are_believed_although_the_question_is_refused() -> None:
    line, board, world = module_line()
    line.run(1.0)
    stubborn(board, refusing(ISTAT, 3))
    board.restart(line.clock.mono_s)
    line.run(1.0)
    world.set_input(point(2), active=True)
    line.run(60.0)

    assert seen(line) == {0: InputState.NORMAL, 1: InputState.NORMAL, 2: InputState.ACTIVE}


@pytest.mark.parametrize("told", [(), (0,)])
def test_inputs_that_a_restarted_board_leaves_out_are_unknown_until_it_tells_them(told: tuple[int, ...]) -> None:
    line, board, world = module_line()
    line.run(1.0)
    stubborn(board, lambda command: InputStatus(told) if code_of(command) == ISTAT else None)
    board.restart(line.clock.mono_s)
    line.run(2.0)
    assert seen(line) == {index: InputState.NORMAL if index < len(told) else InputState.UNKNOWN for index in range(3)}

    board._execute = type(board)._execute.__get__(board)  # type: ignore[method-assign]  # it is well again
    world.inputs[point(1)] = True  # it does not tell it by itself
    line.run(6.0)
    assert seen(line) == {0: InputState.NORMAL, 1: InputState.ACTIVE, 2: InputState.NORMAL}
