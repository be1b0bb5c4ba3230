"""What each door did after a fire input went active: released, latched or stayed, with the milliseconds until proved.

Nothing here moves a lock. It watches the doors settle and records one event for each, which the service folds into the
report of a fire test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from access_control.core.decision.model import DeviceKind, FireAction, Point
from access_control.core.decision.slots import Effect
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.events import InputState, Proof
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.status import Position
from firmware_bridge.controller.world import World

WAIT_S = 10.0
"""A door that did not prove itself for so long is told as failed; it may still succeed while the alarm lasts."""
TESTS_A_MINUTE = 6
"""An input that flickers is reported so often; each report is an event a door."""
CODES = {
    Effect.UNLOCK: EventCode.FIRE_DOOR_RELEASED,
    Effect.RELAY_OFF: EventCode.FIRE_DOOR_LATCHED,
    None: EventCode.FIRE_DOOR_STAYED,
}


@dataclass(slots=True)
class _Awaited:
    """One door in one fire. ``failed`` says that it was told as failed and may still come right."""

    source: Point
    since: float
    failed: bool = False


class FireReport:
    """Doors whose part in the fire now burning is not proved yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._awaited: dict[tuple[int, Point], _Awaited] = {}
        self._begun: dict[Point, Limiter] = {}

    def begin(self, source: Point, doors: Iterable[int], answer: Answer) -> None:
        """A fire input went active: every door of the bridge has a part in it, if only to stay as it is."""
        if self._begun.setdefault(source, Limiter(TESTS_A_MINUTE, 60.0)).take(answer.now) is not None:
            self._awaited |= {(door, source): _Awaited(source, answer.now) for door in doors}

    def end(self, source: Point, answer: Answer) -> None:
        """The input is at rest again; what was not proved until now never will be."""
        for key in [key for key in self._awaited if key[1] == source]:
            awaited = self._awaited.pop(key)
            if not awaited.failed:
                why = "The fire input was at rest again before the door had proved itself."
                self._fail(key[0], awaited, why, answer)

    def watch(self, machine: DoorMachine, answer: Answer) -> None:
        """Tell what has become of one door that was just settled."""
        door = machine.door.id
        for key in [key for key in self._awaited if key[0] == door]:
            self._watch(machine, key, answer)

    def _watch(self, machine: DoorMachine, key: tuple[int, Point], answer: Answer) -> None:
        awaited, door = self._awaited[key], key[0]
        held = machine.fire.effect if machine.fire.source == awaited.source else None
        missing, certain = self._missing(machine, held, awaited, answer.now)
        if not missing:
            del self._awaited[key]
            self._tell(CODES[held], door, awaited, answer, stands=machine.effect.value)
        elif not awaited.failed and (certain or answer.now >= awaited.since + WAIT_S):
            self._fail(door, awaited, missing, answer)

    def _missing(self, machine: DoorMachine, held: Effect | None, awaited: _Awaited, now: float) -> tuple[str, bool]:
        """What is wanting until the door has done its part, and whether waiting will not bring it."""
        lock = machine.door.lock
        if lock.fire_action is FireAction.RELEASE and lock.fire_input is None:
            return "Its lock is released in its own wires, and no fire input is named here. Go and look.", True
        if held is Effect.RELAY_OFF and machine.drive.releases(Effect.RELAY_OFF):
            return "Its lock opens when its power is cut, so it does not latch. Close it and guard it.", True
        if held is Effect.RELAY_OFF and machine.leaf.position is Position.OPEN:
            return "It is open, so it cannot latch. Walk there and close it.", True
        if not self._proved(machine, awaited, now):
            return "Its lock has not proved where it stands.", False
        if held is Effect.RELAY_OFF and machine.effect is not Effect.RELAY_OFF:
            return "Somebody was leaving through it, so its lock had power.", False
        if held is not Effect.RELAY_OFF:
            return "", False
        if machine.leaf.position is Position.NOT_MONITORED:
            return "Its lock has no power, but without a contact nobody knows whether it is shut.", True
        if machine.leaf.position is not Position.CLOSED:
            return "Its contact cannot be read.", False
        if machine.door.latch is not None and self._world.input(machine.door.latch) is not InputState.NORMAL:
            return "Its latch has not proved that it is thrown.", False
        return "", False

    def _proved(self, machine: DoorMachine, awaited: _Awaited, now: float) -> bool:
        """Since the alarm began; a reader's acknowledgement counts as long as its session lasts."""
        drive = machine.drive
        if not drive.fresh(now) or not self._world.alive(machine.lock_device):
            return False
        lasting = drive.proof is Proof.ACKNOWLEDGED and drive.point.kind is DeviceKind.READER
        return lasting or (drive.proved_at is not None and drive.proved_at >= awaited.since)

    def _fail(self, door: int, awaited: _Awaited, why: str, answer: Answer) -> None:
        awaited.failed = True
        self._tell(EventCode.FIRE_DOOR_FAILED, door, awaited, answer, why=why)

    def _tell(
        self, code: EventCode, door: int, awaited: _Awaited, answer: Answer, stands: str = "", why: str = ""
    ) -> None:
        ms = round((answer.now - awaited.since) * 1000)
        answer.record(code, door=door, input=str(awaited.source), ms=ms, stands=stands, why=why)

    def deadline(self, door: int, now: float) -> float | None:
        """When a missing proof becomes a failure."""
        ends = (one.since + WAIT_S for key, one in self._awaited.items() if key[0] == door and not one.failed)
        return min((end for end in ends if end > now), default=None)

    def forget(self, doors: Iterable[int]) -> None:
        """These doors are no longer this bridge's."""
        gone = set(doors)
        self._awaited = {key: awaited for key, awaited in self._awaited.items() if key[0] not in gone}
