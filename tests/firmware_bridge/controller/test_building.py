"""Doors and readers as Policies come and go, and a fault that stays at its door."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access_control.core.decision.model import FireAction, LockKind, UnlockWhen
from access_control.core.decision.slots import Slot
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import Command, DriveOutput, RecordEvent
from firmware_bridge.controller.devices import Devices
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.events import CardPresented, InputChanged, InputState, PolicyAccepted, TimePassed
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import (
    DOORS,
    FIRE,
    card,
    changed,
    draft,
    policy_of,
    wired,
    without_doors,
)


def test_doors_that_stay_keep_their_state_and_doors_that_go_are_left_off() -> None:
    play = Playbook()
    play.play(["open", "gate"])
    said = play.tell(PolicyAccepted(play.moment, without_doors(2)))
    assert [(c.point.index, c.energised) for c in said if isinstance(c, DriveOutput)] == [(2, False)]
    assert play.door("gate").alarm == "forced"
    assert [reader.reader for reader in play.status().readers] == [1, 3, 4, 5]
    play.wait(40)
    assert play.tell(TimePassed(play.moment)) == []


def test_a_door_that_comes_back_begins_anew() -> None:
    play = Playbook(without_doors(2))
    said = play.tell(PolicyAccepted(play.moment, policy_of(draft())))
    assert [(c.point.index, c.energised) for c in said if isinstance(c, DriveOutput)] == [(2, True)]
    assert play.door("hall").position == "unknown"


def test_a_reader_may_move_to_another_door() -> None:
    play = Playbook()
    play.tell(PolicyAccepted(play.moment, changed(readers={5: {"door": 1}})))
    play.run("""
        >> card gate ada
        << event ACCESS_GRANTED front by ada
        << show gate granted 5s
        << relay front on 5s grant momentary
    """)


def test_a_reader_with_no_lock_of_its_own_shows_what_its_door_does() -> None:
    play = Playbook(changed(readers={5: {"door": 1}}))
    play.run("""
        >> secure front
        << relay front off emergency
        << relay gate off emergency
        << raise secure front
        << event SRP_SECURE_START directive=asked-1 scope=front by=desk doors=1,2,3,4,5
        << show front secure
        << show gate secure
    """)


def faults(said: list[Command]) -> list[RecordEvent]:
    return [c for c in said if isinstance(c, RecordEvent) and c.code == "CONTROLLER_FAULT"]


def breaking(monkeypatch: pytest.MonkeyPatch, method: str, door: str) -> None:
    """Have one door fail in one of its methods."""
    real: Callable[..., object] = getattr(DoorMachine, method)

    def fails_at_one_door(machine: DoorMachine, *args: object, **named: object) -> object:
        if machine.door.id == DOORS[door]:
            raise RuntimeError("a fault of ours")
        return real(machine, *args, **named)

    monkeypatch.setattr(DoorMachine, method, fails_at_one_door)


def test_a_door_that_a_policy_wires_to_the_fire_input_during_a_fire_is_released_at_once() -> None:
    play = Playbook()
    play.play(["fire", "on"])
    magnet = {
        "kind": LockKind.MAGLOCK,
        "unlock_when": UnlockWhen.RELAY_OFF,
        "fire_action": FireAction.RELEASE,
        "fire_input": FIRE,
    }
    play.tell(PolicyAccepted(play.moment, changed(doors={DOORS["shed"]: {"lock": magnet}})))

    assert play.door("shed").slot is Slot.FIRE


def test_a_door_that_a_policy_adds_knows_at_once_where_its_leaf_is() -> None:
    play = Playbook(policy=without_doors(DOORS["gate"]))
    play.tell(InputChanged(play.moment, wired(DOORS["gate"], 0), InputState.NORMAL))
    play.tell(PolicyAccepted(play.moment, changed()))
    play.wait(1.0)

    assert play.door("gate").position == "closed"


@pytest.mark.parametrize("method", ["_move_leaf", "refresh"])
def test_a_fault_at_one_door_does_not_keep_a_lockdown_from_the_others(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    play = Playbook()
    breaking(monkeypatch, method, "front")
    said = play.play(["lockdown", "site"])
    play.play(["prove", "all"])

    assert [fault.door for fault in faults(said)] == [DOORS["front"]]
    assert play.door("gate").slot is Slot.LOCKDOWN
    assert play.door("gate").security == "secured"


def test_a_door_that_failed_is_settled_again_and_a_lasting_fault_does_not_fill_the_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Playbook()
    with monkeypatch.context() as broken:
        breaking(broken, "_move_leaf", "front")
        play.play(["rex", "front", "on"])
        said = play.wait(50.0)
        assert 1 < len(faults(said)) <= 10
    play.wait(70.0)

    assert play.door("front").security == "secured"


def test_what_was_found_out_before_a_fault_is_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Playbook()

    def breaks(_self: Devices, _event: InputChanged, answer: Answer) -> None:
        answer.record("INPUT_TROUBLE_OPEN")
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Devices, "input", breaks)
    said = play.play(["rex", "front", "on"])

    assert [c.code for c in said if isinstance(c, RecordEvent)] == ["INPUT_TROUBLE_OPEN", "CONTROLLER_FAULT"]
    assert play.tell(CardPresented(play.moment, DOORS["front"], card("ada")))


def test_a_door_that_is_gone_is_not_settled() -> None:
    play = Playbook()
    building = play.controller._building
    building.touch_all()
    answer = Answer(play.moment, play.moment.mono_s)
    building.rebuild(without_doors(2), answer)
    building.settle(answer)
    assert "CONTROLLER_FAULT" not in {c.code for c in answer.commands() if isinstance(c, RecordEvent)}
