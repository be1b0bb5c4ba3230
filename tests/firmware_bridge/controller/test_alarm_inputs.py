"""Panic buttons start an emergency once a press; mains, battery and tampering are told when they begin and end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.emergency import Release
from access_control.core.decision.model import EmergencyAction, InputNormal, Orders, Policy
from firmware_bridge.controller.commands import (
    AskEmergency,
    Command,
    DriveOutput,
    RaiseDirective,
    RecordEvent,
    RememberPress,
)
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    EmergencyAsked,
    InputState,
    LinkState,
    PolicyAccepted,
)
from firmware_bridge.controller.memory import Memory
from firmware_bridge.controller.status import InputStatus
from firmware_bridge.controller.world import NO_ORDERS
from tests.firmware_bridge.controller.playbook import Playbook, with_directives
from tests.firmware_bridge.controller.school import ALARMS, alarms, changed

POLICY = changed(inputs=alarms())


def school(memory: Memory | None = None, orders: Orders | None = None) -> Playbook:
    """The school with its alarm inputs; none of them was seen yet."""
    return Playbook(POLICY, orders, memory)


def state(play: Playbook, name: str) -> InputStatus:
    return next(given for given in play.status().inputs if given.input == ALARMS[name])


def codes(commands: list[Command]) -> list[str]:
    return [command.code for command in commands if isinstance(command, RecordEvent)]


def raised(commands: list[Command]) -> list[tuple[str, str, str]]:
    return [
        (one.directive.id, one.directive.action.value, one.directive.scope)
        for one in commands
        if isinstance(one, RaiseDirective)
    ]


def test_a_press_locks_at_once_and_letting_go_ends_nothing() -> None:
    play = school()
    play.run("""
        >> alarm panic on
        << event PANIC_ACTIVATED alarm_input=1 name=panic input=board 1.20
        << ask lockdown building:1
        << relay front off emergency
        << relay hall on 30s emergency
        << relay room12 off emergency
        << raise lockdown building:1
        << remember press panic pressed-1
        << event SRP_LOCKDOWN_START directive=pressed-1 scope=building:1 by=input:1 doors=1,2,3
        << show front lockdown silent
        << show hall lockdown silent
        << show room12 lockdown silent
        >> prove all
        << event DOOR_SECURED front directive=pressed-1 ms=0 state=secured
        << event DOOR_SECURED hall directive=pressed-1 ms=0 state=secured
        << event DOOR_SECURED room12 directive=pressed-1 ms=0 state=secured
        >> alarm panic off
        >> wait 1.5
        << event PANIC_RESTORED alarm_input=1 name=panic input=board 1.20
        << remember press panic over
    """)
    play.wait(600)
    assert play.door("front").lockdown
    assert play.door("gate").directives == ()


def test_a_bouncing_contact_is_one_press() -> None:
    play = school()
    assert raised(play.play(["alarm", "panic", "on"]))
    for _ in range(5):
        assert play.play(["alarm", "panic", "off"]) == []
        assert play.wait(0.05) == []
        assert play.play(["alarm", "panic", "on"]) == []
    assert state(play, "panic").active


def test_a_second_press_adds_nothing_to_what_holds_everywhere_and_starts_anew_after_a_release() -> None:
    play = school()
    play.play(["alarm", "panic", "on"])
    play.play(["alarm", "panic", "off"])
    play.wait(2.0)
    again = play.play(["alarm", "panic", "on"])
    assert codes(again) == ["PANIC_ACTIVATED"]
    assert raised(again) == []
    play.play(["alarm", "panic", "off"])
    play.wait(2.0)
    play.play(["release", "pressed-1", "front"])
    third = play.play(["alarm", "panic", "on"])
    assert raised(third) == [("pressed-2", "lockdown", "building:1")]
    assert play.door("front").lockdown


def test_each_button_starts_what_it_is_set_to() -> None:
    play = school()
    assert raised(play.play(["alarm", "office", "on"])) == [("pressed-1", "secure", "site")]
    assert raised(play.play(["alarm", "panic", "on"])) == [("pressed-2", "lockdown", "building:1")]


@pytest.mark.parametrize("trouble", ["cut", "short"])
def test_a_broken_wire_is_trouble_and_no_press(trouble: str) -> None:
    play = school()
    play.play(["alarm", "panic", "off"])
    assert codes(play.play(["alarm", "panic", trouble])) == [
        "INPUT_TROUBLE_OPEN" if trouble == "cut" else "INPUT_TROUBLE_SHORT"
    ]
    shown = state(play, "panic")
    assert (shown.active, shown.state, bool(shown.why)) == (False, InputState(trouble), True)
    assert codes(play.play(["alarm", "panic", "off"])) == ["INPUT_TROUBLE_CLEARED"]


def test_a_board_that_is_unplugged_is_no_press_and_ends_none() -> None:
    play = school()
    play.play(["alarm", "panic", "off"])
    assert codes(play.play(["board", "down"])) == ["BOARD_OFFLINE"]
    assert state(play, "panic").state is InputState.UNKNOWN
    assert "does not answer" in state(play, "panic").why
    play.play(["board", "up"])
    assert raised(play.play(["alarm", "panic", "off"])) == []
    # Somebody pressed while the board was away: that counts when it is seen.
    play.play(["board", "down"])
    play.play(["board", "up"])
    assert raised(play.play(["alarm", "panic", "on"]))
    play.play(["board", "down"])
    play.play(["board", "up"])
    assert raised(play.play(["alarm", "panic", "on"])) == []


def test_a_press_during_a_reboot_is_not_lost() -> None:
    assert raised(school().play(["alarm", "panic", "on"])) == [("pressed-1", "lockdown", "building:1")]


def test_a_press_that_was_remembered_does_not_start_again() -> None:
    before = school()
    before.play(["alarm", "panic", "on"])
    kept = before.controller._world.orders
    memory = Memory(clock_trusted=True, presses={1: "pressed-1"})
    play = Playbook(POLICY, kept, memory)
    assert raised(play.play(["alarm", "panic", "on"])) == []
    assert state(play, "panic").active
    play.play(["alarm", "panic", "off"])
    assert RememberPress(1, None) in play.wait(2.0)
    play.play(["release", "pressed-1"])
    assert raised(play.play(["alarm", "panic", "on"]))


def test_a_press_whose_emergency_was_not_kept_starts_again() -> None:
    play = school(Memory(clock_trusted=True, presses={1: "lost"}))
    assert raised(play.play(["alarm", "panic", "on"])) == [("pressed-1", "lockdown", "building:1")]


def test_a_released_emergency_does_not_start_again_by_a_button_that_sticks() -> None:
    play = school()
    play.play(["alarm", "panic", "on"])
    play.play(["release", "pressed-1"])
    play.wait(10)
    assert not play.door("front").lockdown
    kept = play.controller._world.orders
    restarted = Playbook(POLICY, kept, Memory(clock_trusted=True, presses={1: "pressed-1"}))
    assert raised(restarted.play(["alarm", "panic", "on"])) == []
    assert not restarted.door("front").lockdown


def test_a_button_that_is_active_when_it_is_set_up_is_told_and_starts_nothing() -> None:
    play = Playbook()
    play.play(["alarm", "panic", "on"])
    said = play.tell(PolicyAccepted(play.moment, POLICY))
    assert "INPUT_FOUND_ACTIVE" in codes(said)
    assert RememberPress(1, "") in said
    assert raised(said) == []
    restarted = Playbook(POLICY, memory=Memory(clock_trusted=True, presses={1: ""}))
    assert raised(restarted.play(["alarm", "panic", "on"])) == []
    play.play(["alarm", "panic", "off"])
    play.wait(2.0)
    assert raised(play.play(["alarm", "panic", "on"]))


def test_a_new_policy_keeps_a_press_and_a_rewired_button_begins_anew() -> None:
    play = school()
    play.play(["alarm", "panic", "on"])
    renamed = [replace(given, name=f"new {given.name}") for given in alarms()]
    assert raised(play.tell(PolicyAccepted(play.moment, changed(inputs=renamed)))) == []
    assert (state(play, "panic").active, state(play, "panic").name) == (True, "new panic")
    without = [given for given in alarms() if given.id != 1]
    assert RememberPress(1, None) in play.tell(PolicyAccepted(play.moment, changed(inputs=without)))
    assert play.door("front").lockdown
    other_way = [replace(alarms()[0], normal=InputNormal.NORMALLY_CLOSED)]
    play.tell(PolicyAccepted(play.moment, changed(inputs=other_way)))
    assert not state(play, "panic").active


def test_a_button_that_is_set_to_something_else_starts_that() -> None:
    play = school()
    play.play(["alarm", "panic", "on"])
    play.play(["alarm", "panic", "off"])
    play.wait(2)
    wider = [replace(given, scope="site") if given.id == 1 else given for given in alarms()]
    play.tell(PolicyAccepted(play.moment, changed(inputs=wider)))
    assert raised(play.play(["alarm", "panic", "on"])) == [("pressed-2", "lockdown", "site")]


def test_an_answer_that_comes_for_a_button_that_is_gone_still_starts_the_emergency() -> None:
    play = Playbook()
    asked = EmergencyAsked(play.moment, "p", EmergencyAction.LOCKDOWN, "site", "input:1", drill=False, input=1)
    said = play.tell(asked)
    assert raised(said) == [("p", "lockdown", "site")]
    assert not [one for one in said if isinstance(one, RememberPress)]


def test_nothing_is_believed_from_an_open_line() -> None:
    play = school()
    play.tell(BoardLinkChanged(play.moment, 1, LinkState.CLEAR))
    assert raised(play.play(["alarm", "panic", "on"])) == []


@pytest.mark.parametrize(
    ("name", "on", "begins", "ends"),
    [
        ("mains", "on", "POWER_FAIL", "POWER_RESTORE"),
        ("battery", "on", "BATTERY_LOW", "BATTERY_RESTORED"),
        ("cabinet", "off", "TAMPER", "TAMPER_CLEARED"),
        ("keybox", "on", "KEY_BOX_OPENED", "KEY_BOX_CLOSED"),
    ],
)
def test_the_others_are_told_when_they_begin_and_end(name: str, on: str, begins: str, ends: str) -> None:
    play = school()
    off = {"on": "off", "off": "on"}[on]
    assert codes(play.play(["alarm", name, off])) == []
    said = play.play(["alarm", name, on])
    assert codes(said) == [begins]
    assert not [one for one in said if isinstance(one, (AskEmergency, DriveOutput))]
    assert state(play, name).active
    assert codes(play.play(["alarm", name, "cut"])) == ["INPUT_TROUBLE_OPEN"]
    assert state(play, name).active, "a cut wire ends nothing"
    play.play(["alarm", name, off])
    assert codes(play.wait(2)) == [ends]
    shown = state(play, name)
    assert (shown.active, shown.state, shown.since_s, shown.why) == (False, InputState.NORMAL, None, "")


def test_one_that_flickers_does_not_fill_the_record() -> None:
    play, told = school(), 0
    for _ in range(40):
        told += len(codes(play.play(["alarm", "mains", "on"])))
        play.play(["alarm", "mains", "off"])
        told += len(codes(play.wait(1.1)))
    assert told <= 12
    play.wait(70)
    (last,) = [one for one in play.play(["alarm", "mains", "on"]) if isinstance(one, RecordEvent)]
    assert last.detail["unreported"] == 80 - told


def test_a_fire_panel_of_no_door_is_told_like_any_other() -> None:
    play = school()
    assert codes(play.play(["alarm", "panel", "on"]))[:1] == ["FIRE_INPUT_ON"]
    assert state(play, "panel").active
    play.wait(11)
    assert codes(play.play(["alarm", "panel", "off"])) == ["FIRE_INPUT_OFF"]
    assert codes(play.wait(2)) == []
    assert not state(play, "panel").active
    assert {door.command for door in play.status().doors} == {"lock"}


def test_how_long_an_alarm_stands_is_shown() -> None:
    play = school()
    play.play(["alarm", "mains", "on"])
    play.wait(90)
    since = state(play, "mains").since_s
    assert since is not None
    assert round(since) == 90


def test_a_press_while_what_it_started_is_released_by_then() -> None:
    """A release that came before its directive: it holds nowhere, so the next press starts another."""
    policy: Policy = POLICY
    early = Release("r", "pressed-1", None, "principal", None, "All clear, police said so", POLICY.made_at)
    play = Playbook(policy, replace(with_directives(NO_ORDERS), directives=NO_ORDERS.directives.with_release(early)))
    play.play(["alarm", "panic", "on"])
    play.play(["alarm", "panic", "off"])
    play.wait(2)
    assert raised(play.play(["alarm", "panic", "on"])) == [("pressed-2", "lockdown", "building:1")]


def test_one_that_is_told_at_rest_twice_ends_once_and_one_that_is_taken_out_ends_silently() -> None:
    play = school()
    play.play(["alarm", "mains", "on"])
    play.play(["alarm", "mains", "off"])
    play.play(["alarm", "mains", "off"])
    assert codes(play.wait(2)) == ["POWER_RESTORE"]
    play.play(["alarm", "mains", "on"])
    without = [given for given in alarms() if given.id != ALARMS["mains"]]
    said = play.tell(PolicyAccepted(play.moment, changed(inputs=without)))
    assert not [one for one in said if isinstance(one, RememberPress)]
    assert ALARMS["mains"] not in {given.input for given in play.status().inputs}
