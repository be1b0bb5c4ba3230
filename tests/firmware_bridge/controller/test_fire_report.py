"""After a fire input went active each door tells what it did, with the milliseconds until it proved it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from access_control.core.decision.model import DeviceKind, Point, Policy, UnlockWhen
from firmware_bridge.controller.commands import Command, RecordEvent
from firmware_bridge.controller.events import (
    InputChanged,
    InputState,
    OutputProved,
    PolicyAccepted,
    Proof,
)
from firmware_bridge.controller.memory import Memory
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import DOORS, FIRE, changed, without_doors


def school(policy: Policy | None = None) -> Playbook:
    """Everything was proved a moment ago, and not since."""
    play = Playbook(policy)
    play.wait(0.5, proving=False)
    return play


NAMES = {number: name for name, number in DOORS.items()}


def told(commands: list[Command]) -> dict[str, tuple[str, Any]]:
    """Door: what became of it, and after how many milliseconds."""
    found = {}
    for command in commands:
        if isinstance(command, RecordEvent) and command.code.startswith("FIRE_DOOR_"):
            assert command.door is not None
            assert command.detail["input"] == "board 1.30"
            found[NAMES[command.door]] = command.code.removeprefix("FIRE_DOOR_"), command.detail["ms"]
    return found


def why(commands: list[Command], door: str) -> str:
    (event,) = [
        one
        for one in commands
        if isinstance(one, RecordEvent) and one.code == "FIRE_DOOR_FAILED" and one.door == DOORS[door]
    ]
    return str(event.detail["why"])


def test_each_door_is_told_once_as_it_proves_itself() -> None:
    play = school()
    assert told(play.play(["fire", "on"])) == {}, "nothing is proved yet"
    play.wait(0.4, proving=False)
    assert told(play.play(["prove", "hall", "off", "read_back"])) == {"hall": ("RELEASED", 400)}
    play.wait(0.1, proving=False)
    rest = told(play.play(["prove", "all"]))
    assert rest == {
        "front": ("STAYED", 500),
        "room12": ("LATCHED", 500),
        "shed": ("STAYED", 500),
        "gate": ("STAYED", 500),
    }
    play.wait(30)
    assert told(play.play(["prove", "all"])) == {}
    assert told(play.play(["fire", "off"])) == {}


def test_a_proof_from_before_the_alarm_does_not_count() -> None:
    play = school()
    play.play(["fire", "on"])
    before = OutputProved(
        type(play.moment)(play.moment.at, play.moment.mono_s - 0.5),
        Point(DeviceKind.BOARD, 1, 1),
        energised=False,
        proof=Proof.READ_BACK,
    )
    assert told(play.tell(before)) == {}
    assert told(play.play(["prove", "front", "off"])) == {"front": ("STAYED", 0)}


def test_what_does_not_prove_itself_fails_and_may_still_come_right() -> None:
    play = school()
    play.play(["fire", "on"])
    said = play.wait(11, proving=False)
    assert {outcome for outcome, _ in told(said).values()} == {"FAILED"}
    assert set(told(said)) == set(DOORS)
    assert "not proved" in why(said, "hall")
    assert told(play.wait(20, proving=False)) == {}, "it is told once"
    assert told(play.play(["prove", "hall", "off"]))["hall"][0] == "RELEASED"


def test_a_fire_door_that_stands_open_has_not_latched() -> None:
    play = school()
    play.play(["open", "room12"])
    said = play.play(["fire", "on"])
    assert told(said) == {"room12": ("FAILED", 0)}
    assert why(said, "room12") == "It is open, so it cannot latch. Walk there and close it."
    play.play(["prove", "all"])
    assert told(play.play(["close", "room12"]))["room12"][0] == "LATCHED"


def test_a_latch_that_is_not_thrown_and_a_contact_that_is_cut_are_waited_for() -> None:
    play = school()
    play.play(["latch", "room12", "loose"])
    play.play(["fire", "on"])
    assert "room12" not in told(play.play(["prove", "all"]))
    said = play.wait(11)
    assert "latch" in why(said, "room12")
    assert told(play.play(["latch", "room12", "thrown"]))["room12"][0] == "LATCHED"
    other = school()
    other.play(["cut", "room12"])
    other.play(["fire", "on"])
    assert "contact cannot be read" in why(other.wait(11), "room12")


def test_without_a_contact_nobody_knows_whether_it_latched() -> None:
    play = school(changed(doors={3: {"contact": None, "latch": None}}))
    play.play(["fire", "on"])
    assert "without a contact" in why(play.play(["prove", "all"]), "room12")


def test_somebody_who_leaves_holds_up_the_latch() -> None:
    play = school(changed(doors={3: {"lock": {"rex_unlocks": True}}}))
    play.play(["rex", "room12", "on"])
    play.play(["fire", "on"])
    play.wait(9.5, proving=False)
    play.play(["prove", "room12", "on"])
    assert "Somebody was leaving" in why(play.wait(1, proving=False), "room12")


def test_an_alarm_that_ends_before_the_proof_is_a_failure() -> None:
    play = school()
    play.play(["fire", "on"])
    play.wait(2, proving=False)
    said = play.play(["fire", "off"])
    assert told(said)["hall"] == ("FAILED", 2000)
    assert "at rest again" in why(said, "hall")


def test_two_fire_inputs_are_two_reports() -> None:
    other = Point(DeviceKind.BOARD, 1, 31)
    play = school(changed(doors={2: {"lock": {"fire_input": other}}}))
    play.play(["fire", "on"])
    play.tell(InputChanged(play.moment, other, InputState.ACTIVE))
    said = play.play(["prove", "all"])
    about = {(str(one.detail["input"]), one.code) for one in said if isinstance(one, RecordEvent) and one.door == 2}
    assert about == {("board 1.30", "FIRE_DOOR_STAYED"), ("board 1.31", "FIRE_DOOR_RELEASED")}


def test_what_failed_is_not_told_again_when_the_alarm_ends() -> None:
    play = school()
    play.play(["fire", "on"])
    play.wait(11, proving=False)
    assert told(play.play(["fire", "off"])) == {}


def test_a_second_alarm_is_another_report_and_a_flickering_input_does_not_fill_the_record() -> None:
    play = school()
    for _ in range(2):
        play.play(["fire", "on"])
        assert told(play.play(["prove", "all"]))["hall"][0] == "RELEASED"
        play.play(["fire", "off"])
        play.play(["prove", "all"])
    reports = 0
    for _ in range(20):
        play.play(["fire", "on"])
        reports += bool(told(play.play(["prove", "all"])))
        play.play(["fire", "off"])
    assert reports <= 4


def test_a_lock_that_is_not_there_to_be_released_fails() -> None:
    play = school()
    play.play(["board", "down"])
    play.play(["fire", "on"])
    assert {outcome for outcome, _ in told(play.wait(11)).values()} == {"FAILED"}


def test_a_lock_that_only_its_own_wires_release_is_never_said_to_have_stayed() -> None:
    play = school(changed(doors={2: {"lock": {"fire_input": None}}}))
    said = play.play(["fire", "on"])
    assert told(said)["hall"] == ("FAILED", 0)
    assert "own wires" in why(said, "hall")
    assert "hall" not in told(play.play(["prove", "all"]))


def test_a_lock_that_opens_without_power_is_never_said_to_have_latched() -> None:
    # No Policy says so; what was kept of a door when another version took it might.
    door = changed().doors[3]
    kept = replace(door, lock=replace(door.lock, unlock_when=UnlockWhen.RELAY_OFF))
    play = Playbook(memory=Memory(fire_held={3: kept}, clock_trusted=True))
    play.play(["fire", "on"])
    said = play.play(["fire", "off"]) + play.play(["fire", "on"]) + play.play(["prove", "all"])
    assert "opens when its power is cut" in why(said, "room12")
    assert "FIRE_DOOR_LATCHED" not in {one.code for one in said if isinstance(one, RecordEvent)}


def test_a_door_that_is_taken_out_is_not_waited_for() -> None:
    play = school()
    play.play(["fire", "on"])
    said = play.tell(PolicyAccepted(play.moment, without_doors(4)))
    said += play.wait(11)
    assert "shed" not in told(said)
    assert FIRE.index == 30
