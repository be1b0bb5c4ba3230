"""The leaf: forced, held, latch, bounce."""

from __future__ import annotations

from access_control.core.decision.model import Timetable
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import InputChanged, InputState, TimePassed
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import T0, changed, wired


def test_forced_lasts_until_the_door_is_closed_and_somebody_saw_it() -> None:
    play = Playbook()
    play.run("""
        >> open front
        << event DOOR_FORCED front
        >> close front
        << event DOOR_CLOSED front
    """)
    assert play.door("front").alarm == "forced"
    play.run("""
        >> acknowledge front
        << event DOOR_ALARM_ACKNOWLEDGED front by=desk
        << event DOOR_FORCED_CLEARED front
        >> open front
        << event DOOR_FORCED front
        >> acknowledge front
        << event DOOR_ALARM_ACKNOWLEDGED front by=desk
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_FORCED_CLEARED front
    """)
    assert play.door("front").alarm == "none"


def test_held_open_warns_first_and_repeats() -> None:
    play = Playbook()
    play.play(["rex", "front", "on"])
    play.play(["rex", "front", "off"])
    play.run("""
        >> open front
        << event DOOR_OPENED front by=exit
        >> wait 19.9
    """)
    play.run("""
        >> wait 0.2
        << event DOOR_HELD_PREALARM front open_s=20
        << show front held_pre_alarm 10s
    """)
    assert play.door("front").alarm == "held_pre_alarm"
    play.run("""
        >> wait 10
        << event DOOR_HELD front open_s=30
        >> wait 300
        << event DOOR_HELD front open_s=330
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_HELD_CLEARED front
        << show front locked
    """)


def test_the_warning_is_silent_in_a_lockdown() -> None:
    play = Playbook()
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.play(["lockdown", "site"])
    play.play(["prove", "all"])
    play.run("""
        >> wait 21
        << event DOOR_HELD_PREALARM front open_s=20
        << show front held_pre_alarm 10s silent
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_SECURED front directive=asked-1 ms=21050 state=secured
        << show front lockdown silent
    """)


def test_a_door_may_stand_open_during_its_hours() -> None:
    soon = Timetable(starts=(T0 - 10,), ends=(T0 + 100,))
    Playbook(changed(doors={1: {"scheduled_unlock": soon}})).run("""
        >> open front
        << event DOOR_OPENED front by=schedule
        >> wait 99
        >> wait 21
        << event SCHEDULE_UNLOCK_END front
        << relay front off routine
        << show front locked
        << event DOOR_HELD_PREALARM front open_s=20
        << show front held_pre_alarm 10s
        >> heard evacuate d1 site
        << event SRP_EVACUATE_START directive=d1 scope=site by=principal doors=1,2,3,4,5
        << relay hall off routine
        << show hall unlocked
        >> wait 10
        << event DOOR_HELD front open_s=30
    """)


def test_hours_that_begin_end_a_held_alarm() -> None:
    soon = Timetable(starts=(T0 + 100,), ends=(T0 + 200,))
    play = Playbook(changed(doors={1: {"scheduled_unlock": soon}}))
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.wait(60)
    play.run("""
        >> wait 40
        << event SCHEDULE_UNLOCK_START front
        << relay front on 30s routine
        << event DOOR_HELD_CLEARED front
        << show front unlocked
    """)


def test_a_latch_that_does_not_fall_is_told() -> None:
    play = Playbook()
    play.run("""
        >> latch room12 loose
        >> wait 2.9
        >> wait 0.2
        << event LATCH_FAULT room12
    """)
    assert play.door("room12").alarm == "fault"
    play.run("""
        >> latch room12 thrown
        << event LATCH_FAULT_CLEARED room12
    """)


def test_a_latch_fault_ends_with_a_thrown_latch_in_a_closed_door_and_with_nothing_else() -> None:
    play = Playbook()
    play.play(["latch", "room12", "loose"])
    play.wait(4)
    assert play.door("room12").alarm == "fault"
    play.run("""
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada
        << show room12 granted 5s
        << relay room12 on 5s grant momentary
        >> open room12
        << event ACCESS_TAKEN room12 by ada
        << event DOOR_OPENED room12 by=grant
        >> latch room12 thrown
        >> latch room12 loose
        >> wait 1
        << relay room12 off grant
        << show room12 locked
        >> close room12
        << event DOOR_CLOSED room12
        >> wait 4
    """)
    assert play.door("room12").alarm == "fault"
    play.run("""
        >> latch room12 thrown
        << event LATCH_FAULT_CLEARED room12
    """)


def test_a_latch_falls_after_the_door_has_closed() -> None:
    Playbook().run("""
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada
        << show room12 granted 5s
        << relay room12 on 5s grant momentary
        >> latch room12 loose
        >> open room12
        << event ACCESS_TAKEN room12 by ada
        << event DOOR_OPENED room12 by=grant
        >> wait 1
        << relay room12 off grant
        << show room12 locked
        >> close room12
        << event DOOR_CLOSED room12
        >> wait 2
        >> latch room12 thrown
        >> wait 5
    """)


def test_a_contact_that_bounces_is_not_an_opening() -> None:
    play = Playbook()
    for state in (InputState.ACTIVE, InputState.NORMAL, InputState.ACTIVE, InputState.ACTIVE, InputState.NORMAL):
        assert play.tell(InputChanged(play.moment, wired(1, 0), state)) == []
    assert play.wait(1) == []
    assert play.door("front").position == "closed"


def test_a_cut_contact_is_unknown_at_once_and_a_door_found_open_is_not_forced() -> None:
    play = Playbook()
    play.run("""
        >> cut front
        << event INPUT_TROUBLE_OPEN front input=board 1.3
    """)
    assert play.door("front").position == "unknown"
    play.run("""
        >> open front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_OPENED front by=found_open
        >> wait 31
        << event DOOR_HELD_PREALARM front open_s=20
        << show front held_pre_alarm 10s
        << event DOOR_HELD front open_s=30
        >> cut front
        << event INPUT_TROUBLE_OPEN front input=board 1.3
        >> close front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_HELD_CLEARED front
        << show front locked
    """)


def test_a_contact_that_never_rests_does_not_flood_the_record_but_still_alarms() -> None:
    play = Playbook()
    said = []
    for _ in range(100):
        said += play.play(["open", "front"]) + play.play(["close", "front"])
    codes = [command.code for command in said if isinstance(command, RecordEvent)]
    assert 40 <= len(codes) <= 82
    assert play.door("front").alarm == "forced"
    play.wait(61)
    play.tell(TimePassed(play.moment))
    (told,) = [command for command in play.play(["open", "front"]) if isinstance(command, RecordEvent)]
    assert int(str(told.detail["unreported"])) > 100


def test_a_warning_that_ends_while_somebody_is_let_in_does_not_take_their_green_light() -> None:
    play = Playbook()
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.wait(21)
    play.run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> close front
        << event DOOR_CLOSED front
        >> wait 5
        << relay front off grant
        << show front locked
        >> wait 5
        << event ACCESS_NOT_TAKEN front by ada
    """)
