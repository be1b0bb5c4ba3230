"""Who opened a door: an unlock that has just ended is no intruder, and extended time counts at an open door too."""

from __future__ import annotations

import pytest

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Orders, Override, OverrideEffect, Policy, Revision, Timetable
from firmware_bridge.controller.commands import Command, RecordEvent
from firmware_bridge.controller.events import OrdersAccepted, PolicyAccepted
from firmware_bridge.store.uuid7 import uuid7
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import ALWAYS, T0, changed

HOURS = changed(doors={1: {"scheduled_unlock": Timetable(starts=(T0 - 3600,), ends=(T0 + 60,))}})


def told(said: list[Command], *codes: str) -> list[tuple[str, object]]:
    events = [command for command in said if isinstance(command, RecordEvent)]
    return [(event.code, event.detail.get("by", "")) for event in events if event.code in codes]


def opened(play: Playbook, door: str) -> list[tuple[str, object]]:
    return told(play.play(["open", door]), "DOOR_OPENED", "DOOR_FORCED")


def do(play: Playbook, *lines: str) -> list[Command]:
    return [command for line in lines for command in play.play(line.split())]


@pytest.mark.parametrize("seconds", [59.88, 59.95, 60.1, 60.4])
def test_an_opening_as_the_hours_end_is_not_forced(seconds: float) -> None:
    play = Playbook(HOURS)
    # The playbook has waited a moment already, and an opening counts when its contact has held still.
    play.wait(seconds - 0.06)
    assert opened(play, "front") == [("DOOR_OPENED", "schedule")]


def test_an_opening_a_second_after_the_hours_is_forced() -> None:
    play = Playbook(HOURS)
    play.wait(61)
    assert opened(play, "front") == [("DOOR_FORCED", "")]


def test_an_opening_as_an_operators_unlock_ends_is_not_forced() -> None:
    play = Playbook()
    made = Override(uuid7(play.moment.at), 1, OverrideEffect.UNLOCK, "desk", "x", T0 + 60)
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), DirectiveSet(), (made,))))
    play.wait(59.85)
    assert opened(play, "front") == [("DOOR_OPENED", "manual_unlock")]


def test_a_leaf_that_moves_as_a_lockdown_locks_the_door_is_not_secure_but_nobody_forced_it() -> None:
    play = Playbook(changed(doors={1: {"scheduled_unlock": ALWAYS}}))
    do(play, "lockdown site", "wait 0.02")
    said = play.play(["open", "front"])
    assert told(said, "DOOR_OPENED", "DOOR_FORCED") == [("DOOR_OPENED", "schedule")]
    assert told(said, "SECURE_FAILED")
    do(play, "close front", "wait 0.6")
    assert opened(play, "front") == [("DOOR_FORCED", "")]


def test_an_opening_as_the_hold_of_an_exit_ends_is_not_forced() -> None:
    play = Playbook()
    do(play, "rex hall on", "rex hall off", "wait 29.96")
    assert opened(play, "hall") == [("DOOR_OPENED", "egress")]


def test_an_opening_as_a_fire_is_over_is_not_forced() -> None:
    play = Playbook()
    do(play, "fire on", "fire off")
    assert opened(play, "hall") == [("DOOR_OPENED", "fire")]


@pytest.mark.parametrize(("seconds", "expected"), [(14.96, "DOOR_OPENED"), (15.1, "DOOR_FORCED")])
def test_an_exit_excuses_what_moved_within_its_time_and_was_believed_just_after_it(
    seconds: float, expected: str
) -> None:
    play = Playbook()
    do(play, "rex front on", "rex front off", f"wait {seconds}")
    assert [code for code, _ in opened(play, "front")] == [expected]


def test_a_policy_that_ends_the_hours_makes_no_intruder_either() -> None:
    play = Playbook(changed(doors={1: {"scheduled_unlock": ALWAYS}}))
    accept(play, changed())
    assert opened(play, "front") == [("DOOR_OPENED", "schedule")]


def accept(play: Playbook, policy: Policy) -> None:
    play.tell(PolicyAccepted(play.moment, policy))


def held(play: Playbook, seconds: float) -> list[str]:
    said = play.wait(seconds)
    return [code for code, _ in told(said, "DOOR_HELD_PREALARM", "DOOR_HELD", "DOOR_HELD_CLEARED")]


def test_extended_time_counts_at_a_door_that_stands_open_already() -> None:
    play = Playbook()
    do(play, "card front ada", "open front", "wait 5", "card front eve")
    assert held(play, 49.9) == []
    assert held(play, 0.2) == ["DOOR_HELD_PREALARM"]
    assert held(play, 10) == ["DOOR_HELD"]


def test_extended_time_ends_the_warning_that_sounds_already() -> None:
    play = Playbook()
    do(play, "card front ada", "open front", "wait 25")
    assert play.door("front").alarm == "held_pre_alarm"
    do(play, "card front eve")
    assert play.door("front").alarm == "none"
    assert held(play, 49) == []


def test_extended_time_does_not_end_the_alarm_of_a_door_that_was_propped_open_before() -> None:
    play = Playbook()
    do(play, "card front ada", "open front", "wait 31")
    do(play, "card front eve")
    assert play.door("front").alarm == "held"
    assert held(play, 100) == []
    assert play.door("front").alarm == "held"


def test_somebody_without_extended_time_makes_an_open_door_no_younger() -> None:
    play = Playbook()
    do(play, "card front ada", "open front", "wait 15", "card front pia")
    assert held(play, 5.1) == ["DOOR_HELD_PREALARM"]
