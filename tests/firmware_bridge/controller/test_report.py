"""Whether a door may be called secured, and what is said if not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.model import LockKind, UnlockWhen
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed


def test_secured_needs_everything() -> None:
    play = Playbook()
    assert [(door.number, door.security, door.why) for door in play.status().doors if door.number != "4"] == [
        (number, "secured", "") for number in ("1", "2", "3", "5")
    ]
    assert play.door("shed").security == "not_monitored"
    assert "no contact" in play.door("shed").why


@pytest.mark.parametrize(
    ("happens", "door", "security", "why"),
    [
        ("open front", "front", "not_secure", "The door is open. Walk there and close it."),
        ("cut front", "front", "unknown", "The door contact cannot be read. Walk there and check."),
        ("card front ada", "front", "not_secure", "Somebody who was admitted is going through."),
        ("fire on", "hall", "not_secure", "The fire input holds this door unlocked."),
        ("rex hall on", "hall", "not_secure", "Somebody is leaving through this door."),
        ("evacuate site", "hall", "not_secure", "Evacuate holds this door unlocked."),
        ("latch room12 loose", "room12", "unknown", "The latch has not proved that it is thrown."),
        ("board down", "gate", "unknown", "The device that moves the lock does not answer. Walk there and check."),
        ("wait 11 unproved", "gate", "unknown", "The lock has not proved that it is locked."),
        ("prove gate off sent", "gate", "unknown", "The lock has not proved that it is locked."),
    ],
)
def test_what_keeps_a_door_from_being_secured(happens: str, door: str, security: str, why: str) -> None:
    play = Playbook()
    play.play(happens.split())
    assert (play.door(door).security, play.door(door).why) == (security, why)


def test_a_latch_that_stays_loose_is_known_to_be_wrong() -> None:
    play = Playbook()
    play.play(["latch", "room12", "loose"])
    play.wait(4)
    assert play.door("room12").security == "not_secure"


def test_a_lock_without_power_is_not_secure_where_power_holds_it() -> None:
    """No Policy may say so any more; should one, the door is not called secure."""
    policy = changed()
    door = policy.doors[3]
    lockset = replace(door.lock, kind=LockKind.LOCKSET, unlock_when=UnlockWhen.RELAY_OFF)
    play = Playbook(replace(policy, doors={**policy.doors, 3: replace(door, lock=lockset)}))
    play.play(["fire", "on"])
    assert (play.door("room12").command, play.door("room12").why) == ("relay_off", "The lock has no power.")


def test_proof_ages_and_the_status_with_it() -> None:
    play = Playbook()
    now = play.moment.mono_s
    fresh, old = play.controller.status(now + 5).door(1), play.controller.status(now + 11).door(1)
    assert (fresh.proved, fresh.security) == (True, "secured")
    assert (old.proved, old.security) == (False, "unknown")
    assert old.proof_age_s is not None
    assert old.proof_age_s > 10


def test_a_drill_is_shown_as_one() -> None:
    play = Playbook()
    play.play(["lockdown", "building:1", "drill"])
    assert play.door("front").drill
    play.play(["secure", "site"])
    assert not play.door("front").drill
    assert play.door("front").directives == ("asked-1", "asked-2")
    assert not play.door("shed").drill
