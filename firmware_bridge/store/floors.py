"""The highest revision of each document ever taken, even if that document was damaged since and an older one serves."""

from __future__ import annotations

from access_control.core.decision.model import Revision
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError


def floor_of(memory: BridgeMemory, name: str) -> Revision | None:
    """The highest revision of the document called ``name``; ``None`` before the first."""
    fact = (memory.fact(f"floor:{name}") or b"").decode()
    epoch, _, n = fact.partition(" ")
    return Revision(int(epoch), int(n)) if n else None


def raise_floor(memory: BridgeMemory, name: str, revision: Revision) -> None:
    """Note a revision that was taken; where the disk takes no note, the document itself is the floor while sound."""
    try:
        memory.keep_fact(f"floor:{name}", f"{revision.epoch} {revision.n}".encode())
    except MemoryFullError:
        return
