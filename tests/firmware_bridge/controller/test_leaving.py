"""Leaving: nothing stands above an exit."""

from __future__ import annotations

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import InputChanged, InputState, PolicyAccepted
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, wired


def test_a_magnet_is_released_while_the_button_is_pressed_and_thirty_seconds_more() -> None:
    Playbook().run("""
        >> rex hall on
        << relay hall off emergency
        << event REX hall
        >> wait 60
        >> rex hall off
        >> wait 29.9
        >> wait 0.2
        << relay hall on 30s routine
    """)


def test_an_exit_at_a_strike_excuses_the_opening_and_moves_nothing() -> None:
    Playbook().run("""
        >> rex front on
        << event REX front
        >> rex front off
        >> wait 14
        >> open front
        << event DOOR_OPENED front by=exit
        >> close front
        << event DOOR_CLOSED front
        >> wait 1.1
        >> open front
        << event DOOR_FORCED front
    """)


def test_a_button_whose_board_went_silent_counts_as_let_go() -> None:
    play = Playbook()
    play.run("""
        >> rex hall on
        << relay hall off emergency
        << event REX hall
    """)
    play.play(["board", "down"])
    play.wait(29)
    assert play.door("hall").command == "unlock"
    play.wait(2)
    assert play.door("hall").command == "lock"


def test_a_button_is_believed_before_its_board_is_known_to_be_up() -> None:
    play = Playbook(quiet=False)
    play.play(["rex", "hall", "on"])
    assert play.door("hall").command == "unlock"


def test_a_cut_button_is_trouble_and_opens_nothing() -> None:
    Playbook().run("""
        >> rex hall cut
        << event INPUT_TROUBLE_OPEN hall input=board 1.7
        >> rex hall off
        << event INPUT_TROUBLE_CLEARED hall input=board 1.7
    """)


def test_a_button_that_is_pressed_all_day_is_told_now_and_then() -> None:
    play = Playbook()
    codes = []
    for n in range(40):
        state = InputState.NORMAL if n % 2 else InputState.ACTIVE
        said = play.tell(InputChanged(play.moment, wired(1, 1), state))
        codes += [command.code for command in said if isinstance(command, RecordEvent)]
    assert codes == ["REX"] * 6


def test_a_button_that_a_new_policy_takes_away_while_it_is_pressed_counts_as_let_go() -> None:
    play = Playbook()
    play.run("""
        >> rex front on
        << event REX front
    """)
    play.tell(PolicyAccepted(play.moment, changed(doors={1: {"rex": None}})))
    play.run("""
        >> wait 14
        >> open front
        << event DOOR_OPENED front by=exit
        >> close front
        << event DOOR_CLOSED front
        >> wait 1.1
        >> open front
        << event DOOR_FORCED front
    """)


def test_a_magnet_whose_pressed_button_moves_to_another_wire_is_held_for_thirty_seconds_more() -> None:
    play = Playbook()
    play.run("""
        >> rex hall on
        << relay hall off emergency
        << event REX hall
    """)
    play.tell(PolicyAccepted(play.moment, changed(doors={2: {"rex": wired(6, 0)}})))
    play.wait(29)
    assert play.door("hall").command == "unlock"
    play.wait(2)
    assert play.door("hall").command == "lock"
    play.tell(InputChanged(play.moment, wired(6, 0), InputState.ACTIVE))
    assert play.door("hall").command == "unlock"


def test_a_button_whose_meaning_is_turned_round_is_seen_as_it_is_now() -> None:
    play = Playbook()
    play.play(["rex", "hall", "on"])
    play.tell(PolicyAccepted(play.moment, changed(doors={2: {"rests_closed": frozenset({wired(2, 1)})}})))
    play.wait(29)
    assert play.door("hall").command == "unlock"
    play.wait(2)
    assert play.door("hall").command == "lock"


def test_a_button_that_a_new_policy_leaves_as_it_is_stays_pressed() -> None:
    play = Playbook()
    play.play(["rex", "hall", "on"])
    play.tell(PolicyAccepted(play.moment, changed(doors={2: {"contact": None}})))
    play.wait(120)
    assert play.door("hall").command == "unlock"
