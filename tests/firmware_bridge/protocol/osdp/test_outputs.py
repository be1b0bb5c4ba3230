"""One reader's outputs: which command goes when, which one must never arrive, and when a lease is over."""

import itertools
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from access_control.core.decision.model import LONGEST_PULSE_S
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import OutputFailed, OutputLapsed, OutputProved, Proof
from firmware_bridge.protocol.osdp.commands import OutputControl, OutputOrder
from firmware_bridge.protocol.osdp.outputs import OVERTAKEN, TOO_LATE, Pending
from tests.building.memory_line import output
from tests.building.outputs_desk import HOLD_ON, LOCKDOWN, Desk


def test_no_lease_is_longer_than_the_longest_pulse_whatever_is_asked() -> None:
    desk = Desk()
    desk.submit(desk.grant(lease_s=1e9))
    order = desk.deliver().order(desk.clock.mono_s, timed=True)
    assert order == OutputOrder(0, OutputControl.ON_FOR_TIMER, int(LONGEST_PULSE_S * 10))
    desk.pass_time(LONGEST_PULSE_S)
    assert [type(event) for event in desk.told][-1] is OutputLapsed


def test_a_grant_is_sent_and_its_acknowledgement_is_proof() -> None:
    desk = Desk()
    desk.submit(desk.grant())

    assert desk.outputs.urgency() is Urgency.GRANT
    desk.deliver()

    assert desk.outputs.urgency() is None
    assert desk.outputs.take(desk.clock.mono_s) is None
    assert desk.told == [OutputProved(desk.clock.moment(), output(7), energised=True, proof=Proof.ACKNOWLEDGED)]


def test_a_grant_that_waited_too_long_is_dropped_and_reported() -> None:
    desk = Desk()
    desk.submit(desk.grant(expires_in_s=2.0))
    assert desk.outputs.next_s() == desk.clock.mono_s + 2.0

    desk.pass_time(2.0)

    assert desk.outputs.take(desk.clock.mono_s) is None
    assert desk.told == [OutputFailed(desk.clock.moment(), output(7), energised=True, why=TOO_LATE, expired=True)]


def test_an_energised_command_whose_lease_is_over_before_it_was_sent_is_dropped() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)

    desk.pass_time(10.0)

    assert isinstance(desk.told[0], OutputFailed)
    assert desk.outputs.urgency() is None


def test_a_lockdown_waits_for_ever_and_kills_a_waiting_grant() -> None:
    desk = Desk()
    desk.submit(desk.grant())
    desk.submit(LOCKDOWN)
    assert desk.told == [OutputFailed(desk.clock.moment(), output(7), energised=True, why=OVERTAKEN, superseded=True)]

    desk.pass_time(3600.0)

    assert desk.take().command == LOCKDOWN
    assert desk.outputs.take(desk.clock.mono_s) is None
    assert len(desk.told) == 1


def test_an_unlock_by_the_hours_that_a_lockdown_overtakes_is_told() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.submit(LOCKDOWN)
    assert desk.told == [OutputFailed(desk.clock.moment(), output(7), energised=True, why=OVERTAKEN, superseded=True)]


def test_a_grant_that_the_hours_overtake_loses_nothing() -> None:
    desk = Desk()
    desk.submit(desk.grant())
    desk.submit(HOLD_ON)
    assert desk.told == []
    assert desk.take().command == HOLD_ON


def test_a_permitted_grant_after_a_lockdown_goes_behind_it_and_does_not_erase_it() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    desk.submit(desk.grant())

    assert desk.take().command == LOCKDOWN
    assert desk.take().command.energised

    desk.submit(LOCKDOWN)
    desk.submit(desk.grant(expires_in_s=1.0))
    desk.pass_time(1.0)
    assert desk.take().command == LOCKDOWN


def test_the_most_urgent_output_goes_first() -> None:
    desk = Desk()
    desk.submit(DriveOutput(output(7, 1), energised=False, lease_s=0.0, urgency=Urgency.ROUTINE))
    desk.submit(LOCKDOWN)

    assert desk.take().command == LOCKDOWN


def test_a_lease_that_nobody_renews_switches_the_output_off() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.deliver()
    assert desk.outputs.next_s() == desk.clock.mono_s + 10.0

    desk.pass_time(10.0)

    assert desk.told[-1] == OutputLapsed(desk.clock.moment(), output(7))
    assert not desk.take().command.energised


def test_a_renewed_lease_goes_on() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.deliver()
    desk.pass_time(9.0)
    desk.submit(HOLD_ON)

    desk.pass_time(2.0)

    assert OutputLapsed not in map(type, desk.told)
    assert desk.take().command == HOLD_ON


def test_a_lease_counts_even_if_nobody_knows_whether_the_command_arrived() -> None:
    desk = Desk()
    desk.submit(desk.grant(lease_s=5.0))
    desk.take()

    desk.pass_time(5.0)

    assert not desk.take().command.energised


def test_an_output_that_is_being_switched_off_does_not_lapse() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.deliver()
    desk.submit(LOCKDOWN)

    desk.pass_time(10.0)

    assert OutputLapsed not in map(type, desk.told)
    assert desk.deliver().command == LOCKDOWN
    assert desk.outputs.next_s() is None


def test_a_command_that_got_lost_goes_again() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    lost = desk.take()
    desk.outputs.give_back(lost, desk.clock.moment())

    assert desk.take() is lost


def test_a_lost_grant_goes_again_unless_something_newer_waits() -> None:
    desk = Desk()
    desk.submit(desk.grant())
    lost = desk.take()
    desk.outputs.give_back(lost, desk.clock.moment())
    assert desk.take() is lost

    desk.submit(LOCKDOWN)
    desk.outputs.give_back(lost, desk.clock.moment())

    assert desk.told == [OutputFailed(desk.clock.moment(), output(7), energised=True, why=OVERTAKEN, superseded=True)]
    assert desk.take().command == LOCKDOWN
    assert desk.outputs.urgency() is None


def test_a_newer_command_wins_over_a_lost_one_and_that_is_told() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    lost = desk.take()
    desk.submit(LOCKDOWN)
    desk.outputs.give_back(lost, desk.clock.moment())

    assert [(event.energised, event.superseded) for event in desk.told if isinstance(event, OutputFailed)] == [
        (True, True)
    ]
    assert desk.take().command == LOCKDOWN
    assert desk.outputs.take(desk.clock.mono_s) is None


def test_a_reader_that_is_unable_for_a_moment_is_asked_again_twice() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    for _ in range(3):
        desk.outputs.refused(desk.take(), "It would not.", desk.clock.moment(), again=True)

    assert desk.told == [OutputFailed(desk.clock.moment(), output(7), energised=False, why="It would not.")]
    assert desk.outputs.take(desk.clock.mono_s) is None


def test_a_reader_that_will_never_do_it_is_not_asked_again() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    desk.outputs.refused(desk.take(), "It has no such output.", desk.clock.moment(), again=False)

    assert desk.outputs.urgency() is None


def test_a_command_too_late_in_flight_is_reported() -> None:
    desk = Desk()
    desk.submit(desk.grant())
    desk.outputs.dropped(desk.take(), desk.clock.moment())

    assert desk.told == [OutputFailed(desk.clock.moment(), output(7), energised=True, why=TOO_LATE, expired=True)]


def test_reading_back_proves_only_what_we_moved() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    desk.submit(DriveOutput(output(7, 1), energised=False, lease_s=0.0, urgency=Urgency.ROUTINE))
    desk.submit(DriveOutput(output(7, 9), energised=False, lease_s=0.0, urgency=Urgency.ROUTINE))
    assert desk.outputs.told_s() is None
    desk.deliver()
    desk.take()
    desk.deliver()
    desk.told.clear()

    desk.outputs.read_back((1, 0), desk.clock.moment())

    assert desk.outputs.told_s() == desk.clock.mono_s
    assert desk.told == [OutputProved(desk.clock.moment(), output(7), energised=True, proof=Proof.READ_BACK)]


def test_a_new_session_sends_again_what_still_holds() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    held = desk.deliver()

    desk.outputs.new_session(desk.clock.mono_s + 1.0)
    assert desk.take() is held

    desk.outputs.new_session(desk.clock.mono_s + 11.0)
    assert desk.outputs.take(desk.clock.mono_s) is None


def test_a_new_session_repeats_no_grant_and_overtakes_nothing() -> None:
    desk = Desk()
    desk.submit(desk.grant())
    desk.deliver()
    desk.outputs.new_session(desk.clock.mono_s)
    assert desk.outputs.urgency() is None

    desk.submit(HOLD_ON)
    desk.deliver()
    desk.submit(LOCKDOWN)
    desk.outputs.new_session(desk.clock.mono_s)
    assert desk.take().command == LOCKDOWN


def test_a_new_session_before_anything_was_delivered_sends_nothing_extra() -> None:
    desk = Desk()
    desk.submit(LOCKDOWN)
    desk.outputs.new_session(desk.clock.mono_s)

    assert desk.take().command == LOCKDOWN
    assert desk.outputs.take(desk.clock.mono_s) is None


def test_at_the_end_everything_that_was_used_goes_off() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.deliver()
    desk.submit(desk.grant())

    desk.outputs.all_off(desk.clock.moment())

    assert desk.take().command == LOCKDOWN
    assert desk.outputs.take(desk.clock.mono_s) is None


def test_both_waiting_commands_have_their_deadlines() -> None:
    desk = Desk()
    desk.submit(HOLD_ON)
    desk.submit(desk.grant(expires_in_s=1.0))

    assert desk.outputs.next_s() == desk.clock.mono_s + 1.0


def test_what_the_reader_is_told() -> None:
    on, off = Pending(HOLD_ON, 110.0), Pending(LOCKDOWN, 100.0)

    assert off.order(100.0, timed=True) == OutputOrder(0, OutputControl.OFF)
    assert on.order(100.0, timed=False) == OutputOrder(0, OutputControl.ON)
    assert on.order(100.0, timed=True) == OutputOrder(0, OutputControl.ON_FOR_TIMER, 100)
    assert on.order(200.0, timed=True).timer == 1
    assert on.order(99.9, timed=True).timer == 100, "never longer than asked"
    forever = Pending(replace(HOLD_ON, lease_s=1e6), 1e6)
    assert forever.order(100.0, timed=True).timer == 10 * LONGEST_PULSE_S


WISHES = ["grant", "grant for 1 s", "hold", "lockdown"]
ENDS = ["take", "deliver", "give back", "refuse", "refuse for good", "refuse in clear", "all off", "anew", "wait"]
TURNS = st.lists(st.tuples(st.sampled_from(WISHES), st.lists(st.sampled_from(ENDS), max_size=3)), max_size=10)


def happen(desk: Desk, deed: str, taken: list[Pending]) -> None:
    moment = desk.clock.moment()
    match deed:
        case "grant" | "grant for 1 s":
            desk.submit(desk.grant(lease_s=1.0 if deed == "grant for 1 s" else 5.0))
        case "hold" | "lockdown":
            desk.submit(HOLD_ON if deed == "hold" else LOCKDOWN)
        case "take":
            pending = desk.outputs.take(desk.clock.mono_s)
            taken += [pending] if pending else []
        case "deliver" | "give back" | "refuse" | "refuse for good" | "refuse in clear" if not taken:
            pass
        case "deliver":
            desk.outputs.acknowledged(taken.pop(), moment)
        case "give back":
            desk.outputs.give_back(taken.pop(), moment)
        case "refuse" | "refuse for good":
            desk.outputs.refused(taken.pop(), "busy", moment, again=deed == "refuse")
        case "refuse in clear":
            desk.refuse_in_clear(taken.pop())
        case "all off":
            desk.outputs.all_off(moment)
        case "anew":
            desk.outputs.new_session(desk.clock.mono_s)
        case _:
            desk.pass_time(0.7)


@settings(deadline=None)
@example([("hold", ["take"]), ("lockdown", ["take", "deliver"])])
@example([("grant", ["take", "give back", "wait", "wait", "wait"])])
@given(TURNS)
def test_what_waits_is_known_after_whatever_happened(turns: list[tuple[str, list[str]]]) -> None:
    desk = Desk()
    taken: list[Pending] = []
    for deed in itertools.chain.from_iterable((wish, *ends) for wish, ends in turns):
        happen(desk, deed, taken)
        known = desk.outputs.urgency(), desk.outputs.next_s()
        desk.outputs._changed()
        assert known == (desk.outputs.urgency(), desk.outputs.next_s())


@settings(deadline=None)
@example([("hold", ["take", "deliver"]), ("lockdown", ["take", "refuse for good", "anew"])])
@example([("hold", ["take", "deliver"]), ("lockdown", ["take", "refuse in clear", "anew"])])
@example([("hold", ["take"]), ("lockdown", ["deliver", "take"]), ("grant", ["refuse for good", "anew"])])
@given(TURNS)
def test_no_session_sends_an_older_wish_than_the_newest(turns: list[tuple[str, list[str]]]) -> None:
    desk = Desk()
    flying: list[Pending] = []
    newest, ends_s = None, 0.0
    for deed in itertools.chain.from_iterable((wish, *ends) for wish, ends in turns):
        if deed == "take" and flying:
            continue  # one command at a time is on its way
        told = len(desk.told)
        happen(desk, deed, flying)
        now_s = desk.clock.mono_s
        if deed in ("hold", "lockdown", "all off"):
            newest, ends_s = deed == "hold", now_s + HOLD_ON.lease_s
        if now_s >= ends_s or any(isinstance(event, OutputLapsed) for event in desk.told[told:]):
            newest = False  # nobody has renewed it
        waiting = [pending for pending in desk.outputs.standing() if not pending.too_late(now_s)]
        assert all(pending.command.energised is newest for pending in waiting)
