"""The commands that answer one event, in the order that keeps people safe."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from firmware_bridge.controller.commands import Command, DriveOutput, RecordEvent, Urgency
from firmware_bridge.controller.events import Moment


class Answer:
    """Collects commands. What an emergency does to locks comes first, so that no disk stands in front of a relay.

    Everything else keeps the order in which it was asked for: a card's event is recorded before its lock moves.
    """

    def __init__(self, moment: Moment, now: float) -> None:
        self.at: datetime = moment.at
        self.now = now
        self._urgent: list[Command] = []
        self._rest: list[Command] = []

    def drive(self, command: DriveOutput) -> None:
        """Move an output."""
        (self._urgent if command.urgency is Urgency.EMERGENCY else self._rest).append(command)

    def add(self, command: Command) -> None:
        """Do anything else."""
        self._rest.append(command)

    def record(
        self,
        code: str,
        *,
        door: int | None = None,
        reader: int | None = None,
        holder: int | None = None,
        drill: bool = False,
        **detail: str | float | bool | None,
    ) -> None:
        """Keep an event; empty details are left out."""
        kept = {key: value for key, value in detail.items() if value is not None and value != ""}
        self.add(RecordEvent(code, door, reader, holder, drill, MappingProxyType(kept)))

    def commands(self) -> list[Command]:
        """Everything that was asked for."""
        return [*self._urgent, *self._rest]
