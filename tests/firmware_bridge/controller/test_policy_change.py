"""A new Policy during an emergency never loosens a door."""

from __future__ import annotations

from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES
from access_control.core.decision.model import DoorClass, EmergencyAction, EmergencyRules, HolderClass, Policy
from access_control.core.decision.slots import Slot
from firmware_bridge.controller.commands import DriveOutput
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import PolicyAccepted, ReleaseHeard
from firmware_bridge.controller.policy_change import Held
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed, output, without_doors


def everybody_admitted() -> EmergencyRules:
    admitted = dict.fromkeys(DEFAULT_EMERGENCY_RULES.admitted, frozenset(HolderClass))
    return EmergencyRules(admitted, lockdown_locks_perimeter=False, drill_moves_doors=False)


def in_lockdown(scope: str = "site") -> Playbook:
    play = Playbook()
    play.play(["lockdown", scope])
    play.play(["prove", "all"])
    return play


def test_scopes_that_shrink_keep_their_doors_until_the_release() -> None:
    play = Playbook()
    play.play(["heard", "lockdown", "d1", "building:1"])
    play.tell(PolicyAccepted(play.moment, changed(scopes={"building:1": [1]})))
    assert [door.lockdown for door in play.status().doors] == [True, True, True, False, False]
    play.play(["release", "d1"])
    play.play(["heard", "lockdown", "d2", "building:1"])
    assert [door.lockdown for door in play.status().doors] == [True, False, False, False, False]


def test_looser_rules_wait_for_the_release() -> None:
    play = in_lockdown()
    said = play.tell(PolicyAccepted(play.moment, changed(emergency_rules=everybody_admitted())))
    assert not any(isinstance(command, DriveOutput) for command in said)
    assert play.door("front").slot.name == "LOCKDOWN"
    play.run("""
        >> card room12 ben
        << event DENIED_LOCKDOWN room12 by ben
        << show room12 refused 2s silent
        >> card gate ada
        << event DENIED_LOCKDOWN gate by ada
        << show gate refused 2s silent
        >> release asked-1
        << event SRP_LOCKDOWN_END directive=asked-1 by=principal reason=All clear, police said so
        << show front locked
        << show hall locked
        << show room12 locked
        << show shed locked
        << show gate locked
        >> heard lockdown d2 gate
        << event SRP_LOCKDOWN_START directive=d2 scope=doors by=principal doors=5
        << show gate lockdown silent
        >> card gate ada
    """)


def test_stricter_rules_count_at_once() -> None:
    play = in_lockdown()
    strict = dict(DEFAULT_EMERGENCY_RULES.admitted)
    strict[EmergencyAction.LOCKDOWN, DoorClass.ROOM] = frozenset()
    play.tell(PolicyAccepted(play.moment, changed(emergency_rules=EmergencyRules(strict))))
    play.run("""
        >> card room12 ada
        << event DENIED_LOCKDOWN room12 by ada
        << show room12 refused 2s silent
    """)


def test_a_room_that_is_declared_an_outside_door_stays_a_room_until_the_release() -> None:
    play = Playbook()
    play.play(["hold", "site"])
    play.tell(PolicyAccepted(play.moment, changed(doors={3: {"door_class": DoorClass.EXTERIOR}})))
    assert play.door("room12").slot.name == "SECURE"
    play.play(["release", "asked-1"])
    play.play(["hold", "site"])
    assert play.door("room12").slot.name == "DEFAULT"


def test_a_door_that_evacuate_did_not_unlock_is_not_unlocked_by_paper() -> None:
    play = Playbook(changed(doors={2: {"evacuate_unlock": False}}))
    play.play(["evacuate", "site"])
    play.tell(PolicyAccepted(play.moment, changed()))
    assert play.door("hall").command == "lock"


def test_a_door_that_is_left_out_stays_locked_while_its_wires_are_there() -> None:
    play = in_lockdown()
    play.tell(PolicyAccepted(play.moment, without_doors(1)))
    assert play.door("front").lockdown
    play.play(["release", "asked-1"])
    assert [door.door for door in play.status().doors] == [2, 3, 4, 5]


def test_a_door_whose_relay_is_somebody_elses_now_is_let_go() -> None:
    play = in_lockdown()
    moved = without_doors(1)
    hall = moved.doors[2]
    taken = changed(doors={2: {"lock": {"output": output(1)}}, 1: {"lock": {"output": output(2)}}})
    assert hall.lock.output == output(2)
    said = play.tell(PolicyAccepted(play.moment, taken))
    assert {(c.point.index, c.energised) for c in said if isinstance(c, DriveOutput)} == {(1, True), (2, False)}


def applied_after_a_restart(play: Playbook, newest: Policy, *held: Held) -> Controller:
    orders = play.controller._world.orders
    again = Controller()
    again.start(play.moment, newest, orders, held)
    return again


def test_a_restart_does_not_apply_the_looser_policy_as_it_is() -> None:
    play, before = in_lockdown(), changed()
    newest = changed(emergency_rules=everybody_admitted(), doors={3: {"door_class": DoorClass.EXTERIOR}})
    play.tell(PolicyAccepted(play.moment, newest))
    again = applied_after_a_restart(play, newest, (before, frozenset({"asked-1"})))
    assert again._world.policy == play.controller._world.policy
    assert {door.slot for door in again.status(play.moment.mono_s).doors} == {Slot.LOCKDOWN}


def test_a_restart_repeats_each_step_of_an_emergency_that_grew() -> None:
    play, first = Playbook(), changed()
    play.play(["heard", "lockdown", "d1", "front"])
    # The shed becomes an outside door before anything rules it, and is secured as one afterwards.
    second = changed(doors={4: {"door_class": DoorClass.EXTERIOR}}, emergency_rules=everybody_admitted())
    play.tell(PolicyAccepted(play.moment, second))
    play.play(["heard", "secure", "d2", "shed"])
    third = changed(doors={4: {"door_class": DoorClass.ROOM}}, emergency_rules=everybody_admitted())
    play.tell(PolicyAccepted(play.moment, third))
    play.play(["release", "d1"])
    held = (first, frozenset({"d1"})), (second, frozenset({"d1", "d2"}))
    again = applied_after_a_restart(play, third, *held)
    assert again._world.policy == play.controller._world.policy
    assert again.status(play.moment.mono_s).doors[3].slot is Slot.SECURE


def test_after_a_restart_the_release_lets_the_newest_policy_apply_as_it_is() -> None:
    play, newest = in_lockdown(), changed(emergency_rules=everybody_admitted())
    again = applied_after_a_restart(play, newest, (changed(), frozenset({"asked-1"})))
    again.handle(ReleaseHeard(play.moment, play.release("asked-1")))
    assert again._world.policy is newest
