"""Fire commands a door until its input is normal again, whatever else happens."""

from __future__ import annotations

from access_control.core.decision.model import FireAction
from firmware_bridge.controller.commands import RememberFireInput
from firmware_bridge.controller.events import PolicyAccepted
from firmware_bridge.controller.memory import Memory
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import FIRE, changed, wired

HELD = {door: changed().doors[door] for door in (2, 3)}


def test_each_door_does_as_it_is_built_and_a_latched_one_waits_for_a_person() -> None:
    play = Playbook()
    play.run("""
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << show hall unlocked
        >> reset room12
        << event ACTION_REFUSED room12 by=desk
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        << show hall locked
        >> reset room12
        << event FIRE_RELEASE_CLEARED room12 by=desk
        << remember fire room12 over
        >> reset room12
        << event ACTION_REFUSED room12 by=desk
    """)


def test_a_fire_that_comes_back_before_the_reset_is_the_same_fire() -> None:
    Playbook().run("""
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << show hall unlocked
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        << show hall locked
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << show hall unlocked
        >> reset room12
        << event ACTION_REFUSED room12 by=desk
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        << show hall locked
        >> reset room12
        << event FIRE_RELEASE_CLEARED room12 by=desk
        << remember fire room12 over
    """)


def test_a_cut_input_is_trouble_and_neither_a_fire_nor_the_end_of_one() -> None:
    Playbook().run("""
        >> fire cut
        << event INPUT_TROUBLE_OPEN hall input=board 1.30
        >> fire off
        << event INPUT_TROUBLE_CLEARED hall input=board 1.30
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << show hall unlocked
        >> fire short
        << event INPUT_TROUBLE_SHORT hall input=board 1.30
        >> fire cut
        << event INPUT_TROUBLE_OPEN hall input=board 1.30
        >> fire off
        << event INPUT_TROUBLE_CLEARED hall input=board 1.30
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        << show hall locked
    """)


def test_a_board_that_goes_silent_does_not_end_a_fire() -> None:
    play = Playbook()
    play.play(["fire", "on"])
    play.play(["board", "down"])
    play.play(["board", "up"])
    assert play.door("hall").command == "unlock"
    play.play(["fire", "off"])
    assert play.door("hall").command == "lock"


def test_a_restart_does_not_lock_what_a_fire_released() -> None:
    play = Playbook(memory=Memory(fire_held=HELD | {1: changed().doors[1]}, clock_trusted=True), quiet=False)
    assert [play.door(door).command for door in ("front", "hall", "room12")] == ["lock", "unlock", "relay_off"]
    play.run("""
        # The input is heard for the first time since the start.
        >> fire off
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        >> reset room12
        << event FIRE_RELEASE_CLEARED room12 by=desk
        << remember fire room12 over
    """)


def kept(play: Playbook, state: str) -> list[tuple[str, bool]]:
    """What is kept of fire inputs as the panel's input comes to a state."""
    said = play.play(["fire", state])
    return [(str(one.point), one.active) for one in said if isinstance(one, RememberFireInput)]


def test_a_fire_that_ends_while_the_bridge_does_not_run_is_told_when_it_is_back() -> None:
    assert kept(Playbook(), "on") == [("board 1.30", True)]
    memory = Memory(fire_held=HELD, fire_inputs=frozenset({FIRE}), clock_trusted=True)
    play = Playbook(memory=memory, quiet=False)
    play.run("""
        # Nobody knows yet: what it held is held.
        >> fire cut
        << event INPUT_TROUBLE_OPEN hall input=board 1.30
        >> fire off
        << event INPUT_TROUBLE_CLEARED hall input=board 1.30
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        # The fire door stays latched until somebody resets it.
        >> fire off
        >> reset room12
        << event FIRE_RELEASE_CLEARED room12 by=desk
        << remember fire room12 over
    """)
    assert kept(Playbook(memory=memory, quiet=False), "off") == [("board 1.30", False)]


def test_a_fire_that_goes_on_over_a_restart_is_said_to_be_on_and_ends_once() -> None:
    memory = Memory(fire_held=HELD, fire_inputs=frozenset({FIRE}), clock_trusted=True)
    Playbook(memory=memory, quiet=False).run("""
        >> fire on
        << event FIRE_INPUT_ON input=board 1.30
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        >> fire off
    """)


def test_the_end_is_told_even_if_a_policy_has_taken_the_input_away_meanwhile() -> None:
    elsewhere = {"fire_input": None, "fire_action": FireAction.NONE, "fire_manual_reset": False}
    doors: dict[int, dict[str, object]] = {3: {"lock": elsewhere}, 2: {"lock": {"fire_input": wired(2, 2)}}}
    memory = Memory(fire_inputs=frozenset({FIRE}), clock_trusted=True)
    Playbook(changed(doors=doors), memory=memory, quiet=False).run("""
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
    """)


def test_a_new_policy_does_not_lock_what_a_fire_released() -> None:
    play = Playbook()
    play.play(["fire", "on"])
    elsewhere = {"fire_input": None, "fire_action": FireAction.NONE, "fire_manual_reset": False}
    play.tell(PolicyAccepted(play.moment, changed(doors={3: {"lock": elsewhere}})))
    assert play.door("room12").command == "relay_off"
    play.run("""
        # The rules have forgotten the fire; the door has not.
        >> card room12 ada
        << event LOCKED_BY_HIGHER_PRIORITY room12 by ada
        << show room12 refused 2s
        >> fire off
        << event FIRE_INPUT_OFF input=board 1.30
        << event FIRE_RELEASE_CLEARED hall
        << remember fire hall over
        << relay hall on 30s routine
        << show hall locked
        >> reset room12
        << event FIRE_RELEASE_CLEARED room12 by=desk
        << remember fire room12 over
    """)
