"""The outputs of one reader, with nobody on the line, and what they told."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import Event
from firmware_bridge.protocol.osdp.outputs import Outputs, Pending
from tests.building.clock import SetClock
from tests.building.memory_line import output

LOCKDOWN = DriveOutput(output(7), energised=False, lease_s=0.0, urgency=Urgency.EMERGENCY)
HOLD_ON = DriveOutput(output(7), energised=True, lease_s=10.0, urgency=Urgency.ROUTINE)


@dataclass
class Desk:
    """A clock, the outputs of reader 7, and what they told."""

    clock: SetClock = field(default_factory=SetClock)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outputs = Outputs(7, self.told.append)

    def submit(self, command: DriveOutput) -> None:
        self.outputs.submit(command, self.clock.moment())

    def take(self) -> Pending:
        pending = self.outputs.take(self.clock.mono_s)
        assert pending is not None
        return pending

    def deliver(self) -> Pending:
        pending = self.take()
        self.outputs.acknowledged(pending, self.clock.moment())
        return pending

    def refuse_in_clear(self, pending: Pending) -> None:
        self.outputs.refused_in_clear(pending, "Somebody said no.", self.clock.moment())

    def pass_time(self, seconds: float) -> None:
        self.clock.go_on(seconds)
        self.outputs.pass_time(self.clock.moment())

    def grant(self, *, expires_in_s: float = 2.0, lease_s: float = 5.0) -> DriveOutput:
        return DriveOutput(
            output(7),
            energised=True,
            lease_s=lease_s,
            urgency=Urgency.GRANT,
            expires_mono_s=self.clock.mono_s + expires_in_s,
        )
