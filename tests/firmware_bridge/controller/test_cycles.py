"""How often relays were switched on, and when that is kept."""

from __future__ import annotations

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import Command, RememberCycles
from firmware_bridge.controller.cycles import KEPT_EVERY_S, Cycles
from firmware_bridge.controller.events import Moment, OutputProved, Proof
from tests.building.clock import MONDAY

RELAY = Point(DeviceKind.BOARD, 1, 2)


def told(cycles: Cycles, mono_s: float, *, on: bool, point: Point = RELAY) -> list[Command]:
    moment = Moment(MONDAY, mono_s)
    answer = Answer(moment, mono_s)
    cycles.take(OutputProved(moment, point, on, Proof.READ_BACK), answer)
    return answer.commands()


def test_on_after_off_is_a_cycle_and_on_again_is_none() -> None:
    cycles = Cycles({str(RELAY): 41})
    for on in (False, True, True, False, False):
        told(cycles, 1.0, on=on)
    told(cycles, 1.0, on=True, point=Point(DeviceKind.READER, 7, 0))
    assert cycles.counts == {str(RELAY): 42, str(Point(DeviceKind.READER, 7, 0)): 1}


def test_counts_are_kept_ten_minutes_after_a_change_and_not_without_one() -> None:
    cycles = Cycles({})
    assert told(cycles, 5.0, on=True) == []
    assert told(cycles, KEPT_EVERY_S, on=True) == []
    assert told(cycles, 5.0 + KEPT_EVERY_S, on=True) == [RememberCycles(((str(RELAY), 1),))]
    assert told(cycles, 9.0 + 2 * KEPT_EVERY_S, on=False) == []
