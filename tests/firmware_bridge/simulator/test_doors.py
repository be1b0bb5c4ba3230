from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access_control.core.decision.model import LockKind, UnlockWhen
from firmware_bridge.simulator.doors import Doing, Door, Walk

ROUNDS = 1000 if int(os.environ.get("LONG", "0")) else 100

any_door = st.builds(
    Door,
    kind=st.sampled_from(LockKind),
    unlock_when=st.sampled_from(UnlockWhen),
    energised=st.booleans(),
    open=st.booleans(),
    rex_pressed=st.booleans(),
    jammed_open=st.booleans(),
    contact_stuck=st.sampled_from([None, False, True]),
    latch_stuck=st.booleans(),
    lock_stuck=st.sampled_from([None, False, True]),
)


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_door)
def test_whoever_is_inside_gets_out_whatever_is_wrong(door: Door) -> None:
    assert door.leave()
    assert door.open


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_door, st.floats(0.1, 20))
def test_a_person_who_leaves_is_never_kept_waiting(door: Door, patience_s: float) -> None:
    walk = Walk(door, 0.0, out=True, patience_s=patience_s)
    seconds = run_walk(walk)
    assert walk.doing is Doing.PASSED
    assert seconds <= walk.reach_s + walk.pass_s + 0.001
    assert not door.rex_pressed


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_door)
def test_a_locked_and_closed_door_does_not_open_from_outside(door: Door) -> None:
    was_open, released = door.open, door.released
    assert door.pull() is (was_open or released)


def run_walk(walk: Walk, limit_s: float = 100.0) -> float:
    """Let time pass until the person has gone; when that was."""
    now_s = walk.started_s
    walk.step(now_s)
    while not walk.over and now_s < limit_s:
        assert walk.next_s is not None
        now_s = walk.next_s
        walk.step(now_s)
    return now_s


@pytest.mark.parametrize(
    ("unlock_when", "energised", "released"),
    [
        (UnlockWhen.RELAY_ON, False, False),
        (UnlockWhen.RELAY_ON, True, True),
        (UnlockWhen.RELAY_OFF, False, True),
        (UnlockWhen.RELAY_OFF, True, False),
    ],
)
def test_the_wiring_says_which_relay_state_unlocks(unlock_when: UnlockWhen, energised: bool, released: bool) -> None:
    assert Door(unlock_when=unlock_when, energised=energised).released is released


def test_a_magnets_exit_button_cuts_its_power_in_the_wiring() -> None:
    held = Door(kind=LockKind.MAGLOCK, unlock_when=UnlockWhen.RELAY_OFF, energised=True)
    assert not held.released
    held.rex_pressed = True
    assert held.released
    assert held.latch_active


def test_a_strikes_exit_button_releases_nothing_outside() -> None:
    assert not Door(rex_pressed=True).released


def test_maria_waits_for_green_goes_in_and_the_door_closes_behind_her() -> None:
    door = Door()
    maria = Walk(door, 0.0)
    maria.step(0.0)
    assert maria.next_s == 8.0
    door.energised = True
    maria.step(2.0)
    assert maria.next_s == pytest.approx(2.4)
    maria.step(2.4)
    assert door.open
    assert door.contact_active
    maria.step(3.0)
    assert door.open, "she is still in the doorway"
    maria.step(3.9)
    assert not door.open
    assert maria.doing is Doing.PASSED


def test_maria_gives_up_when_nothing_happens() -> None:
    maria = Walk(Door(), 10.0, patience_s=3.0)
    assert run_walk(maria) == 13.0
    assert maria.doing is Doing.GAVE_UP


def test_maria_is_too_slow_and_waits_again() -> None:
    door = Door(energised=True)
    maria = Walk(door, 0.0, patience_s=3.0)
    maria.step(0.0)
    door.energised = False
    maria.step(0.4)
    assert maria.doing is Doing.WAITING
    assert not door.open
    assert run_walk(maria) == 3.0


def test_an_open_door_is_walked_through() -> None:
    door = Door(open=True)
    assert run_walk(Walk(door, 0.0)) == pytest.approx(1.9)
    assert not door.open


@pytest.mark.parametrize(
    ("fault", "contact", "latch"),
    [
        ({}, False, False),
        ({"contact_stuck": True}, True, False),
        ({"latch_stuck": True}, False, True),
        ({"jammed_open": True, "open": True}, True, True),
        ({"contact_stuck": False, "open": True}, False, True),
    ],
)
def test_what_the_contacts_report(fault: dict[str, Any], contact: bool, latch: bool) -> None:
    door = Door(**fault)
    assert (door.contact_active, door.latch_active) == (contact, latch)


def test_a_stuck_lock_ignores_its_relay() -> None:
    door = Door(lock_stuck=True)
    assert door.released
    door.lock_stuck, door.energised = False, True
    assert not door.released


def test_a_jammed_door_does_not_close_and_a_forced_one_was_never_released() -> None:
    door = Door(jammed_open=True)
    assert door.force()
    assert not door.released
    assert not door.close()
    assert door.contact_active
