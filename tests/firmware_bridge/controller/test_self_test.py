"""A lock is tried only at a door that is proved secured, through its slots, and passes only if it is secured again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access_control.core.decision.slots import Effect
from firmware_bridge.controller.commands import Command, DriveOutput, RecordEvent, Urgency
from firmware_bridge.controller.events import (
    InputChanged,
    InputState,
    OutputProved,
    PolicyAccepted,
    Proof,
    SelfTestAsked,
)
from firmware_bridge.controller.self_test import AFTERWARDS_S, PULSE_S
from firmware_bridge.controller.status import Security
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import DOORS, changed, output, wired, without_doors

WATCHED_MAGNET = {DOORS["hall"]: {"latch": wired(DOORS["hall"], 2)}}


def ask(play: Playbook, door: str = "front") -> list[Command]:
    return play.tell(SelfTestAsked(play.moment, "test-1", DOORS.get(door, 99), "local:ina"))


def records(commands: list[Command]) -> list[RecordEvent]:
    return [command for command in commands if isinstance(command, RecordEvent)]


def moves(commands: list[Command]) -> list[bool]:
    return [command.energised for command in commands if isinstance(command, DriveOutput)]


def prove(play: Playbook, door: str, *, on: bool, proof: Proof = Proof.ACKNOWLEDGED) -> list[Command]:
    return play.tell(OutputProved(play.moment, output(DOORS[door]), on, proof))


def latch(play: Playbook, state: InputState, door: str) -> list[Command]:
    return play.tell(InputChanged(play.moment, wired(DOORS[door], 2), state))


def pulse(play: Playbook, door: str = "front", *, on: bool = True) -> list[Command]:
    """The relay moves there and back, and says so each time after a tenth of a second."""
    said = play.wait(0.1, proving=False) + prove(play, door, on=on)
    said += play.wait(PULSE_S - 0.1, proving=False)
    return said + play.wait(0.1, proving=False) + prove(play, door, on=not on)


def test_a_good_lock_passes_and_says_what_was_seen() -> None:
    play = Playbook()
    begun = ask(play)
    assert [(record.code, dict(record.detail)) for record in records(begun)] == [
        ("SELF_TEST_STARTED", {"by": "local:ina", "test": "test-1"})
    ]
    (drive,) = (command for command in begun if isinstance(command, DriveOutput))
    assert (drive.energised, drive.lease_s, drive.urgency) == (True, PULSE_S, Urgency.GRANT)
    said = pulse(play)
    (passed,) = records(said)
    assert (passed.code, passed.door) == ("SELF_TEST_PASSED", DOORS["front"])
    assert dict(passed.detail) == {
        "by": "local:ina",
        "test": "test-1",
        "unlock_ms": 100,
        "unlock_proof": "acknowledged",
        "relock_ms": 100,
        "relock_proof": "acknowledged",
        "contact": "stayed_closed",
        "latch": "not_fitted",
    }
    assert moves(said) == [False]
    assert play.door("front").security is Security.SECURED
    assert records(play.wait(30.0)) == []


def test_nobody_is_missed_at_a_door_that_was_only_tried() -> None:
    play = Playbook()
    ask(play)
    pulse(play)
    play.run("""
        >> wait 10
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 6
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front by ada
    """)


def refused(play: Playbook, door: str = "front") -> str:
    said = ask(play, door)
    assert moves(said) == []
    (record,) = records(said)
    assert (record.code, record.detail["test"], record.detail["by"]) == ("ACTION_REFUSED", "test-1", "local:ina")
    return str(record.detail["why"])


@pytest.mark.parametrize(
    ("before", "door", "why"),
    [
        ([], "nowhere", "no such door"),
        ([], "shed", "no contact"),
        (["open front"], "front", "The door is open"),
        (["cut front"], "front", "contact cannot be read"),
        (["board down"], "front", "does not answer"),
        (["latch room12 loose"], "room12", "latch has not proved"),
        (["card front ada"], "front", "was admitted is going through"),
        (["lockdown site"], "front", "An emergency is in force"),
        (["heard evacuate d1 hall"], "hall", "An emergency is in force"),
        (["heard hold d1 site drill"], "front", "An emergency is in force"),
        (["fire on"], "room12", "more important locks this door"),
        (["fire on"], "hall", "fire input holds this door unlocked"),
    ],
)
def test_when_it_is_refused(before: list[str], door: str, why: str) -> None:
    play = Playbook()
    for line in before:
        play.play(line.split())
    if before == ["lockdown site"] or "fire on" in before:
        play.play(["prove", "all"])
    assert why in refused(play, door)


def test_a_door_whose_proof_grew_old_is_refused() -> None:
    play = Playbook()
    play.wait(11.0, proving=False)
    assert "has not proved that it is locked" in refused(play)


def test_one_test_at_a_time() -> None:
    play = Playbook()
    ask(play)
    assert "running already" in refused(play)


def failure(play: Playbook, said: list[Command]) -> str:
    (failed,) = (record for record in records(said) if record.code.startswith("SELF_TEST"))
    assert failed.code == "SELF_TEST_FAILED"
    assert not any(record.code.startswith("SELF_TEST") for record in records(play.wait(20.0)))
    return str(failed.detail["why"])


def without_unlock_proof(play: Playbook) -> list[Command]:
    said = play.wait(PULSE_S, proving=False) + prove(play, "front", on=False)
    return said + play.wait(AFTERWARDS_S, proving=False)


def without_relock_proof(play: Playbook) -> list[Command]:
    said = prove(play, "front", on=True)
    return said + play.wait(PULSE_S + AFTERWARDS_S, proving=False)


def opened(play: Playbook) -> list[Command]:
    prove(play, "front", on=True)
    said = play.play(["open", "front"])
    said += play.wait(1.0, proving=False) + prove(play, "front", on=False)
    return said + play.play(["close", "front"])


def locked_down(play: Playbook) -> list[Command]:
    prove(play, "front", on=True)
    said = play.play(["heard", "lockdown", "d1", "site"])
    assert moves(said)[0] is False
    return said + prove(play, "front", on=False)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (without_unlock_proof, "did not confirm that it was told to unlock"),
        (without_relock_proof, "did not prove that it locked again"),
        (opened, "did not stay closed"),
        (locked_down, "Something more important locked the door"),
    ],
)
def test_what_fails(happens: Callable[[Playbook], list[Command]], why: str) -> None:
    play = Playbook()
    ask(play)
    assert why in failure(play, happens(play))


def test_a_door_that_is_opened_in_a_test_is_not_forced() -> None:
    play = Playbook()
    ask(play)
    codes = [record.code for record in records(opened(play))]
    assert "DOOR_FORCED" not in codes
    assert "ACCESS_TAKEN" in codes


def test_a_magnet_must_be_seen_to_let_go() -> None:
    play = Playbook(changed(doors=WATCHED_MAGNET))
    ask(play, "hall")
    prove(play, "hall", on=False)
    latch(play, InputState.ACTIVE, "hall")
    said = play.wait(PULSE_S, proving=False) + prove(play, "hall", on=True)
    assert records(said) == []
    (passed,) = records(latch(play, InputState.NORMAL, "hall"))
    assert (passed.code, passed.detail["latch"]) == ("SELF_TEST_PASSED", "went_and_came_back")


def test_a_magnet_that_keeps_hold_fails() -> None:
    play = Playbook(changed(doors=WATCHED_MAGNET))
    ask(play, "hall")
    prove(play, "hall", on=False)
    said = play.wait(PULSE_S, proving=False) + prove(play, "hall", on=True)
    (failed,) = records(said)
    assert (failed.code, failed.detail["latch"]) == ("SELF_TEST_FAILED", "stayed")
    assert "did not see the lock let go" in str(failed.detail["why"])


def test_a_door_that_a_new_policy_takes_away_in_the_middle() -> None:
    play = Playbook()
    ask(play)
    said = play.tell(PolicyAccepted(play.moment, without_doors(DOORS["front"])))
    failed = next(record for record in records(said) if record.code == "SELF_TEST_FAILED")
    assert "taken out of the Policy" in str(failed.detail["why"])


def test_the_effect_of_the_pulse_is_an_ordinary_grant() -> None:
    play = Playbook()
    ask(play)
    door = play.door("front")
    assert (door.command, door.slot.name) == (Effect.UNLOCK, "GRANT")
