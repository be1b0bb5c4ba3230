"""The status of a whole bridge."""

from __future__ import annotations

from tests.firmware_bridge.controller.playbook import Playbook


def test_everything_is_there() -> None:
    play = Playbook()
    play.wait(1)
    status = play.status()
    assert status.mono_s == play.moment.mono_s
    assert status.policy is not None
    assert status.orders is None
    assert status.clock_trusted
    assert [door.number for door in status.doors] == ["1", "2", "3", "4", "5"]
    assert [reader.name for reader in status.readers] == ["front", "hall", "room12", "shed", "gate"]
    assert [(board.name, board.link) for board in status.boards] == [("Relay board", "up")]
    assert status.boards[0].heard_age_s is not None
    assert status.ports == ()
    assert status.emergencies == ()


def test_a_board_that_said_nothing_yet_has_no_age() -> None:
    assert Playbook(quiet=False).status().boards[0].heard_age_s is None


def test_an_emergency_lists_its_doors_by_what_is_known() -> None:
    play = Playbook()
    play.play(["heard", "lockdown", "d1", "building:1", "drill"])
    play.play(["prove", "front", "off"])
    (found,) = play.status().emergencies
    assert (found.directive, found.action, found.drill, found.restored) == ("d1", "lockdown", True, False)
    assert (found.secured, found.unknown) == ((1,), (2, 3))
