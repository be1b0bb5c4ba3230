"""A new Policy while somebody leaves: whom a magnet has let go is let out for the whole of the hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.model import (
    Board,
    DeviceKind,
    FireAction,
    LockKind,
    Point,
    Policy,
    UnlockWhen,
)
from firmware_bridge.controller.commands import DriveOutput
from firmware_bridge.controller.events import BoardLinkChanged, InputChanged, InputState, LinkState, PolicyAccepted
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import FIRE, changed, output, wired, without_doors

NO_BUTTON = changed(doors={2: {"rex": None, "lock": {"rex_unlocks": False}}})
LOCKSET_LOCK = {"kind": LockKind.LOCKSET, "rex_unlocks": False, "fire_action": FireAction.NONE}
LOCKSET = changed(doors={2: {"lock": LOCKSET_LOCK}})
BY_POWER = {2: {"lock": {"unlock_when": UnlockWhen.RELAY_ON}}}
"""A magnet through the normally closed contact: its relay is on while it lets people go."""


def relays(play: Playbook) -> dict[int, bool]:
    """Where each output was last driven."""
    return {command.point.index: command.energised for command in play.commands if isinstance(command, DriveOutput)}


def driven(play: Playbook, index: int) -> set[bool]:
    """Wherever an output was driven since somebody was let go by it."""
    drives = [command for command in play.commands if isinstance(command, DriveOutput) and command.point.index == index]
    return {command.energised for command in drives[1:]}


def accept(play: Playbook, policy: Policy) -> None:
    play.commands += play.tell(PolicyAccepted(play.moment, policy))


def do(play: Playbook, *lines: str) -> None:
    for line in lines:
        play.commands += play.play(line.split())


@pytest.mark.parametrize("policy", [NO_BUTTON, LOCKSET], ids=["no button", "a lockset"])
def test_a_pressed_button_that_unlocks_no_more_counts_as_let_go(policy: Policy) -> None:
    play = Playbook()
    do(play, "rex hall on", "wait 60")
    accept(play, policy)
    do(play, "wait 29.9")
    assert play.door("hall").command == "unlock"
    do(play, "wait 0.2")
    assert play.door("hall").command == "lock"


@pytest.mark.parametrize("policy", [NO_BUTTON, LOCKSET], ids=["no button", "a lockset"])
def test_a_hold_that_runs_goes_on_to_its_end_and_no_longer(policy: Policy) -> None:
    play = Playbook()
    do(play, "rex hall on", "rex hall off", "wait 5")
    accept(play, policy)
    accept(play, policy)
    do(play, "wait 24.9")
    assert play.door("hall").command == "unlock"
    do(play, "wait 0.2")
    assert play.door("hall").command == "lock"


def test_a_button_that_unlocks_no_more_starts_no_further_hold() -> None:
    play = Playbook()
    do(play, "rex hall on")
    accept(play, LOCKSET)
    do(play, "wait 20", "rex hall off", "rex hall on", "wait 11")
    assert play.door("hall").command == "lock"


@pytest.mark.parametrize("pressed", [True, False])
def test_a_door_that_is_left_out_lets_people_go_first(pressed: bool) -> None:
    play = Playbook(changed(doors=BY_POWER))
    do(play, "rex hall on", *([] if pressed else ["rex hall off"]))
    accept(play, without_doors(2))
    do(play, "wait 29.9")
    assert relays(play)[2] is True
    do(play, "wait 0.2")
    assert relays(play)[2] is False
    assert 2 not in {status.door for status in play.status().doors}


def test_a_door_that_is_left_out_in_a_fire_with_its_button_pressed_goes_thirty_seconds_after_the_fire() -> None:
    play = Playbook(changed(doors=BY_POWER))
    do(play, "rex hall on", "fire on")
    accept(play, without_doors(2))
    do(play, "wait 60", "fire off", "wait 29.9")
    assert relays(play)[2] is True
    do(play, "wait 0.2")
    assert relays(play)[2] is False


def test_a_lock_that_moves_to_another_output_lets_people_go_first() -> None:
    play = Playbook(changed(doors=BY_POWER))
    do(play, "rex hall on")
    accept(play, changed(doors={2: {"lock": {"unlock_when": UnlockWhen.RELAY_ON, "output": output(6)}}}))
    do(play, "wait 29.9")
    assert relays(play)[2] is True
    do(play, "wait 0.2")
    # The button is still pressed, and now counts for the lock that the Policy names.
    assert (relays(play)[2], relays(play)[6]) == (False, True)


def test_a_lock_whose_polarity_is_turned_round_lets_people_go_first() -> None:
    play = Playbook()
    do(play, "rex hall on", "rex hall off")
    accept(play, changed(doors=BY_POWER))
    do(play, "wait 29.9")
    assert relays(play)[2] is False
    do(play, "card hall ada")
    assert relays(play)[2] is False
    do(play, "wait 0.2")
    assert relays(play)[2] is True  # ada's unlock, as the lock is wired by now


def test_an_output_that_goes_to_another_door_moves_for_it_when_people_are_out() -> None:
    play = Playbook(changed(doors=BY_POWER))
    do(play, "rex hall on")
    policy = changed(doors={2: {"lock": {"output": output(6)}}, 4: {"lock": {"output": output(2)}}})
    accept(play, policy)
    do(play, "wait 5", "card shed ada", "wait 24")
    assert relays(play)[2] is True
    do(play, "wait 1.1")
    assert relays(play)[2] is False
    do(play, "card shed ada")
    assert relays(play)[2] is True


@pytest.mark.parametrize("pressed", [True, False])
def test_an_output_of_a_door_that_is_left_out_moves_for_another_door_when_people_are_out(pressed: bool) -> None:
    play = Playbook(changed(doors=BY_POWER))
    do(play, "rex hall on", *([] if pressed else ["rex hall off"]))
    left = without_doors(2)
    shed = left.doors[4]
    accept(play, replace(left, doors={**left.doors, 4: replace(shed, lock=replace(shed.lock, output=output(2)))}))
    do(play, "wait 5", "card shed ada", "wait 24.9")
    assert relays(play)[2] is True
    assert driven(play, 2) == {True}
    do(play, "wait 0.2")
    assert relays(play)[2] is False
    do(play, "card shed ada")
    assert relays(play)[2] is True


def test_a_door_that_was_deleted_and_made_anew_lets_people_go_first() -> None:
    before = changed(doors=BY_POWER)
    play = Playbook(before)
    do(play, "rex hall on", "rex hall off")
    left = without_doors(2)
    accept(play, replace(left, doors={**left.doors, 6: replace(before.doors[2], id=6)}))
    do(play, "wait 20", "rex hall on", "wait 40")  # the button is the new door's by now
    assert driven(play, 2) == {True}
    do(play, "rex hall off", "wait 29.9")
    assert driven(play, 2) == {True}
    do(play, "wait 0.2")
    assert relays(play)[2] is False


def test_a_button_of_a_door_that_waits_for_an_output_keeps_that_output_from_nobody() -> None:
    play = Playbook(changed(doors=BY_POWER))
    do(play, "rex hall on")
    left, magnet = without_doors(2), changed().doors[2].lock
    waiting = replace(left.doors[1], lock=replace(magnet, output=output(2)))
    accept(play, replace(left, doors={**left.doors, 1: waiting}))
    do(play, "wait 5", "rex front on", "rex front off")
    accept(play, left)
    do(play, "wait 24.9")
    assert driven(play, 2) == {True}
    do(play, "wait 0.2")
    assert relays(play)[2] is False


def test_a_strike_with_a_button_holds_nothing_back() -> None:
    play = Playbook()
    do(play, "rex front on")
    accept(play, changed(doors={1: {"lock": {"output": output(6)}}}))
    do(play, "card front ada")
    assert relays(play)[6] is True


def test_a_restart_forgets_a_button_that_was_let_go_and_believes_one_that_is_pressed() -> None:
    play = Playbook()
    do(play, "rex hall on", "rex hall off", "wait 3")
    again = Playbook()
    assert again.door("hall").command == "lock"
    again.tell(InputChanged(again.moment, wired(2, 1), InputState.ACTIVE))
    assert again.door("hall").command == "unlock"


def test_a_fire_that_ends_lets_whoever_is_leaving_go_by_the_lock_that_it_held() -> None:
    fire = {"fire_action": FireAction.RELEASE, "fire_input": FIRE, "fire_manual_reset": True}
    held = {"unlock_when": UnlockWhen.RELAY_ON, **fire}
    play = Playbook(changed(doors={2: {"lock": held}}))
    do(play, "fire on")
    accept(play, changed(doors={2: {"lock": held | {"output": output(6)}}}))
    do(play, "rex hall on", "fire off", "reset hall", "wait 29")
    assert relays(play)[2] is True


def test_a_lock_whose_board_is_gone_lets_nobody_out_and_none_in_its_place() -> None:
    module = Point(DeviceKind.BOARD, 2, 0)
    boards = [Board(1, "Relay board", "B", 1, 8, 32), Board(2, "Module", "B", 2, 4, 0)]
    play = Playbook(changed(doors={2: {"lock": {"output": module}}}, boards=boards))
    play.tell(BoardLinkChanged(play.moment, 2, LinkState.UP))
    do(play, "rex hall on", "rex hall off")
    accept(play, changed(doors={2: {"lock": LOCKSET_LOCK | {"output": output(6)}}}, boards=boards))
    assert play.door("hall").command == "unlock"
    accept(play, LOCKSET)
    assert play.door("hall").command == "lock"
