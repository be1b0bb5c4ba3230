"""Whether the machine's clock can be believed: proved in this very boot, and not before anything that has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Policy
from access_control.core.wire.directives import SERVICE
from access_control.core.wire.keys import KeyStatement
from firmware_bridge.store.memory import ClockProof

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
LEEWAY: Final = timedelta(seconds=2)
BETWEEN_PROOFS: Final = timedelta(minutes=2)


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


def newest_known(documents: datetime | None, events: datetime | None, proof: ClockProof | None) -> datetime | None:
    """The time that a right clock cannot be before.

    While the clock is believed, a proof is kept about once a minute. An event far behind the last proof bears the time
    of a clock that was not believed, or jumped: it must not keep the right time from being believed later.

    Args:
        documents: When the newest document was made.
        events: When the newest event happened, as the clock said then.
        proof: The last time that the clock was known to be right.
    """
    times = [at for at in (documents, None if proof is None else proof.at) if at is not None]
    if events is not None and proof is not None:
        times.append(min(events, proof.at + BETWEEN_PROOFS))
    return max(times, default=None)


def newest_made(policy: Policy | None, statement: KeyStatement | None, directives: DirectiveSet) -> datetime | None:
    """The newest time that the service wrote into what is in force.

    What a bridge raised does not count: a bridge acts whatever its clock says, and its directive goes to every bridge.
    """
    times = [policy.made_at] if policy is not None else []
    times += [statement.made_at] if statement is not None else []
    times += [found.started_at for found in directives.directives.values() if found.origin == SERVICE]
    return max(times, default=None)
