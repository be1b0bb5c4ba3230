"""How often outputs are asked for."""

from firmware_bridge.controller.events import (
    OutputProved,
)
from firmware_bridge.protocol.osdp.commands import (
    AskOutputs,
)
from firmware_bridge.protocol.osdp.replies import (
    Capabilities,
    OutputStatus,
)
from tests.building.errands_desk import Desk


def test_outputs_are_read_back_every_five_seconds_once_one_was_moved() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    desk.next()
    desk.next()
    desk.lock()
    assert desk.next() is None

    desk.clock.go_on(5.0)
    assert desk.next() == AskOutputs()
    assert desk.next() is None
    desk.errands.answered(AskOutputs(), OutputStatus((1,)), desk.clock.moment())

    assert isinstance(desk.told[-1], OutputProved)
    assert desk.told[-1].energised


def test_a_door_that_people_come_through_is_read_back_once_it_is_quiet() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    desk.next()
    desk.next()
    for _ in range(3):
        desk.clock.go_on(4.0)
        desk.lock()
        assert desk.next() is None

    desk.clock.go_on(4.9)
    assert desk.next() is None
    desk.clock.go_on(0.1)
    assert desk.next() == AskOutputs()


def test_a_door_that_is_never_quiet_is_read_back_twice_a_minute() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    asked = 0
    for _ in range(120):
        desk.clock.go_on(1.0)
        desk.lock()
        while (question := desk.next()) is not None:
            asked += question == AskOutputs()

    assert asked == 4


def test_an_output_that_was_not_moved_of_late_is_read_back_although_another_one_is_busy() -> None:
    desk = Desk()
    desk.errands.new_session(desk.clock.mono_s)
    desk.next()
    desk.next()
    desk.lock(index=1)
    desk.clock.go_on(4.0)
    desk.lock()
    desk.clock.go_on(1.0)

    assert desk.next() == AskOutputs()


def test_a_reader_is_not_read_back_if_it_cannot_or_must_not() -> None:
    cannot, must_not = Desk(can=Capabilities(())), Desk(read_back=False)
    for desk in (cannot, must_not):
        desk.lock()
        desk.clock.go_on(5.0)
        assert desk.next() is None
