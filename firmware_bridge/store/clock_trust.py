"""Whether the machine's clock can be believed: proved in this very boot, and not before anything that has happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Policy
from access_control.core.wire.directives import SERVICE
from access_control.core.wire.keys import KeyStatement
from firmware_bridge.controller.events import Moment
from firmware_bridge.store.memory import BridgeMemory, ClockProof

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
JUMP: Final = timedelta(seconds=5)
"""More than a time server moves a clock at once that it has followed; less does not matter to anybody's hours."""
BETWEEN_PROOFS: Final = timedelta(minutes=2)


class Said(StrEnum):
    """What was found out about the clock."""

    PROVED = "proved"
    CONTRADICTED = "contradicted"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class ClockFinding:
    """Something about the clock that a restart has to know; ``moment`` is when it was found out, by both clocks."""

    moment: Moment
    said: Said


def boot_id(path: Path = BOOT_ID) -> str:
    """What names this boot of the machine; empty where nothing does, and then no proof outlives the process."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def keep_finding(memory: BridgeMemory, boot: str, finding: ClockFinding) -> None:
    """Keep what was found out; ``boot`` names this boot of the machine.

    Raises:
        MemoryFullError: It could not be kept.
    """
    before, moment = memory.clock_proof(), finding.moment
    if before is not None and before.boot_id == boot and max(before.mono_s, before.doubted_s or 0) > moment.mono_s:
        # The disk takes again what it did not take before. What a person has accepted is not older than anything.
        if finding.said is Said.ACCEPTED and not before.accepted:
            memory.prove_clock(replace(before, accepted=True))
        return
    if finding.said is Said.CONTRADICTED:
        if before is not None and before.boot_id == boot:
            memory.prove_clock(replace(before, doubted_s=moment.mono_s))
        return
    accepted = finding.said is Said.ACCEPTED or (before is not None and before.accepted)
    memory.prove_clock(ClockProof(boot, moment.at, moment.mono_s, accepted=accepted))


def believed_at(proof: ClockProof | None, boot: str) -> Moment | None:
    """When the clock was last believed in this boot; ``None`` if it never was, or if the service has contradicted it.

    Where the wall clock is not by now where the monotonic one says that it should be since, it has jumped.
    """
    if proof is None or not boot or proof.boot_id != boot or proof.doubted_s is not None:
        return None
    return Moment(proof.at, proof.mono_s)


def strayed(since: Moment, now: Moment) -> timedelta:
    """How far the wall clock has gone ahead of the monotonic one since then; less than 0 if it fell behind."""
    return now.at - since.at - timedelta(seconds=now.mono_s - since.mono_s)


def trusted(proof: ClockProof | None, boot: str, now: Moment, newest_known: datetime | None) -> bool:
    """Judge the clock at a start without the service.

    Args:
        proof: The last time that the clock was known to be right.
        boot: :func:`boot_id` now. The clock of a machine that was off in between may be anything.
        now: What the clocks say.
        newest_known: The time of the newest stored document or event.
    """
    since = believed_at(proof, boot)
    if since is None or abs(strayed(since, now)) > JUMP:
        return False
    return newest_known is None or newest_known - now.at <= JUMP


def newest_known(documents: datetime | None, events: datetime | None, proof: ClockProof | None) -> datetime | None:
    """The time that a right clock cannot be before.

    While the clock is believed, a proof is kept about once a minute. An event far behind the last proof bears the time
    of a clock that was not believed, or jumped: it must not keep the right time from being believed later. The same
    goes for documents once a person has accepted an earlier time than they bear.

    Args:
        documents: When the newest document was made.
        events: When the newest event happened, as the clock said then.
        proof: The last time that the clock was known to be right.
    """
    if proof is None:
        return documents
    soon = proof.at + BETWEEN_PROOFS
    times = [proof.at]
    if events is not None and events <= soon:
        times.append(events)
    if documents is not None and (documents <= soon or not proof.accepted):
        times.append(documents)
    return max(times)


def newest_made(policy: Policy | None, statement: KeyStatement | None, directives: DirectiveSet) -> datetime | None:
    """The newest time that the service wrote into what is in force.

    What a bridge raised does not count: a bridge acts whatever its clock says, and its directive goes to every bridge.
    """
    times = [policy.made_at] if policy is not None else []
    times += [statement.made_at] if statement is not None else []
    times += [found.started_at for found in directives.directives.values() if found.origin == SERVICE]
    return max(times, default=None)
