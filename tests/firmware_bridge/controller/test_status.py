"""Finding a door in a status."""

from __future__ import annotations

import pytest

from tests.firmware_bridge.controller.playbook import Playbook


def test_a_door_is_found_by_its_id() -> None:
    status = Playbook().status()
    assert status.door(5).number == "5"
    with pytest.raises(KeyError):
        status.door(99)
