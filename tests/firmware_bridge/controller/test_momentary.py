"""Grants that share one unlock."""

from __future__ import annotations

from tests.firmware_bridge.controller.playbook import Playbook


def test_two_people_at_one_door_are_both_through() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 2
        >> card front eve
        << event GRANTED_EXTENDED front by eve
        << show front granted_extended 20s
        << relay front on 20s grant momentary
        >> open front
        << event ACCESS_TAKEN front by ada
        << event ACCESS_TAKEN front by eve
        << event DOOR_OPENED front by=grant
        >> wait 1
        << relay front off grant
        << show front locked
        >> close front
        << event DOOR_CLOSED front
    """)


def test_somebody_who_badges_while_the_door_stands_open() -> None:
    Playbook().run("""
        >> card hall ada
        << event ACCESS_GRANTED hall by ada
        << show hall granted 5s
        << relay hall off grant momentary
        >> open hall
        << event ACCESS_TAKEN hall by ada
        << event DOOR_OPENED hall by=grant
        >> wait 1
        >> card hall pia
        << event ACCESS_GRANTED hall by pia
        << show hall granted 5s
        >> close hall
        << event DOOR_CLOSED hall
        >> wait 4
        >> wait 2
        << relay hall on 30s grant
        << show hall locked
        << event ACCESS_NOT_TAKEN hall by pia
    """)


def test_a_responder_keeps_a_grant_that_lockdown_takes_from_others() -> None:
    play = Playbook()
    play.play(["secure", "site"])
    play.run("""
        >> card front olga
        << event GRANTED_RESPONDER front by olga despite_lock=True
        << show front granted 5s
        << relay front on 5s grant momentary
        >> card gate ada
        << event ACCESS_GRANTED gate by ada despite_lock=True
        << show gate granted 5s
        << relay gate on 5s grant momentary
        >> heard lockdown d1 site
        << relay front on 5s emergency momentary
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << event SRP_LOCKDOWN_START directive=d1 scope=site by=principal doors=1,2,3,4,5
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        << show shed lockdown silent
        << show gate lockdown silent
        >> open gate
        << event ACCESS_TAKEN gate by ada
        << event DOOR_OPENED gate by=grant
        << event SECURE_FAILED gate directive=asked-1 ms=50 state=not_secure
        << event SECURE_FAILED gate directive=d1 ms=50 state=not_secure
    """)


def test_a_lock_that_comes_while_somebody_goes_through_ends_the_unlock() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 1
        >> lockdown site
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << relay gate off emergency
        << raise lockdown site
        << event SRP_LOCKDOWN_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        << show shed lockdown silent
        << show gate lockdown silent
        # Whoever pulls the handle at this very moment is no intruder.
        >> open front
        << event ACCESS_TAKEN front by ada
        << event DOOR_OPENED front by=grant
        << event SECURE_FAILED front directive=asked-1 ms=50 state=not_secure
        >> close front
        << event DOOR_CLOSED front
        >> open front
        << event DOOR_OPENED front by=grant
    """)
