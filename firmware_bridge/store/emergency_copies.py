"""Directives and releases on the disk, each twice, so that damage to one file ends no emergency."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from access_control.core.decision.emergency import Directive, Release
from access_control.core.wire.errors import Refused
from access_control.core.wire.kept import Kept, recall_directive, recall_release
from access_control.core.wire.signing import Kind
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

    def keep(self, found: Iterable[Record]) -> None:
        """Keep directives and releases; what is there already is harmless.

        Raises:
            MemoryFullError: The disk took no copy of one, so a restart would forget it.
        """
        for record, sealed in found:
            self._memory.keep_emergency(EmergencyKind.of(record), record.id, sealed)

    def keep_all(self, kept: Kept) -> None:
        """Keep everything that is kept in memory.

        Raises:
            Refused: What is kept is not readable; it never is.
            MemoryFullError: As for :meth:`keep`.
        """
        self.keep((recalled(Kind.DIRECTIVE, sealed), sealed) for sealed in kept.sealed_directives.values())
        self.keep((recalled(Kind.RELEASE, sealed), sealed) for sealed in kept.sealed_releases.values())


def recalled(kind: Kind, sealed: bytes) -> Directive | Release:
    """What sealed bytes say whose signature was checked when they first came.

    Raises:
        Refused: It is not a whole sealed directive or release.
    """
    return _RECALL[EmergencyKind(kind.value)](Kept(), sealed)[1]
