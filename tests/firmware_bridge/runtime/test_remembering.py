"""What is kept over a restart comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from access_control.core.decision.model import DeviceKind, DoorClass, Point, Revision
from firmware_bridge.controller.commands import (
    RememberCancelled,
    RememberCycles,
    RememberFire,
    RememberFireInput,
    RememberForced,
    RememberPassUsed,
    RememberPolicyAge,
    RememberPress,
)
from firmware_bridge.controller.memory import KeptAge
from firmware_bridge.runtime.remembering import remember, remembered
from firmware_bridge.store.memory import BridgeMemory
from tests.building.clock import MONDAY
from tests.firmware_bridge.controller.school import changed

NOW = int(MONDAY.timestamp())
PANEL, OTHER = Point(DeviceKind.BOARD, 1, 30), Point(DeviceKind.READER, 2, 0)
HALL, ROOM = (changed().doors[door] for door in (2, 3))
AGE = KeptAge(Revision(1, 4), 3600.0, 50.0, NOW, {DoorClass.ROOM: 80})


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[BridgeMemory]:
    found = BridgeMemory(tmp_path, MONDAY)
    yield found
    found.close()


def test_everything_that_was_kept_comes_back(memory: BridgeMemory) -> None:
    for command in (
        RememberFire(2, HALL),
        RememberFire(3, ROOM),
        RememberFire(2, None),
        RememberFireInput(PANEL, active=True),
        RememberFireInput(OTHER, active=True),
        RememberFireInput(OTHER, active=False),
        RememberForced(1, acknowledged=False),
        RememberForced(2, acknowledged=False),
        RememberForced(2, acknowledged=True),
        RememberForced(3, acknowledged=True),
        RememberForced(3, None),
        RememberPassUsed(77, NOW + 60),
        RememberCancelled("override 1"),
        RememberPress(1, "d1"),
        RememberPress(2, ""),
        RememberPress(3, "d3"),
        RememberPress(3, None),
        RememberCycles((("board 1.0", 7), ("reader 2.0", 1))),
        RememberPolicyAge(AGE),
    ):
        remember(command, memory, lambda: "this boot")
    kept = remembered(memory, NOW, "this boot", trusted=True)
    assert kept.fire_held == {3: ROOM}
    assert kept.fire_inputs == {PANEL}
    assert kept.forced == {1: False, 2: True}
    assert kept.presses == {1: "d1", 2: ""}
    assert kept.passes_used == {77: NOW + 60}
    assert kept.cancelled == {"override 1"}
    assert kept.cycles == {"board 1.0": 7, "reader 2.0": 1}
    assert kept.policy_age == AGE


def test_a_held_door_that_another_version_spelled_does_not_hinder_the_start(memory: BridgeMemory) -> None:
    remember(RememberFire(3, ROOM), memory, str)
    memory.keep_fact("fires", b'{"id":2}\n' + (memory.fact("fires") or b""))
    assert remembered(memory, NOW, "", trusted=True).fire_held == {3: ROOM}


def test_a_clock_that_nobody_trusts_forgets_no_used_pass(memory: BridgeMemory) -> None:
    remember(RememberPassUsed(77, NOW + 60), memory, str)
    years_ahead = remembered(memory, NOW + 10 * 365 * 86_400, "", trusted=False)
    assert years_ahead.passes_used == {77: NOW + 60}


def test_nothing_kept_is_nothing(memory: BridgeMemory) -> None:
    kept = remembered(memory, NOW, "this boot", trusted=False)
    assert not kept.fire_held
    assert not kept.fire_inputs
    assert not kept.presses
    assert kept.policy_age is None
