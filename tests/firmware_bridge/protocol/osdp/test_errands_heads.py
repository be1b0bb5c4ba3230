"""Heads of a reader that were pulled off their cable or opened."""

from firmware_bridge.controller.events import ReaderTampered
from firmware_bridge.protocol.osdp.commands import AskReaders
from firmware_bridge.protocol.osdp.replies import Capability, Function, ReaderStatus
from tests.building.errands_desk import Desk, able


def test_a_head_that_was_told_as_gone_is_asked_about_until_it_is_back() -> None:
    """It tells nobody by itself that it is back; the reader's own switch (LSTAT) is another one."""
    desk = Desk(can=able(Capability(Function.READERS, 0, 1)))
    desk.errands.new_session(desk.clock.mono_s)
    for answer in (ReaderStatus((2,)), ReaderStatus((1,)), ReaderStatus((0,))):
        while desk.next():
            pass
        desk.clock.go_on(5.0)
        assert desk.errands.waiting(desk.clock.mono_s)
        assert desk.next() == AskReaders()
        desk.errands.answered(AskReaders(), answer, desk.clock.moment())
    desk.clock.go_on(5.0)
    assert desk.next() is None
    assert [event.tampered for event in desk.told if isinstance(event, ReaderTampered)] == [True, False]


def test_a_head_that_is_told_as_gone_by_itself_is_asked_about_until_it_is_back() -> None:
    desk = Desk(can=able(Capability(Function.READERS, 0, 1)))
    desk.errands.unasked(ReaderStatus((2,)), desk.clock.moment())
    for answer in (ReaderStatus((2,)), ReaderStatus((0,))):
        assert desk.next() is None
        desk.clock.go_on(5.0)
        assert desk.next() == AskReaders()
        desk.errands.answered(AskReaders(), answer, desk.clock.moment())
    desk.clock.go_on(5.0)
    assert desk.next() is None


def test_a_head_that_is_told_as_gone_again_and_again_is_asked_about_every_five_seconds_and_no_more() -> None:
    desk = Desk(can=able(Capability(Function.READERS, 0, 1)))
    asked = 0
    for _ in range(60):
        desk.errands.unasked(ReaderStatus((2,)), desk.clock.moment())
        while (question := desk.next()) is not None:
            asked += question == AskReaders()
            desk.errands.answered(AskReaders(), ReaderStatus((2,)), desk.clock.moment())
        desk.clock.go_on(1.0)
    assert asked == 11
