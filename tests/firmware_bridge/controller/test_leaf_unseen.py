"""The leaf while its contact or latch cannot be read, or never holds still."""

from __future__ import annotations

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import InputChanged, InputState, PolicyAccepted
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, wired


def held_front(play: Playbook) -> None:
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.play(["rex", "front", "off"])
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
