"""Trying a lock: a short pulse with the door closed, and whether relay, contact and latch did what they should.

The pulse is a grant like any other: it goes through the door's slots, an emergency ends it, and whatever may not move
the lock refuses it. A test is started only at a door that is proved secured, and passes only if it is so again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from access_control.core.decision.emergency import in_force
from access_control.core.decision.model import LockKind
from access_control.core.decision.slots import Slot
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.events import InputState, SelfTestAsked
from firmware_bridge.controller.momentary import Grant
from firmware_bridge.controller.report import verdict
from firmware_bridge.controller.status import Position, Security

PULSE_S: Final = 1.5
"""How long the lock is released."""
AFTERWARDS_S: Final = 8.0
"""The lock must have proved itself so soon after the pulse."""
_LETS_GO: Final = (LockKind.MAGLOCK, LockKind.LATCH_RETRACTION)
"""The kinds whose latch monitor must see the lock let go while the door stays closed."""


@dataclass(slots=True)
class _Trial:
    """One test that runs. Times are monotonic seconds."""

    asked: SelfTestAsked
    started: float
    unlocked_s: float | None = None
    unlock_proof: str = ""
    relocked_s: float | None = None
    relock_proof: str = ""
    over: bool = False
    opened: bool = False
    let_go: bool = False
    cut_short: bool = False

    @property
    def ends(self) -> float:
        return self.started + PULSE_S + AFTERWARDS_S


class SelfTests:
    """The tests that run at the doors of one bridge."""

    def __init__(self, building: Building) -> None:
        self._building = building
        self._trials: dict[int, _Trial] = {}

    def ask(self, asked: SelfTestAsked, answer: Answer) -> None:
        """Begin, or say why not; either way it is recorded with who asked."""
        machine = self._building.doors.get(asked.door)
        why = "This bridge has no such door." if machine is None else self._hindrance(machine, answer)
        if machine is None or why:
            answer.record(EventCode.ACTION_REFUSED, door=asked.door, by=asked.by, test=asked.test, why=why)
            return
        answer.record(EventCode.SELF_TEST_STARTED, door=asked.door, by=asked.by, test=asked.test)
        machine.grant(Grant(Slot.GRANT, PULSE_S, by=asked.by, trial=True), answer)
        self._trials[asked.door] = _Trial(asked, answer.now)
        self._building.dirty.add(asked.door)

    def _hindrance(self, machine: DoorMachine, answer: Answer) -> str:
        world = self._building.world
        if machine.door.contact is None:
            return "This door has no contact, so nothing could see that it stays closed. Try it by hand."
        if machine.door.id in self._trials:
            return "A self-test of this door is running already."
        if world.policy is not None and in_force(world.policy, world.orders, machine.door.id):
            return "An emergency is in force at this door. Release it first."
        judged = verdict(machine, world, answer.now)
        if judged.security is not Security.SECURED:
            return f"Only a door that is proved closed and locked is tested. {judged.why}"
        return "" if machine.takes(Slot.GRANT) else "Something more important locks this door."

    def look(self, answer: Answer) -> None:
        """See how far each test is; called when all doors are settled."""
        try:
            self._look(answer)
        except Exception as error:  # noqa: BLE001 - a test must never cost what the doors have been told
            self._trials.clear()
            self._building.tell_fault(error, answer)

    def _look(self, answer: Answer) -> None:
        for door, trial in tuple(self._trials.items()):
            machine = self._building.doors.get(door)
            if machine is None:
                del self._trials[door]
                self._conclude(trial, "The door was taken out of the Policy during the test.", answer)
                continue
            self._see(trial, machine, answer.now)
            why = self._finding(trial, machine, answer.now)
            if why is not None:
                del self._trials[door]
                self._conclude(trial, why, answer, latch=self._latch_words(trial, machine))

    def _see(self, trial: _Trial, machine: DoorMachine, now: float) -> None:
        drive = machine.drive
        trial.opened = trial.opened or machine.leaf.position is not Position.CLOSED
        if machine.released and not trial.over:
            trial.let_go = trial.let_go or self._building.world.input(machine.door.latch) is InputState.ACTIVE
            if drive.proved_at is not None and trial.unlocked_s is None:
                trial.unlocked_s, trial.unlock_proof = drive.proved_at - trial.started, drive.proof.value
        elif not machine.released:
            if not trial.over:
                trial.cut_short = now < trial.started + PULSE_S
            trial.over = True
            if drive.proved_at is not None:
                trial.relocked_s = drive.proved_at - drive.sent_at if trial.relocked_s is None else trial.relocked_s
                trial.relock_proof = drive.proof.value

    def _finding(self, trial: _Trial, machine: DoorMachine, now: float) -> str | None:
        """Empty for *passed*, a sentence for *failed*, ``None`` while it is not over."""
        judged = verdict(machine, self._building.world, now)
        relocked = trial.over and trial.relocked_s is not None
        proved = relocked and judged.security is Security.SECURED
        if not proved and not (trial.opened and relocked) and now < trial.ends:
            return None
        if trial.opened:
            return "The door did not stay closed during the test."
        if trial.unlocked_s is None:
            return "The relay did not confirm that it was told to unlock. Check the board and its line."
        if trial.cut_short:
            return "Something more important locked the door during the test."
        if not proved:
            return f"The lock did not prove that it locked again. {judged.why}".strip()
        if self._latch_must_move(machine) and not trial.let_go:
            return "The latch monitor did not see the lock let go. Check the lock's wire and the monitor."
        return ""

    def _latch_must_move(self, machine: DoorMachine) -> bool:
        return machine.door.latch is not None and machine.door.lock.kind in _LETS_GO

    def _latch_words(self, trial: _Trial, machine: DoorMachine) -> str:
        if machine.door.latch is None:
            return "not_fitted"
        back = self._building.world.input(machine.door.latch) is InputState.NORMAL
        if trial.let_go:
            return "went_and_came_back" if back else "went"
        return "stayed" if back else "unknown"

    def _conclude(self, trial: _Trial, why: str, answer: Answer, *, latch: str = "unknown") -> None:
        answer.record(
            EventCode.SELF_TEST_FAILED if why else EventCode.SELF_TEST_PASSED,
            door=trial.asked.door,
            by=trial.asked.by,
            test=trial.asked.test,
            unlock_ms=_ms(trial.unlocked_s),
            unlock_proof=trial.unlock_proof,
            relock_ms=_ms(trial.relocked_s),
            relock_proof=trial.relock_proof,
            contact="opened" if trial.opened else "stayed_closed",
            latch=latch,
            why=why,
        )

    def deadline(self) -> float | None:
        """When a test must be looked at again if nothing happens before, in monotonic seconds."""
        return min((trial.ends for trial in self._trials.values()), default=None)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
