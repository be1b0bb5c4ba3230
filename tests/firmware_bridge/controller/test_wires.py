"""Wires as they are measured, before anybody says what that means."""

from __future__ import annotations

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.events import InputChanged, InputState
from firmware_bridge.controller.status import WireState, WireStatus
from firmware_bridge.controller.wires import wires
from firmware_bridge.controller.world import World
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import alarms, changed

UNUSED = Point(DeviceKind.BOARD, 1, 60)


def wire(play: Playbook, point: Point | str) -> WireStatus:
    return next(one for one in play.status().wires if one.point == str(point))


def test_every_input_says_what_it_is_for_and_how_it_is_whatever_that_means_there() -> None:
    contact = Point(DeviceKind.BOARD, 1, 3)
    for rests_closed in (False, True):
        resting = frozenset({contact}) if rests_closed else frozenset()
        play = Playbook(changed(doors={1: {"rests_closed": resting}}, inputs=alarms()))
        for state, seen in (
            (InputState.ACTIVE, WireState.CLOSED),
            (InputState.NORMAL, WireState.OPEN),
            (InputState.CUT, WireState.CUT),
            (InputState.SHORT, WireState.SHORT),
        ):
            play.tell(InputChanged(play.moment, contact, state))
            play.wait(2)
            assert wire(play, contact) == WireStatus(str(contact), "contact of door 1", rests_closed, seen, 2.0)
        panic = next(given for given in alarms() if given.name == "office")
        assert wire(play, panic.point).use == "office"


def test_one_fire_input_serves_several_doors_and_a_board_tells_of_inputs_that_nobody_uses() -> None:
    play = Playbook()
    play.tell(InputChanged(play.moment, UNUSED, InputState.ACTIVE))
    assert (wire(play, UNUSED).use, wire(play, UNUSED).state) == ("", WireState.CLOSED)
    shared = [one.use for one in play.status().wires if one.use.count("fire of door") > 1]
    assert shared


def test_what_was_not_seen_or_whose_device_is_away_is_not_known() -> None:
    play = Playbook(quiet=False)
    found = play.status().wires
    assert found
    assert {(one.state, one.since_s) for one in found} == {(WireState.UNKNOWN, None)}


def test_without_a_policy_there_is_nothing_to_tell() -> None:
    assert wires(World(), 0.0) == ()
