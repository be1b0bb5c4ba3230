"""An exit input that is stuck or taped: people still leave, and the door's openings are looked at again."""

from __future__ import annotations

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import InputChanged, InputState, PolicyAccepted
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, wired


def do(play: Playbook, *lines: str) -> list[str]:
    said = [command for line in lines for command in play.play(line.split())]
    return [f"{one.code} {one.detail.get('by', '')}".strip() for one in said if isinstance(one, RecordEvent)]


def test_an_exit_that_stays_active_is_told_once_and_excuses_no_opening_from_then_on() -> None:
    Playbook().run("""
        >> rex front on
        << event REX front
        >> wait 299.9
        >> wait 0.2
        << event REX_STUCK front
        >> wait 3600
        >> open front
        << event DOOR_FORCED front
        >> close front
        << event DOOR_CLOSED front
        >> acknowledge front
        << event DOOR_ALARM_ACKNOWLEDGED front by=desk
        << event DOOR_FORCED_CLEARED front
        >> rex front off
        << event REX_STUCK_CLEARED front
        >> open front
        << event DOOR_OPENED front by=exit
        >> close front
        << event DOOR_CLOSED front
        >> wait 16
        >> rex front on
        << event REX front
        >> open front
        << event DOOR_OPENED front by=exit
    """)


def test_somebody_who_stands_before_the_detector_for_less_leaves_as_ever() -> None:
    play = Playbook()
    do(play, "rex front on", "wait 290")
    assert do(play, "open front", "close front") == ["DOOR_OPENED exit", "DOOR_CLOSED"]
    do(play, "rex front off", "rex front on", "wait 290")
    assert do(play, "open front") == ["DOOR_OPENED exit"]


def test_a_magnet_stays_released_for_a_button_that_is_stuck() -> None:
    play = Playbook()
    do(play, "rex hall on")
    assert do(play, "wait 3600") == ["REX_STUCK"]
    assert play.door("hall").command == "unlock"
    assert do(play, "open hall") == ["DOOR_OPENED egress"]
    do(play, "close hall")
    assert do(play, "rex hall off", "wait 29.8") == ["REX_STUCK_CLEARED"]
    assert play.door("hall").command == "unlock"
    do(play, "wait 0.3")
    assert play.door("hall").command == "lock"


def test_a_stuck_exit_shows_as_a_fault_of_its_door() -> None:
    play = Playbook()
    do(play, "rex front on", "wait 301")
    assert play.door("front").alarm == "fault"
    do(play, "rex front off")
    assert play.door("front").alarm == "none"


def test_a_stuck_exit_that_is_reported_again_is_still_stuck() -> None:
    play = Playbook()
    do(play, "rex front on", "wait 301")
    play.tell(InputChanged(play.moment, wired(1, 1), InputState.ACTIVE))
    assert do(play, "open front") == ["DOOR_FORCED"]


def test_a_stuck_exit_whose_board_or_cable_fails_is_not_told_as_let_go() -> None:
    play = Playbook()
    do(play, "rex front on", "wait 301")
    assert do(play, "rex front cut") == ["INPUT_TROUBLE_OPEN"]
    assert do(play, "open front") == ["DOOR_FORCED"]
    assert do(play, "board down", "wait 1", "board up", "close front") == ["BOARD_OFFLINE", "BOARD_ONLINE"]
    assert do(play, "rex front on", "wait 400") == ["REX"]
    assert do(play, "rex front off") == ["REX_STUCK_CLEARED"]


def test_a_stuck_exit_that_a_new_policy_takes_away_is_stuck_no_more() -> None:
    play = Playbook()
    do(play, "rex front on", "wait 301")
    said = play.tell(PolicyAccepted(play.moment, changed(doors={1: {"rex": None}})))
    assert "REX_STUCK_CLEARED" in [one.code for one in said if isinstance(one, RecordEvent)]
    assert play.door("front").alarm == "none"
    assert do(play, "open front") == ["DOOR_FORCED"]
