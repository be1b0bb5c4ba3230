"""Alarms of the leaf that outlive a new Policy and a restart."""

from __future__ import annotations

import pytest

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.commands import Command, RecordEvent, RememberForced
from firmware_bridge.controller.events import InputChanged, InputState, PolicyAccepted
from firmware_bridge.controller.memory import Memory
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, wired, without_doors


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
    play.play(["rex", "front", "on"])
    play.play(["open", "front"])
    play.wait(31)
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
