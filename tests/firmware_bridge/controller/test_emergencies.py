"""How far an emergency has got, door by door."""

from __future__ import annotations

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.status import EmergencyStatus
from tests.firmware_bridge.controller.playbook import Playbook


def emergency(play: Playbook) -> EmergencyStatus:
    (found,) = play.status().emergencies
    return found


def test_each_door_is_told_as_it_proves_itself() -> None:
    play = Playbook()
    play.run("""
        >> rex front on
        << event REX front
        >> open front
        << event DOOR_OPENED front by=exit
        >> lockdown site
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << raise lockdown site
        << event SRP_LOCKDOWN_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << event SECURE_FAILED front directive=asked-1 ms=0 state=not_secure
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        << show shed lockdown silent
        << show gate lockdown silent
        >> wait 0.2 unproved
        >> prove hall on
        << event DOOR_SECURED hall directive=asked-1 ms=200 state=secured
        >> prove room12 off
        << event DOOR_SECURED room12 directive=asked-1 ms=200 state=secured
        >> prove shed off
        << event SECURE_FAILED shed directive=asked-1 ms=200 state=not_monitored
    """)
    assert emergency(play).elapsed_s > 0.1
    assert (emergency(play).secured, emergency(play).not_secure) == ((2, 3), (1,))
    assert (emergency(play).not_monitored, emergency(play).unknown) == ((4,), (5,))
    play.run("""
        >> prove front off
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_SECURED front directive=asked-1 ms=250 state=secured
        # The gate's relay keeps silent.
        >> wait 10 unproved
        << event SECURE_FAILED gate directive=asked-1 ms=10000 state=unknown
    """)
    assert play.door("gate").why == "The lock has not proved that it is locked."


def test_a_door_that_was_secured_and_is_forced_is_told_again() -> None:
    play = Playbook()
    play.play(["lockdown", "building:1"])
    play.play(["prove", "all"])
    play.run("""
        >> open front
        << event DOOR_FORCED front
        << event SECURE_FAILED front directive=asked-1 ms=50 state=not_secure
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_SECURED front directive=asked-1 ms=110 state=secured
    """)


def test_people_who_may_pass_are_no_news_unless_the_door_stays_open() -> None:
    play = Playbook()
    play.play(["lockdown", "building:1"])
    play.play(["prove", "all"])
    play.run("""
        >> card front olga
        << event GRANTED_RESPONDER front by olga despite_lock=True
        << show front granted 5s silent
        << relay front on 5s grant momentary
        >> prove front on
        >> open front
        << event ACCESS_TAKEN front by olga
        << event DOOR_OPENED front by=grant
        >> wait 1
        << relay front off grant
        << show front lockdown silent
        >> wait 20
        << event DOOR_HELD_PREALARM front open_s=20
        << event SECURE_FAILED front directive=asked-1 ms=20050 state=not_secure
        << show front held_pre_alarm 10s silent
        >> wait 10
        << event DOOR_HELD front open_s=30
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_HELD_CLEARED front
        << event DOOR_SECURED front directive=asked-1 ms=31110 state=secured
        << show front lockdown silent
    """)


def test_an_exit_during_a_lockdown_is_no_news_either() -> None:
    play = Playbook()
    play.play(["lockdown", "building:1"])
    play.play(["prove", "all"])
    play.run("""
        >> rex hall on
        << relay hall off emergency
        << event REX hall during=lockdown
        >> rex hall off
        >> wait 31
        << relay hall on 30s routine
    """)
    assert emergency(play).secured == (1, 2, 3)


def test_a_device_that_goes_away_takes_its_doors_proof_with_it() -> None:
    play = Playbook()
    play.play(["lockdown", "front"])
    play.play(["prove", "all"])
    play.run("""
        >> board down
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << event BOARD_OFFLINE board=1 link=down
        << event SECURE_FAILED front directive=asked-1 ms=0 state=unknown
        << event SECURE_FAILED hall directive=asked-1 ms=0 state=unknown
        << event SECURE_FAILED room12 directive=asked-1 ms=0 state=unknown
        << event SECURE_FAILED shed directive=asked-1 ms=0 state=unknown
        << event SECURE_FAILED gate directive=asked-1 ms=0 state=unknown
    """)
    assert emergency(play).unknown == (1, 2, 3, 4, 5)


def test_the_same_directive_again_changes_nothing() -> None:
    play = Playbook()
    play.play(["heard", "lockdown", "d1", "site"])
    assert play.play(["heard", "lockdown", "d1", "site"]) == []


def test_a_staged_release_frees_some_doors_and_a_release_may_come_first() -> None:
    play = Playbook()
    play.run("""
        >> heard secure d1 site
        << relay front off emergency
        << relay gate off emergency
        << event SRP_SECURE_START directive=d1 scope=site by=principal doors=1,2,3,4,5
        << show front secure
        << show gate secure
        >> release d1 front
        << event SRP_SECURE_SCOPE_CHANGED directive=d1 by=principal doors=1 reason=All clear, police said so
        << show front locked
        >> release d1 front
        >> release d1
        << event SRP_SECURE_END directive=d1 by=principal reason=All clear, police said so
        << show gate locked
        >> release d2
        >> heard lockdown d2 site
    """)
    assert play.status().emergencies == ()


def test_hold_locks_inside_shelter_outside_and_evacuate_locks_nothing() -> None:
    play = Playbook()
    for action, affected in (("hold", (2, 3, 4)), ("shelter", (1, 5)), ("evacuate", ())):
        said = play.play(["heard", action, action, "site"])
        assert any(isinstance(c, RecordEvent) and c.code == f"SRP_{action.upper()}_START" for c in said)
        found = next(e for e in play.status().emergencies if e.directive == action)
        assert tuple(sorted((*found.unknown, *found.not_secure, *found.secured))) == affected
        play.play(["release", action])
