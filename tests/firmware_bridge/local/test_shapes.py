from __future__ import annotations

import json

from access_control.core.decision.model import Revision
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.events import LinkState, Proof
from firmware_bridge.controller.status import BridgeStatus, DoorAlarm, DoorStatus, Position, Security
from firmware_bridge.local.shapes import status_shape

DOOR = DoorStatus(
    door=3,
    number="101",
    name="Room 101",
    command=Effect.LOCK,
    slot=Slot.LOCKDOWN,
    proof=Proof.READ_BACK,
    proof_age_s=0.25,
    proved=True,
    position=Position.CLOSED,
    alarm=DoorAlarm.NONE,
    acknowledged=False,
    security=Security.SECURED,
    why="",
    link=LinkState.UP,
    directives=("d1",),
    lockdown=True,
)


def test_a_status_is_plain_values_with_words_for_codes() -> None:
    shape = status_shape(BridgeStatus(1.0, Revision(1, 2), None, clock_trusted=True, doors=(DOOR,)))
    assert json.loads(json.dumps(shape)) == shape
    assert (shape["policy"], shape["orders"], shape["clock_trusted"]) == ("1/2", None, True)
    (door,) = shape["doors"]
    assert (door["slot"], door["command"], door["security"], door["proof"]) == (
        "lockdown",
        "lock",
        "secured",
        "read_back",
    )
    assert door["directives"] == ["d1"]
