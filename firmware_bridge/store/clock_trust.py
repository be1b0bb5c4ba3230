"""Whether the machine's clock can be believed: proved in this very boot, and not before anything that has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from firmware_bridge.store.memory import ClockProof

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
LEEWAY: Final = timedelta(seconds=2)


def boot_id(path: Path = BOOT_ID) -> str:
    """What names this boot of the machine; empty where nothing does, and then no proof outlives the process."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def trusted(proof: ClockProof | None, boot: str, now: datetime, newest_known: datetime | None) -> bool:
    """Judge the clock at a start without the service.

    Args:
        proof: The last time that the clock was known to be right.
        boot: :func:`boot_id` now. The clock of a machine that was off in between may be anything.
        now: What the clock says.
        newest_known: The time of the newest stored document or event.
    """
    if proof is None or not boot or proof.boot_id != boot:
        return False
    return now + LEEWAY >= max(proof.at, newest_known or proof.at)
