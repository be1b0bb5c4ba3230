"""One door from the inside: what is sent when, and what is lost with a device."""

from __future__ import annotations

from access_control.core.wire.events import EventCode
from firmware_bridge.controller.commands import DriveOutput, RecordEvent
from firmware_bridge.controller.events import InputChanged, InputState, PolicyAccepted
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, output, wired


def test_a_strike_relocks_as_its_door_opens() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> open front
        << event ACCESS_TAKEN front by ada
        << event DOOR_OPENED front by=grant
        >> wait 0.6
        << relay front off grant
        << show front locked
        >> close front
        << event DOOR_CLOSED front
    """)


def test_a_magnet_relocks_as_its_door_closes() -> None:
    Playbook().run("""
        >> card hall ada
        << event ACCESS_GRANTED hall by ada
        << show hall granted 5s
        << relay hall off grant momentary
        >> open hall
        << event ACCESS_TAKEN hall by ada
        << event DOOR_OPENED hall by=grant
        >> wait 2
        >> close hall
        << event DOOR_CLOSED hall
        << relay hall on 30s grant
        << show hall locked
    """)


def test_a_lock_without_a_contact_relocks_by_its_time() -> None:
    Playbook().run("""
        >> card shed ada
        << event ACCESS_GRANTED shed by ada
        << show shed granted 5s
        << relay shed on 5s grant momentary
        >> wait 4.9
        >> wait 0.2
        << relay shed off grant
        << show shed locked
    """)


def test_a_door_that_opens_just_after_its_unlock_is_not_forced() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 5.3
        << relay front off grant
        << show front locked
        >> open front
        << event ACCESS_TAKEN front by ada
        << event DOOR_OPENED front by=grant
    """)


def test_a_board_that_comes_back_is_told_everything_again_and_proves_it_again() -> None:
    play = Playbook()
    assert play.door("front").security == "secured"
    play.run("""
        >> board down
        << event BOARD_OFFLINE board=1 link=down
        << relay front off routine
        << show front degraded
        << relay hall on 30s routine
        << show hall degraded
        << relay room12 off routine
        << show room12 degraded
        << relay shed off routine
        << show shed degraded
        << relay gate off routine
        << show gate degraded
    """)
    assert (play.door("front").security, play.door("front").position) == ("unknown", "unknown")
    play.run("""
        >> board up
        << event BOARD_ONLINE board=1 link=up
        << relay front off routine
        << show front locked
        << relay hall on 30s routine
        << show hall locked
        << relay room12 off routine
        << show room12 locked
        << relay shed off routine
        << show shed locked
        << relay gate off routine
        << show gate locked
    """)
    assert not play.door("front").proved


def test_a_reader_without_a_lock_or_input_does_not_move_its_door() -> None:
    play = Playbook()
    said = play.play(["reader", "gate", "down"])
    assert not any(isinstance(command, DriveOutput) for command in said)


def test_a_lock_that_moves_to_another_relay_leaves_the_old_one_off() -> None:
    play = Playbook()
    said = play.tell(PolicyAccepted(play.moment, changed(doors={2: {"lock": {"output": output(6)}}})))
    moved = [(c.point.index, c.energised) for c in said if isinstance(c, DriveOutput)]
    assert moved == [(2, False), (6, True)]


def test_a_contact_that_is_new_is_unknown_until_it_is_heard() -> None:
    play = Playbook()
    play.tell(PolicyAccepted(play.moment, changed(doors={1: {"contact": None}})))
    assert play.door("front").position == "not_monitored"
    play.tell(PolicyAccepted(play.moment, changed()))
    assert play.door("front").position == "unknown"


def test_an_unlock_by_hours_is_not_cut_short_by_a_grant() -> None:
    play = Playbook()
    play.play(["evacuate", "building:1"])
    play.run("""
        >> card hall ada
        << event ACCESS_GRANTED hall by ada
        << show hall granted 5s
        >> wait 9
        << show hall unlocked
        << event ACCESS_NOT_TAKEN hall by ada
        >> release asked-1
        << event SRP_EVACUATE_END directive=asked-1 by=principal reason=All clear, police said so
        << relay hall on 30s routine
        << show hall locked
    """)


def test_a_contact_that_rests_closed_makes_a_cut_cable_an_open_door() -> None:
    play = Playbook()
    contact = wired(1, 0)
    play.tell(PolicyAccepted(play.moment, changed(doors={1: {"rests_closed": frozenset({contact})}})))
    play.tell(InputChanged(play.moment, contact, InputState.ACTIVE))
    play.play(["wait", "1"])
    assert play.door("front").position == "closed"
    assert play.door("front").security == "secured"
    said = play.tell(InputChanged(play.moment, contact, InputState.NORMAL))
    said += play.play(["wait", "1"])
    assert EventCode.DOOR_FORCED in [command.code for command in said if isinstance(command, RecordEvent)]
    assert play.door("front").position == "open"
    play.tell(InputChanged(play.moment, contact, InputState.CUT))
    play.play(["wait", "1"])
    assert play.door("front").position == "unknown"


def test_an_input_that_is_turned_round_is_seen_so_at_once() -> None:
    play = Playbook()
    contact = wired(1, 0)
    assert play.door("front").position == "closed"
    play.tell(PolicyAccepted(play.moment, changed(doors={1: {"rests_closed": frozenset({contact})}})))
    play.play(["wait", "1"])
    assert play.door("front").position == "open"


def test_a_magnets_exit_that_rests_closed_lets_go_when_its_cable_is_cut() -> None:
    play = Playbook()
    exit_button = wired(2, 1)
    play.tell(InputChanged(play.moment, exit_button, InputState.ACTIVE))
    play.play(["wait", "60"])
    said = play.tell(PolicyAccepted(play.moment, changed(doors={2: {"rests_closed": frozenset({exit_button})}})))
    said += play.play(["wait", "60"])
    assert play.door("hall").command != "unlock"
    said = play.tell(InputChanged(play.moment, exit_button, InputState.NORMAL))
    assert [c.point.index for c in said if isinstance(c, DriveOutput)] == [2]
    assert play.door("hall").command == "unlock"
