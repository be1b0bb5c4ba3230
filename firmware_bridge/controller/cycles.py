"""How often each relay was switched on: contacts wear with every cycle, and a worn one welds."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import RememberCycles
from firmware_bridge.controller.events import OutputProved

RATED_CYCLES = 100_000
"""What relays on such boards are rated for with a load on their contacts (10^5 operations in their data sheets)."""
KEPT_EVERY_S = 600.0
"""So often counts go to the disk, if they changed; a kill costs those of ten minutes."""


class Cycles:
    """Counts of all outputs, by the output's name in Policy."""

    def __init__(self, kept: Mapping[str, int]) -> None:
        """``kept`` is what earlier runs counted."""
        self.counts = dict(kept)
        self._on: dict[str, bool] = {}
        self._changed_since_s: float | None = None

    def take(self, event: OutputProved, answer: Answer) -> None:
        """An output is known to be somewhere; on after off is one cycle."""
        name = str(event.point)
        was_on, self._on[name] = self._on.get(name, False), event.energised
        if event.energised and not was_on:
            self.counts[name] = self.counts.get(name, 0) + 1
            if self._changed_since_s is None:
                self._changed_since_s = answer.now
        if self._changed_since_s is not None and answer.now - self._changed_since_s >= KEPT_EVERY_S:
            self._changed_since_s = None
            answer.add(self.kept())

    def kept(self) -> RememberCycles:
        """What is to be kept now."""
        return RememberCycles(tuple(sorted(self.counts.items())))
