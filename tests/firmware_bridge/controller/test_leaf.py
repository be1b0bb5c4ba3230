"""The leaf: forced, held, latch, bounce."""

from __future__ import annotations

import pytest

from access_control.core.decision.model import DeviceKind, Point, Timetable
from firmware_bridge.controller.commands import Command, RecordEvent, RememberForced
from firmware_bridge.controller.events import InputChanged, InputState, PolicyAccepted, TimePassed
from firmware_bridge.controller.memory import Memory
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import T0, changed, wired, without_doors


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


def held_front(play: Playbook) -> None:
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.wait(31)
    assert play.door("front").alarm == "held"


def test_a_contact_that_is_away_for_a_moment_ends_no_held_alarm_at_a_door_that_is_still_open() -> None:
    play = Playbook()
    held_front(play)
    play.run("""
        >> cut front
        << event INPUT_TROUBLE_OPEN front input=board 1.3
        >> wait 1
        >> open front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
    """)
    assert play.door("front").alarm == "held"
    play.run("""
        >> wait 297
        >> wait 2
        << event DOOR_HELD front open_s=330
        >> cut front
        << event INPUT_TROUBLE_OPEN front input=board 1.3
        >> close front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_HELD_CLEARED front
        << show front locked
    """)
    assert play.door("front").alarm == "none"


def test_a_propped_door_is_told_however_often_its_board_blinks() -> None:
    play = Playbook()
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    said = []
    for _ in range(3):
        said += play.wait(12)
        said += play.play(["board", "down"])
        said += play.wait(1)
        said += play.play(["board", "up"])
        said += play.play(["open", "front"])
    codes = [command.code for command in said if isinstance(command, RecordEvent)]
    assert codes.count("DOOR_HELD_PREALARM") == codes.count("DOOR_HELD") == 1
    assert "DOOR_OPENED" not in codes
    assert play.door("front").alarm == "held"


def test_an_open_door_grows_no_older_in_the_record_while_nobody_knows_that_it_is_open() -> None:
    play = Playbook()
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.play(["cut", "front"])
    assert play.wait(100) == []
    play.run("""
        >> open front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_HELD front open_s=100
    """)


def test_a_latch_that_cannot_be_read_is_not_told_as_thrown() -> None:
    play = Playbook()
    play.play(["latch", "room12", "loose"])
    play.wait(3.1)
    cut = InputChanged(play.moment, wired(3, 2), InputState.CUT)
    assert [str(one.code) for one in play.tell(cut) if isinstance(one, RecordEvent)] == ["INPUT_TROUBLE_OPEN"]
    assert play.door("room12").alarm == "fault"
    play.run("""
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada
        << show room12 granted 5s
        << relay room12 on 5s grant momentary
        >> wait 7
        << relay room12 off grant
        << show room12 locked
        << event ACCESS_NOT_TAKEN room12 by ada
        >> latch room12 thrown
        << event INPUT_TROUBLE_CLEARED room12 input=board 1.11
        << event LATCH_FAULT_CLEARED room12
    """)


def test_a_loose_latch_is_told_though_its_board_blinks() -> None:
    play = Playbook()
    play.play(["latch", "room12", "loose"])
    play.wait(2)
    play.play(["board", "down"])
    assert not [one for one in play.wait(2) if isinstance(one, RecordEvent) and one.code == "LATCH_FAULT"]
    play.play(["board", "up"])
    play.play(["latch", "room12", "loose"])
    play.play(["close", "room12"])
    assert play.door("room12").alarm == "fault"


def test_a_fault_of_a_latch_ends_with_its_monitor() -> None:
    play = Playbook()
    play.play(["latch", "room12", "loose"])
    play.wait(3.1)
    said = play.tell(PolicyAccepted(play.moment, changed(doors={3: {"latch": None}})))
    assert [str(one.code) for one in said if isinstance(one, RecordEvent)] == ["POLICY_APPLIED"]
    assert play.door("room12").alarm == "none"


def chatter(play: Playbook, times: int, open_s: float = 0.045, closed_s: float = 0.01) -> list[str]:
    codes = []
    for _ in range(times):
        for state, seconds in ((InputState.ACTIVE, open_s), (InputState.NORMAL, closed_s)):
            said = play.tell(InputChanged(play.moment, wired(1, 0), state)) + play.wait(seconds)
            codes += [str(command.code) for command in said if isinstance(command, RecordEvent)]
    return codes


def test_a_contact_that_never_holds_still_proves_nothing() -> None:
    play = Playbook()
    assert play.door("front").security == "secured"
    assert chatter(play, 100) == ["INPUT_UNREADABLE"]
    assert (play.door("front").position, play.door("front").security) == ("unknown", "unknown")
    play.run("""
        >> close front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
    """)
    assert (play.door("front").position, play.door("front").security) == ("closed", "secured")


def test_a_door_that_opens_after_its_contact_chattered_is_forced() -> None:
    play = Playbook()
    chatter(play, 20)
    play.run("""
        >> open front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_FORCED front
    """)


def test_an_open_door_whose_contact_chatters_goes_on_being_held() -> None:
    play = Playbook()
    held_front(play)
    chatter(play, 20)
    play.run("""
        >> open front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
    """)
    assert play.door("front").alarm == "held"
    chatter(play, 20)
    play.run("""
        >> close front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_CLOSED front
        << event DOOR_HELD_CLEARED front
        << show front locked
    """)


def test_a_contact_that_is_lost_while_it_chatters_says_nothing_of_when_the_door_opened() -> None:
    play = Playbook()
    chatter(play, 20)
    play.run("""
        >> cut front
        << event INPUT_TROUBLE_OPEN front input=board 1.3
        >> open front
        << event INPUT_TROUBLE_CLEARED front input=board 1.3
        << event DOOR_OPENED front by=found_open
    """)


def test_a_contact_that_chatters_again_and_again_does_not_flood_the_record() -> None:
    play = Playbook()
    codes = []
    for _ in range(60):
        codes += chatter(play, 6)
        play.play(["close", "front"])
    assert 1 <= codes.count("INPUT_UNREADABLE") <= 7


@pytest.mark.parametrize(
    "change",
    [
        {"rests_closed": frozenset({wired(3, 2)})},
        {"rests_closed": frozenset({wired(3, 0)})},
        {"latch": None},
        {"contact": wired(3, 0), "rex": None},
        {"contact": Point(DeviceKind.BOARD, 1, 31)},
    ],
)
def test_a_new_policy_ends_no_forced_alarm(change: dict[str, object]) -> None:
    play = Playbook()
    play.play(["open", "room12"])
    play.tell(PolicyAccepted(play.moment, changed(doors={3: change})))
    play.wait(1)
    assert play.door("room12").alarm == "forced"
    acknowledged = play.play(["acknowledge", "room12"])
    contact = play.controller.policy.doors[3].contact if play.controller.policy else None
    assert contact is not None
    shut = InputState.ACTIVE if contact in change.get("rests_closed", ()) else InputState.NORMAL  # type: ignore[operator]  # it is a set
    acknowledged += play.tell(InputChanged(play.moment, contact, shut)) + play.wait(1)
    codes = [str(one.code) for one in acknowledged if isinstance(one, RecordEvent)]
    assert codes.count("DOOR_FORCED_CLEARED") == 1
    assert play.door("room12").alarm == "none"


def test_a_held_alarm_of_a_contact_that_a_policy_exchanges_is_ended_by_the_new_one() -> None:
    play = Playbook()
    held_front(play)
    rested = changed(doors={1: {"contact": Point(DeviceKind.BOARD, 1, 31)}})
    play.tell(PolicyAccepted(play.moment, rested))
    assert play.door("front").alarm == "held"
    said = play.tell(InputChanged(play.moment, Point(DeviceKind.BOARD, 1, 31), InputState.NORMAL)) + play.wait(1)
    assert [str(one.code) for one in said if isinstance(one, RecordEvent)] == ["DOOR_HELD_CLEARED"]


def test_a_door_that_loses_its_contact_is_held_no_longer_and_its_forced_alarm_ends_when_somebody_saw_it() -> None:
    play = Playbook()
    play.play(["open", "front"])
    play.wait(31)
    said = play.tell(PolicyAccepted(play.moment, changed(doors={1: {"contact": None}})))
    codes = [str(one.code) for one in said if isinstance(one, RecordEvent)]
    assert codes == ["POLICY_APPLIED", "DOOR_HELD_CLEARED"]
    assert (play.door("front").position, play.door("front").alarm) == ("not_monitored", "forced")
    play.run("""
        >> acknowledge front
        << event DOOR_ALARM_ACKNOWLEDGED front by=desk
        << event DOOR_FORCED_CLEARED front
    """)


def test_a_forced_alarm_that_somebody_saw_ends_with_the_doors_contact() -> None:
    play = Playbook()
    play.play(["open", "front"])
    play.play(["acknowledge", "front"])
    said = play.tell(PolicyAccepted(play.moment, changed(doors={1: {"contact": None}})))
    codes = [str(one.code) for one in said if isinstance(one, RecordEvent)]
    assert codes == ["POLICY_APPLIED", "DOOR_FORCED_CLEARED"]


def kept_forced(commands: list[Command]) -> list[tuple[int, bool | None]]:
    return [(one.door, one.acknowledged) for one in commands if isinstance(one, RememberForced)]


def test_a_forced_alarm_outlives_a_restart() -> None:
    play = Playbook()
    said = play.play(["open", "front"])
    assert kept_forced(said) == [(1, False)]
    again = Playbook(memory=Memory(clock_trusted=True, forced={1: False}))
    assert again.door("front").alarm == "forced"
    assert not again.door("front").acknowledged
    assert kept_forced(again.play(["acknowledge", "front"])) == [(1, None)]
    assert again.door("front").alarm == "none"


def test_a_forced_alarm_that_somebody_saw_before_a_restart_ends_when_the_door_is_shut() -> None:
    play = Playbook()
    play.play(["open", "front"])
    assert kept_forced(play.play(["acknowledge", "front"])) == [(1, True)]
    assert kept_forced(play.play(["close", "front"])) == [(1, None)]
    again = Playbook(memory=Memory(clock_trusted=True, forced={1: True}), quiet=False)
    assert again.door("front").alarm == "forced"
    again.connect()
    assert again.door("front").alarm == "none"


def test_a_forced_alarm_of_a_door_that_is_gone_is_forgotten() -> None:
    play = Playbook()
    play.play(["open", "front"])
    assert kept_forced(play.tell(PolicyAccepted(play.moment, without_doors(1)))) == [(1, None)]
    again = Playbook(without_doors(1), memory=Memory(clock_trusted=True, forced={1: False}), quiet=False)
    assert kept_forced(again.commands) == [(1, None)]


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
