"""What a bridge that dies leaves behind at its doors, as the wiring decides it, and that people leave all the same."""

from __future__ import annotations

import pytest

from access_control.core.decision.model import LockKind, UnlockWhen
from access_control.core.decision.slots import Effect
from firmware_bridge.controller.commands import DriveOutput
from firmware_bridge.controller.drive import LEASE_S
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import changed


@pytest.mark.parametrize(
    ("kind", "unlock_when", "lets_through"),
    [
        (LockKind.STRIKE, UnlockWhen.RELAY_ON, False),
        (LockKind.LOCKSET, UnlockWhen.RELAY_ON, False),
        (LockKind.LOCKSET, UnlockWhen.RELAY_OFF, True),
        (LockKind.MAGLOCK, UnlockWhen.RELAY_ON, False),
        (LockKind.MAGLOCK, UnlockWhen.RELAY_OFF, True),
    ],
)
@pytest.mark.parametrize("emergency", ["lockdown", "secure", "evacuate"])
def test_an_emergency_and_a_bridge_that_dies(
    emergency: str, kind: LockKind, unlock_when: UnlockWhen, *, lets_through: bool
) -> None:
    """Nothing that is on outlives its lease, and with every relay off the wiring alone says who gets through.

    Before it dies and at the next start people leave as ever; in between a magnet's button cuts its supply by itself.
    """
    magnet = kind is LockKind.MAGLOCK
    lock_of = {"kind": kind, "unlock_when": unlock_when, "rex_unlocks": magnet}
    policy = changed(doors={2: {"lock": lock_of | {"fire_action": "release" if magnet else "none"}}})
    play = Playbook(policy)
    play.play(["card", "hall", "ada"])
    driven = [one for one in play.play([emergency, "site"]) + play.wait(60) if isinstance(one, DriveOutput)]
    assert [one for one in driven if one.energised and not 0 < one.lease_s <= LEASE_S] == []
    lock = play.controller._building.doors[2].drive
    assert lock.releases(Effect.RELAY_OFF) is lets_through

    again = Playbook(policy, play.controller._world.orders)
    for bridge in (play, again):
        door = bridge.controller._building.doors[2]
        assert door.released is (emergency == "evacuate")
        bridge.play(["rex", "hall", "on"])
        assert door.released is (magnet or emergency == "evacuate")
