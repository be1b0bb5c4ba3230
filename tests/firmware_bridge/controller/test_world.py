"""What devices said last."""

from __future__ import annotations

from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.events import InputState, LinkState
from firmware_bridge.controller.world import World
from tests.firmware_bridge.controller.school import wired


def test_an_input_is_unknown_while_its_device_cannot_be_believed() -> None:
    world = World()
    point = wired(1, 0)
    assert world.input(None) is InputState.UNKNOWN
    world.inputs[point] = InputState.NORMAL
    for link in LinkState:
        world.links[DeviceKind.BOARD, 1] = link
        believed = link in (LinkState.SECURE, LinkState.UP)
        assert world.input(point) is (InputState.NORMAL if believed else InputState.UNKNOWN)
    assert world.input(wired(1, 1)) is InputState.UNKNOWN
