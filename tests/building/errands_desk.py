"""The errands of one reader, and what they told."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    Event,
)
from firmware_bridge.protocol.osdp.errands import Errands
from firmware_bridge.protocol.osdp.outputs import Outputs
from firmware_bridge.protocol.osdp.replies import (
    Capabilities,
    Capability,
    Function,
)
from firmware_bridge.protocol.osdp.reports import Reports
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup
from tests.building.clock import SetClock
from tests.building.memory_line import output

EVERYTHING = Capabilities(
    (
        Capability(Function.INPUTS, 1, 2),
        Capability(Function.OUTPUTS, 4, 1),
        Capability(Function.LED, 4, 1),
        Capability(Function.BUZZER, 2, 0),
    )
)


@dataclass
class Desk:
    """The errands of reader 7, and what they told."""

    can: Capabilities | None = EVERYTHING
    read_back: bool = True
    clock: SetClock = field(default_factory=SetClock)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outputs = Outputs(7, self.told.append)
        setup = ReaderSetup(7, 7, read_back=self.read_back)
        self.errands = Errands(setup, LinkTiming(), self.outputs, Reports(setup.kind, 7, self.told.append))
        if self.can:
            self.errands.learn(self.can)

    def next(self) -> object:
        """What it is asked next when nothing is urgent."""
        return self.errands.next(self.clock.mono_s)

    def hear(self, reply: object) -> list[Event]:
        """What is told of something that it says by itself."""
        self.told.clear()
        self.errands.unasked(reply, self.clock.moment())
        return self.told

    def lock(self, index: int = 0) -> None:
        """Have one of its outputs switched off, and acknowledged."""
        self.outputs.submit(
            DriveOutput(output(7, index), energised=False, lease_s=0.0, urgency=Urgency.ROUTINE), self.clock.moment()
        )
        pending = self.outputs.take(self.clock.mono_s)
        assert pending is not None
        self.outputs.acknowledged(pending, self.clock.moment())


def able(*items: Capability) -> Capabilities:
    """Everything, and these."""
    return Capabilities(EVERYTHING.items + items)
