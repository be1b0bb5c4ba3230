"""Doors and readers as Policies come and go."""

from __future__ import annotations

from firmware_bridge.controller.commands import DriveOutput
from firmware_bridge.controller.events import PolicyAccepted, TimePassed
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, draft, policy_of, without_doors


def test_doors_that_stay_keep_their_state_and_doors_that_go_are_left_off() -> None:
    play = Playbook()
    play.play(["open", "gate"])
    said = play.tell(PolicyAccepted(play.moment, without_doors(2)))
    assert [(c.point.index, c.energised) for c in said if isinstance(c, DriveOutput)] == [(2, False)]
    assert play.door("gate").alarm == "forced"
    assert [reader.reader for reader in play.status().readers] == [1, 3, 4, 5]
    play.wait(40)
    assert play.tell(TimePassed(play.moment)) == []


def test_a_door_that_comes_back_begins_anew() -> None:
    play = Playbook(without_doors(2))
    said = play.tell(PolicyAccepted(play.moment, policy_of(draft())))
    assert [(c.point.index, c.energised) for c in said if isinstance(c, DriveOutput)] == [(2, True)]
    assert play.door("hall").position == "unknown"


def test_a_reader_may_move_to_another_door() -> None:
    play = Playbook()
    play.tell(PolicyAccepted(play.moment, changed(readers={5: {"door": 1}})))
    play.run("""
        >> card gate ada
        << event ACCESS_GRANTED front by ada
        << show gate granted 5s
        << relay front on 5s grant momentary
    """)


def test_a_reader_with_no_lock_of_its_own_shows_what_its_door_does() -> None:
    play = Playbook(changed(readers={5: {"door": 1}}))
    play.run("""
        >> secure front
        << relay front off emergency
        << relay gate off emergency
        << raise secure front
        << event SRP_SECURE_START directive=asked-1 scope=front by=desk doors=1,2,3,4,5
        << show front secure
        << show gate secure
    """)
