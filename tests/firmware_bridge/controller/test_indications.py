"""What readers show at rest, and when they are silent."""

from __future__ import annotations

from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.controller.indications import silent_at
from firmware_bridge.controller.world import World
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import DOORS


def test_readers_show_what_holds_at_their_door() -> None:
    Playbook().run("""
        >> hold site
        << relay hall on 30s emergency
        << relay room12 off emergency
        << relay shed off emergency
        << raise hold site
        << event SRP_HOLD_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        >> heard secure s1 front
        << relay front off emergency
        << event SRP_SECURE_START directive=s1 scope=doors by=principal doors=1
        << show front secure
        >> heard lockdown d1 front
        << relay front off emergency
        << event SRP_LOCKDOWN_START directive=d1 scope=doors by=principal doors=1
        << show front lockdown silent
        >> release d1
        << event SRP_LOCKDOWN_END directive=d1 by=principal reason=All clear, police said so
        << show front secure
        >> release s1
        << event SRP_SECURE_END directive=s1 by=principal reason=All clear, police said so
        << show front locked
        >> evacuate site
        << raise evacuate site
        << event SRP_EVACUATE_START directive=asked-2 scope=site by=desk doors=1,2,3,4,5
        << relay hall off routine
        << event SECURE_FAILED hall directive=asked-1 ms=0 state=not_secure
        << show hall unlocked
        >> board down
        << relay room12 off emergency
        << relay shed off emergency
        << event BOARD_OFFLINE board=1 link=down
        << relay front off routine
        << show front degraded
        << relay hall off routine
        << show hall degraded
        << event SECURE_FAILED room12 directive=asked-1 ms=0 state=unknown
        << show room12 degraded
        << event SECURE_FAILED shed directive=asked-1 ms=0 state=unknown
        << show shed degraded
        << relay gate off routine
        << show gate degraded
    """)


def test_a_reader_that_comes_back_is_shown_its_light_again() -> None:
    Playbook().run("""
        >> reader front down
        << event READER_OFFLINE front link=down
        << show front locked
        >> reader front secure
        << event READER_ONLINE front link=secure
        << show front locked
    """)


def test_being_alone_changes_no_light_that_says_more() -> None:
    play = Playbook()
    play.play(["heard", "lockdown", "d1", "front"])
    play.play(["heard", "secure", "s1", "gate"])
    play.play(["evacuate", "site"])
    assert play.door("hall").command == "unlock"
    play.play(["service", "away"])
    shown = [command for command in play.wait(51) if isinstance(command, ShowAtReader)]
    assert {(command.reader, command.indication) for command in shown} == {
        (DOORS["room12"], Indication.ALONE),
        (DOORS["shed"], Indication.ALONE),
    }
    shown = [command for command in play.play(["lockdown", "site"]) if isinstance(command, ShowAtReader)]
    assert {(command.indication, command.silent) for command in shown} == {(Indication.LOCKDOWN, True)}
    assert [command for command in play.play(["service", "reached"]) if isinstance(command, ShowAtReader)] == []


def test_an_unlock_that_could_not_be_delivered_is_not_left_green() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> fail front on expired
        << event OUTPUT_EXPIRED front
        << relay front off routine
        << show front locked
    """)


def test_without_a_policy_nothing_is_silent() -> None:
    assert not silent_at(1, World())
