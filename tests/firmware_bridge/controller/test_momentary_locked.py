"""An unlock that runs when a lock comes: responders keep theirs, everybody else stands before a locked door."""

from __future__ import annotations

import pytest

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Orders, Override, OverrideEffect, Revision
from firmware_bridge.controller.commands import Command, RecordEvent
from firmware_bridge.controller.events import OrdersAccepted
from firmware_bridge.store.uuid7 import uuid7
from tests.firmware_bridge.controller.playbook import Playbook


def codes(said: list[Command]) -> list[str]:
    return [command.code for command in said if isinstance(command, RecordEvent)]


def do(play: Playbook, *lines: str) -> list[str]:
    return [code for line in lines for code in codes(play.play(line.split()))]


@pytest.mark.parametrize("action", ["lockdown", "secure"])
def test_a_responder_admitted_just_before_an_emergency_still_gets_in(action: str) -> None:
    play = Playbook()
    do(play, "card front olga", "wait 0.3", f"{action} site")
    assert play.door("front").command == "unlock"
    do(play, "wait 4.6")
    assert play.door("front").command == "unlock"
    do(play, "wait 0.2")
    assert play.door("front").command == "lock"


@pytest.mark.parametrize("effect", [OverrideEffect.LOCK, OverrideEffect.BLOCK])
def test_an_operators_lock_takes_the_unlock_from_everybody_but_responders(effect: OverrideEffect) -> None:
    play = Playbook()
    do(play, "card front olga", "card gate ada")
    orders = tuple(Override(uuid7(play.moment.at), door, effect, "desk", "x", None) for door in (1, 5))
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), DirectiveSet(), orders)))
    assert play.door("front").command == "unlock"
    assert play.door("gate").command == "lock"


def test_a_longer_unlock_that_a_responder_shared_ends_with_theirs() -> None:
    play = Playbook()
    do(play, "card front eve", "card front olga", "wait 1", "lockdown site", "wait 3.9")
    assert play.door("front").command == "unlock"
    do(play, "wait 0.2")
    assert play.door("front").command == "lock"


def test_a_longer_unlock_goes_on_for_a_responder_no_longer_than_theirs_was() -> None:
    play = Playbook()
    do(play, "card front olga", "wait 4", "card front eve", "wait 2", "lockdown site")
    assert play.door("front").command == "lock"


def test_fire_that_cuts_a_locks_power_takes_it_from_responders_too() -> None:
    play = Playbook()
    do(play, "card room12 olga", "fire on")
    assert play.door("room12").command == "relay_off"
    do(play, "fire off", "reset room12")
    assert play.door("room12").command == "lock"


def test_a_responder_who_keeps_tapping_gets_in_again_as_soon_as_the_unlock_is_over() -> None:
    play = Playbook()
    do(play, "card front olga", "wait 0.3", "lockdown site")
    granted = sum(do(play, "wait 1", "card front olga").count("GRANTED_RESPONDER") for _ in range(20))
    assert granted == 4


def test_a_lock_that_takes_an_unlock_lets_the_same_card_be_judged_at_once() -> None:
    play = Playbook()
    do(play, "card room12 ada", "wait 0.3", "lockdown site")
    assert play.door("room12").command == "lock"
    assert do(play, "card room12 ada") == ["ACCESS_GRANTED"]
    assert play.door("room12").command == "unlock"


def test_a_card_that_is_held_while_its_owner_goes_through_does_not_unlock_behind_them() -> None:
    play = Playbook()
    do(play, "card front ada", "wait 0.5", "card front ada", "open front", "wait 0.6")
    assert play.door("front").command == "lock"
    assert do(play, "card front ada") == []
    assert play.door("front").command == "lock"


def test_a_card_that_is_left_at_a_reader_does_not_keep_its_door_unlocked() -> None:
    play = Playbook()
    do(play, "card front ada")
    granted = sum(do(play, "wait 1", "card front ada").count("ACCESS_GRANTED") for _ in range(120))
    assert granted == 4
    assert play.door("front").command == "lock"

    do(play, "wait 3")
    assert do(play, "card front ada") == ["ACCESS_GRANTED"]
