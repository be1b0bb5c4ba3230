"""How old the Policy had become, kept over restarts; a later count in the same boot is never replaced by an earlier."""

from __future__ import annotations

import json
from typing import Final

from access_control.core.decision.model import DoorClass, Revision
from firmware_bridge.controller.memory import KeptAge
from firmware_bridge.store.memory import BridgeMemory

_NAME: Final = "policy_age"


def keep_age(memory: BridgeMemory, boot: str, age: KeptAge) -> None:
    """Keep it; ``boot`` names this boot of the machine, within which its monotonic clock goes on.

    Raises:
        MemoryFullError: It could not be kept.
    """
    before = kept_age(memory, boot)
    if before is not None and (before.mono_s or 0.0) > (age.mono_s or 0.0):
        return  # the disk takes again what it did not take before
    record = {
        "boot": boot,
        "revision": [age.revision.epoch, age.revision.n],
        "age_s": age.age_s,
        "mono_s": age.mono_s,
        "confirmed": age.confirmed,
        "told": {door_class.value: step for door_class, step in age.told.items()},
    }
    memory.keep_fact(_NAME, json.dumps(record).encode())


def kept_age(memory: BridgeMemory, boot: str) -> KeptAge | None:
    """What was kept last, if anything was that can be read."""
    kept = memory.fact(_NAME)
    if kept is None:
        return None
    try:
        record = json.loads(kept)
        same_boot = bool(boot) and record["boot"] == boot
        return KeptAge(
            revision=Revision(int(record["revision"][0]), int(record["revision"][1])),
            age_s=float(record["age_s"]),
            mono_s=float(record["mono_s"]) if same_boot else None,
            confirmed=int(record["confirmed"]),
            told={DoorClass(name): int(step) for name, step in record["told"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
