"""Directives and releases on the disk, each twice, so that damage to one file ends no emergency."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from access_control.core.decision.emergency import Directive, Release
from access_control.core.wire.errors import Refused
from access_control.core.wire.kept import Kept, recall_directive, recall_release
from firmware_bridge.store.memory import BridgeMemory, EmergencyKind, MemoryFullError

_Recall = Callable[[Kept, bytes], tuple[Kept, Directive | Release]]
_RECALL: Final[dict[EmergencyKind, _Recall]] = {
    EmergencyKind.DIRECTIVE: recall_directive,
    EmergencyKind.RELEASE: recall_release,
}
Record = tuple[Directive | Release, bytes]
"""One of the two, and its sealed bytes."""


class EmergencyCopies:
    """What :class:`BridgeMemory` has of emergencies."""

    def __init__(self, memory: BridgeMemory) -> None:
        """Nothing is read before :meth:`recall`."""
        self._memory = memory
        self._owed: dict[bytes, Directive | Release] = {}
        self._counting = threading.Lock()  # never held while the disk works

    def recall(self, kept: Kept) -> tuple[Kept, list[str]]:
        """Add what is on the disk and repair single copies; a sentence for each damaged one."""
        damage = []
        for kind, recall in _RECALL.items():
            for identity, bodies in self._memory.emergencies(kind).items():
                sound = None
                for sealed in bodies:
                    try:
                        kept, _ = recall(kept, sealed)
                        sound = sealed
                    except Refused as error:
                        damage.append(f"A copy of the {kind} {identity} is damaged ({error}).")
                if sound is not None and bodies != [sound, sound]:
                    with suppress(MemoryFullError):  # one copy is there; the next start tries again
                        self._memory.repair_emergency(kind, identity, sound)
        return kept, damage

    def owe(self, found: Iterable[Record]) -> None:
        """Directives and releases are in force from now on, or in a moment, and not on the disk yet; never waits."""
        with self._counting:
            self._owed |= {sealed: record for record, sealed in found}

    def owes(self, sealed: bytes) -> bool:
        """Whether a restart would forget this one."""
        return sealed in self._owed

    @property
    def owed(self) -> bool:
        """Whether a restart would forget any."""
        return bool(self._owed)

    def keep(self) -> None:
        """Keep everything that is owed; by one thread at a time. What the disk does not take stays owed.

        Raises:
            MemoryFullError: The disk took no copy of one, so a restart would forget it.
        """
        with self._counting:
            owed = tuple(self._owed.items())
        failures = []
        for sealed, record in owed:
            try:
                self._memory.keep_emergency(EmergencyKind.of(record), record.id, sealed)
            except MemoryFullError as error:
                failures.append(error)
            else:
                with self._counting:
                    del self._owed[sealed]
        if failures:
            raise failures[0]
