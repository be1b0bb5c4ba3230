"""The demo's buildings can be wired as they are drawn."""

from collections import Counter

import pytest

from access_control.core.decision.building import DoorClass, LockKind
from access_control.demo import plan
from access_control.demo.plan import DOORS, Side, doors_of


def test_there_are_enough_doors_of_every_class_in_two_buildings() -> None:
    assert len(DOORS) >= 18
    assert {door.door_class for door in DOORS} == set(DoorClass)
    assert {door.side for door in DOORS} == set(Side)
    assert LockKind.MAGLOCK in {door.lock for door in DOORS if door.door_class is DoorClass.INTERIOR}


def test_each_door_is_painted_with_a_number_of_its_own() -> None:
    assert len({door.number for door in DOORS}) == len(DOORS)


@pytest.mark.parametrize("side", Side)
def test_nothing_is_wired_twice(side: Side) -> None:
    doors = doors_of(side)
    outputs = Counter(door.output for door in doors)
    alone = [plan.FIRE_INPUT[side], plan.PANIC_INPUT[side], plan.MAINS_INPUT[side]]
    inputs = Counter([door.contact for door in doors] + [door.rex for door in doors] + alone)
    readers = Counter((door.port, door.address) for door in doors)
    assert all(count == 1 for wired in (outputs, inputs, readers) for count in wired.values())


@pytest.mark.parametrize("side", Side)
def test_everything_fits_the_boards(side: Side) -> None:
    for door in doors_of(side):
        assert door.board in plan.BOARDS_OF[side]
        assert int(door.output.rpartition(".")[2]) < plan.BOARD_OUTPUTS
        alone = {plan.MAINS_INDEX, plan.PANIC_INDEX, plan.FIRE_INDEX}
        assert int(door.rex.rpartition(".")[2]) < min(alone) < max(alone) < plan.BOARD_INPUTS
