"""What happens to one peripheral, in the bridge's events: those of a reader at a door, or those of a board."""

from __future__ import annotations

import re
from collections.abc import Callable

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardLinkChanged,
    BoardTampered,
    DevicePowered,
    Event,
    InputChanged,
    InputState,
    LinkAlarm,
    LinkState,
    Moment,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
)
from firmware_bridge.protocol.osdp.setup import ReaderSetup

_READER = re.compile(r"\b(the|this) reader\b", re.IGNORECASE)
"""Not a reader in the name of a port."""


class Reports:
    """Tells events about one device. Sentences are written about a reader and say *module* for a board."""

    def __init__(
        self, kind: DeviceKind, number: int, tell: Callable[[Event], None], setup: ReaderSetup | None = None
    ) -> None:
        """``tell`` takes events; ``setup`` says which readers its heads are, if it has several."""
        self.kind = kind
        self.number = number
        self.tell = tell
        self.setup = setup or ReaderSetup(number, 0, kind=kind)

    @property
    def is_reader(self) -> bool:
        """Whether cards and keys are taken from it: never from a board."""
        return self.kind is DeviceKind.READER

    def point(self, index: int) -> Point:
        """One of its inputs or outputs."""
        return Point(self.kind, self.number, index)

    def worded(self, sentence: str) -> str:
        """The same sentence about what this device is."""
        return sentence if self.is_reader else _READER.sub(r"\1 module", sentence)

    def link(self, state: LinkState, why: str, moment: Moment) -> None:
        """It came, went, or changed how it is protected."""
        kind = ReaderLinkChanged if self.is_reader else BoardLinkChanged
        for number in self.setup.ids:
            self.tell(kind(moment, number, state, self.worded(why)))

    def alarm(self, alarm: LinkAlarm, detail: str, moment: Moment) -> None:
        """Something that must not pass quietly."""
        kind = ReaderAlarmed if self.is_reader else BoardAlarmed
        self.tell(kind(moment, self.number, alarm, self.worded(detail)))

    def tampered(self, moment: Moment, *, tampered: bool) -> None:
        """Its housing was opened or closed."""
        kind = ReaderTampered if self.is_reader else BoardTampered
        for number in self.setup.ids:
            self.tell(kind(moment, number, tampered))

    def power(self, moment: Moment, *, failing: bool) -> None:
        """How it says that its power supply does."""
        for number in self.setup.ids:
            self.tell(DevicePowered(moment, (self.kind, number), failing))

    def input(self, index: int, state: InputState, moment: Moment) -> None:
        """One of its inputs was seen in a new state."""
        self.tell(InputChanged(moment, self.point(index), state))
