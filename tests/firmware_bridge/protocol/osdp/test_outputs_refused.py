"""Output commands that are refused in the clear, which anybody at the line can do: no wish is lost by that."""

from firmware_bridge.controller.commands import Urgency
from firmware_bridge.controller.events import OutputFailed
from tests.building.outputs_desk import HOLD_ON, LOCKDOWN, Desk


def test_a_lock_that_is_refused_in_the_clear_waits_goes_again_after_a_second_and_is_told_once() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    for _ in range(5):
        desk.refuse_in_clear(desk.take())
        assert desk.outputs.take(desk.clock.mono_s) is None
        assert desk.outputs.urgency() is None
        assert desk.outputs.next_s() == desk.clock.mono_s + 1.0
        desk.pass_time(1.0)
        assert desk.outputs.urgency() is Urgency.EMERGENCY

    assert [event.energised for event in desk.told if isinstance(event, OutputFailed)] == [False]
    assert desk.deliver().command == LOCKDOWN


def test_one_that_is_refused_in_the_clear_and_taken_in_turns_is_told_once_until_a_minute_was_quiet() -> None:
    desk = Desk()
    for pause_s in (1.0, 1.0, 60.0, 0.0):
        desk.submit(LOCKDOWN)
        desk.refuse_in_clear(desk.take())
        desk.pass_time(1.0)
        desk.deliver()
        desk.pass_time(pause_s)

    assert len([event for event in desk.told if isinstance(event, OutputFailed)]) == 2


def test_a_newer_wish_does_not_wait_for_the_pause_of_an_older_one() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.refuse_in_clear(desk.take())
    desk.submit(LOCKDOWN)

    assert desk.take().command == LOCKDOWN


def test_a_newer_wish_takes_the_place_of_one_that_is_refused_in_the_clear_in_flight() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    flying = desk.take()
    desk.submit(LOCKDOWN)
    desk.refuse_in_clear(flying)

    assert desk.take().command == LOCKDOWN
    assert [event.superseded for event in desk.told if isinstance(event, OutputFailed)] == [True]


def test_whoever_may_pass_meanwhile_is_not_locked_out_by_the_lock_that_is_said_again() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    desk.refuse_in_clear(desk.take())
    desk.submit(desk.grant(lease_s=5.0))

    assert desk.deliver().command.energised
    desk.pass_time(4.9)
    assert desk.outputs.take(desk.clock.mono_s) is None
    desk.pass_time(0.1)
    assert desk.take().command == LOCKDOWN


def test_a_grant_that_is_refused_in_the_clear_fails_and_holds_up_no_lock() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    desk.refuse_in_clear(desk.take())
    desk.submit(desk.grant(lease_s=5.0))
    desk.refuse_in_clear(desk.take())

    assert [event.energised for event in desk.told if isinstance(event, OutputFailed)] == [False, True]
    desk.pass_time(1.0)
    assert desk.take().command == LOCKDOWN


def test_a_new_session_does_not_unlock_again_what_a_failed_command_was_to_lock() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.deliver()
    desk.submit(LOCKDOWN)
    desk.outputs.refused(desk.take(), "It has no such output.", desk.clock.moment(), again=False)

    desk.outputs.new_session(desk.clock.mono_s)

    assert desk.outputs.take(desk.clock.mono_s) is None


def test_at_the_end_what_rests_goes_off_at_once() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.refuse_in_clear(desk.take())

    desk.outputs.all_off(desk.clock.moment())

    assert desk.take().command == LOCKDOWN
