"""What a fire holds stays as it was wired when the fire began, whatever newer Policies and restarts say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.model import Board, DeviceKind, FireAction, Point, Policy, UnlockWhen
from access_control.core.decision.slots import Slot
from firmware_bridge.controller.commands import Command, DriveOutput, RememberFire
from firmware_bridge.controller.events import BoardLinkChanged, InputChanged, InputState, LinkState, PolicyAccepted
from firmware_bridge.controller.memory import Memory
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, output, wired, without_doors

NEWER = Point(DeviceKind.BOARD, 1, 31)
ELSEWHERE = changed(
    doors={2: {"lock": {"fire_input": NEWER}}, 3: {"lock": {"fire_input": NEWER, "fire_manual_reset": False}}}
)
SWAPPED = changed(doors={1: {"lock": {"output": output(2)}}, 2: {"lock": {"output": output(1)}}})


def relays(said: list[Command]) -> list[tuple[int, bool]]:
    return [(command.point.index, command.energised) for command in said if isinstance(command, DriveOutput)]


def burning() -> Playbook:
    play = Playbook()
    play.play(["fire", "on"])
    return play


def again(play: Playbook, policy: Policy, *said: Command) -> Playbook:
    """The bridge after a restart, with what it kept; its board answers and no input was heard yet."""
    held = {id_: m.fire.built for id_, m in play.controller._building.doors.items() if m.fire.built is not None}
    for command in said:
        if isinstance(command, RememberFire):
            assert held.get(command.door) == command.held
    back = Playbook(policy, memory=Memory(fire_held=held, clock_trusted=True), quiet=False)
    back.play(["board", "up"])
    return back


def newer_input(play: Playbook, state: InputState) -> list[Command]:
    return play.tell(InputChanged(play.moment, NEWER, state))


@pytest.mark.parametrize("restarts", [False, True])
def test_another_input_by_a_newer_policy_does_not_end_the_fire(restarts: bool) -> None:
    play = burning()
    play.tell(PolicyAccepted(play.moment, ELSEWHERE))
    if restarts:
        play = again(play, ELSEWHERE)
    newer_input(play, InputState.NORMAL)
    assert [play.door(door).command for door in ("hall", "room12")] == ["unlock", "relay_off"]
    play.play(["fire", "off"])
    # The fire door waits for a person, as it did when the fire began.
    assert [play.door(door).command for door in ("hall", "room12")] == ["lock", "relay_off"]
    play.play(["reset", "room12"])
    assert play.door("room12").command == "lock"


def test_the_newer_input_counts_as_soon_as_the_older_fire_is_over() -> None:
    play = burning()
    play.tell(PolicyAccepted(play.moment, ELSEWHERE))
    newer_input(play, InputState.ACTIVE)
    assert relays(play.play(["fire", "off"])) == []
    assert play.door("hall").slot is Slot.FIRE
    assert relays(newer_input(play, InputState.NORMAL)) == [(2, True)]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_door_that_is_left_out_goes_on_being_held_and_is_let_go_when_the_fire_is_over(restarts: bool) -> None:
    wired_on = changed(doors={2: {"lock": {"unlock_when": UnlockWhen.RELAY_ON}}})
    play = Playbook(wired_on)
    assert relays(play.play(["fire", "on"])) == [(2, True)]
    said = play.tell(PolicyAccepted(play.moment, without_doors(2)))
    assert relays(said) == []
    if restarts:
        play = again(play, without_doors(2))
        assert (2, True) in relays(play.commands)
    assert play.door("hall").slot is Slot.FIRE
    said = play.play(["fire", "off"])
    assert (2, False) in relays(said)
    assert 2 not in {door.door for door in play.status().doors}
    assert RememberFire(2, None) in said


@pytest.mark.parametrize("restarts", [False, True])
def test_an_output_that_is_given_to_another_door_stays_as_fire_holds_it(restarts: bool) -> None:
    play = burning()
    said = play.tell(PolicyAccepted(play.moment, SWAPPED))
    assert 2 not in {index for index, _ in relays(said)}
    if restarts:
        play = again(play, SWAPPED)
        # The magnet is off, which opens it; the front door's own relay of old is nobody's before the fire is over.
        assert [command for command in relays(play.commands) if command[0] in (1, 2)] == [(2, False)]
    assert play.door("hall").command == "unlock"
    assert relays(play.play(["unlock", "front"])) == []
    assert dict(relays(play.play(["fire", "off"])))[1] is True  # the magnet, by its new relay
    assert play.door("hall").slot is Slot.DEFAULT
    assert relays(play.play(["unlock", "front"])) == [(2, True)]


def test_the_other_wiring_by_a_newer_policy_does_not_turn_the_relay_over() -> None:
    play = burning()
    said = play.tell(PolicyAccepted(play.moment, changed(doors={2: {"lock": {"unlock_when": UnlockWhen.RELAY_ON}}})))
    assert relays(said) == []
    assert play.door("hall").command == "unlock"


def test_a_fire_whose_input_is_gone_with_its_board_is_ended_by_a_person() -> None:
    second = Board(2, "Fire inputs", "B", 2, 0, 4)
    boards = [Board(1, "Relay board", "B", 1, 8, 32)]
    panel = Point(DeviceKind.BOARD, 2, 0)
    doors: dict[int, dict[str, object]] = {2: {"lock": {"fire_input": panel}}, 3: {"lock": {"fire_input": panel}}}
    play = Playbook(changed(doors=doors, boards=[*boards, second]))
    play.tell(BoardLinkChanged(play.moment, 2, LinkState.UP))
    play.tell(InputChanged(play.moment, panel, InputState.ACTIVE))
    play.play(["reset", "hall"])
    assert play.door("hall").command == "unlock"
    play.tell(PolicyAccepted(play.moment, changed()))
    assert play.door("hall").command == "unlock"
    play.play(["reset", "hall"])
    assert play.door("hall").command == "lock"


def test_a_held_door_whose_board_is_gone_is_nobodys_and_is_not_kept() -> None:
    boards = [Board(1, "Relay board", "B", 1, 8, 32), Board(2, "Lock board", "B", 2, 2, 0)]
    play = Playbook(changed(doors={2: {"lock": {"output": Point(DeviceKind.BOARD, 2, 0)}}}, boards=boards))
    play.play(["fire", "on"])
    said = play.tell(PolicyAccepted(play.moment, without_doors(2)))
    assert RememberFire(2, None) in said
    assert 2 not in {door.door for door in play.status().doors}


def test_an_orphans_wire_means_what_its_new_owner_says() -> None:
    resting = changed(doors={2: {"rests_closed": frozenset({wired(2, 0)})}})
    play = Playbook(resting)
    play.play(["fire", "on"])
    left_out = without_doors(2)
    gate = replace(left_out.doors[5], contact=wired(2, 0))
    play.tell(PolicyAccepted(play.moment, replace(left_out, doors={**left_out.doors, 5: gate})))
    play.tell(InputChanged(play.moment, wired(2, 0), InputState.ACTIVE))
    play.wait(1.0)
    assert play.door("gate").position == "open"
    assert play.door("hall").position == "not_monitored"


def test_what_was_kept_of_a_door_without_a_fire_input_holds_nothing() -> None:
    none = {"fire_input": None, "fire_action": FireAction.NONE, "fire_manual_reset": False}
    kept = changed(doors={3: {"lock": none}}).doors[3]
    play = Playbook(memory=Memory(fire_held={3: kept}, clock_trusted=True))
    assert play.door("room12").command == "lock"


MODULE = Point(DeviceKind.BOARD, 2, 0)


def by_a_module(**lock: object) -> Playbook:
    """The hall's magnet hangs at a board of its own, the front door has a lock like it; there is a fire."""
    boards = [Board(1, "Relay board", "B", 1, 8, 32), Board(2, "Module", "B", 2, 4, 0)]
    play = Playbook(changed(doors={2: {"lock": {"output": MODULE, **lock}}}, boards=boards))
    play.tell(BoardLinkChanged(play.moment, 2, LinkState.UP))
    play.play(["fire", "on"])
    return play


@pytest.mark.parametrize("restarts", [False, True])
def test_a_lock_whose_board_is_gone_is_held_no_more_and_the_one_that_is_there_follows_its_own_input(
    restarts: bool,
) -> None:
    play = by_a_module()
    policy = changed(doors={2: {"lock": {"fire_input": NEWER}}})
    if restarts:
        play = again(play, policy)
        assert RememberFire(2, None) in play.commands
    else:
        assert RememberFire(2, None) in play.tell(PolicyAccepted(play.moment, policy))
    assert play.door("hall").slot is Slot.DEFAULT
    newer_input(play, InputState.ACTIVE)
    assert play.door("hall").slot is Slot.FIRE


def test_a_lock_in_place_of_one_whose_board_is_gone_is_held_at_once_where_its_input_burns() -> None:
    play = by_a_module(unlock_when=UnlockWhen.RELAY_ON)
    said = play.tell(PolicyAccepted(play.moment, changed()))
    assert relays(said) == [(2, False), (0, False)]  # the magnet lets go without power; the old relay is nobody's
    (held,) = [command.held for command in said if isinstance(command, RememberFire) and command.held is not None]
    assert held.lock.output == output(2)
    # Its board comes back with a later Policy: the fire stays where it is.
    boards = [Board(1, "Relay board", "B", 1, 8, 32), Board(2, "Module", "B", 2, 4, 0)]
    play.tell(PolicyAccepted(play.moment, changed(doors={2: {"lock": {"output": MODULE}}}, boards=boards)))
    assert play.door("hall").slot is Slot.FIRE
    assert relays(play.play(["fire", "off"])) != []
