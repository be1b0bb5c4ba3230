from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from access_control.core.decision.emergency import Directive, DirectiveSet
from access_control.core.decision.model import EmergencyAction
from firmware_bridge.controller.events import Moment
from firmware_bridge.store.clock_trust import (
    ClockFinding,
    Said,
    boot_id,
    keep_finding,
    newest_known,
    newest_made,
    trusted,
)
from firmware_bridge.store.memory import BridgeMemory, ClockProof
from tests.building.clock import MONDAY

PROOF = ClockProof("boot 1", MONDAY, 100.0)
LATER = MONDAY + timedelta(hours=1)
HOUR_S = 3600.0


def later(s: float = 0.0, *, passed_s: float | None = None) -> Moment:
    """So long after the proof: as the wall clock says, and what really passed if that is not the same."""
    return Moment(MONDAY + timedelta(seconds=s), 100.0 + (s if passed_s is None else passed_s))


@pytest.mark.parametrize(
    ("proof", "boot", "now", "newest", "believed"),
    [
        (PROOF, "boot 1", later(HOUR_S), MONDAY, True),
        (PROOF, "boot 1", later(), None, True),
        (PROOF, "boot 1", later(20 * HOUR_S), None, True),
        (PROOF, "boot 2", later(HOUR_S), MONDAY, False),
        (None, "boot 1", later(HOUR_S), MONDAY, False),
        (PROOF, "", later(HOUR_S), MONDAY, False),
        (replace(PROOF, boot_id=""), "", later(HOUR_S), MONDAY, False),
        (PROOF, "boot 1", later(-60, passed_s=5), None, False),
        (PROOF, "boot 1", later(10 * HOUR_S, passed_s=5), None, False),
        (PROOF, "boot 1", later(HOUR_S), LATER + timedelta(minutes=1), False),
        (PROOF, "boot 1", later(-3, passed_s=0), MONDAY, True),
        (replace(PROOF, doubted_s=200.0), "boot 1", later(HOUR_S), MONDAY, False),
    ],
    ids=[
        "same boot",
        "at once",
        "a long stop",
        "rebooted",
        "never proved",
        "no boot id",
        "never one",
        "set back",
        "set ahead",
        "before event",
        "a small step back",
        "contradicted",
    ],
)
def test_when_the_clock_is_believed(
    proof: ClockProof | None, boot: str, now: Moment, newest: datetime | None, believed: bool
) -> None:
    assert trusted(proof, boot, now, newest) is believed


@pytest.mark.parametrize(
    ("documents", "events", "proof", "newest"),
    [
        (MONDAY, None, None, MONDAY),
        (None, LATER, None, None),
        (MONDAY, MONDAY + timedelta(seconds=50), PROOF, MONDAY + timedelta(seconds=50)),
        (MONDAY, LATER + timedelta(days=3650), PROOF, MONDAY),
        (LATER, MONDAY, PROOF, LATER),
        (None, None, None, None),
        (LATER + timedelta(days=365), None, replace(PROOF, accepted=True), MONDAY),
        (MONDAY - timedelta(days=1), None, replace(PROOF, accepted=True), MONDAY),
    ],
    ids=[
        "a document",
        "never proved",
        "a minute after the proof",
        "after a jump",
        "a newer document",
        "nothing",
        "a document ahead of the time that a person accepted",
        "a document before it",
    ],
)
def test_what_a_right_clock_cannot_be_before(
    documents: datetime | None, events: datetime | None, proof: ClockProof | None, newest: datetime | None
) -> None:
    assert newest_known(documents, events, proof) == newest


def test_what_is_found_out_about_the_clock_is_kept_in_its_order(tmp_path: Path) -> None:
    memory = BridgeMemory(tmp_path, MONDAY)

    def kept(moment: Moment, said: Said, boot: str = "boot 1") -> ClockProof | None:
        keep_finding(memory, boot, ClockFinding(moment, said))
        return memory.clock_proof()

    assert kept(later(1), Said.CONTRADICTED) is None, "nothing was believed"
    assert kept(later(), Said.PROVED) == PROOF
    doubted = replace(PROOF, doubted_s=160.0)
    assert kept(later(60), Said.CONTRADICTED) == doubted
    assert kept(later(30), Said.PROVED) == doubted, "it waited for the disk, and the doubt is newer"
    assert kept(later(90), Said.CONTRADICTED, "boot 2") == doubted, "nothing was believed in that boot"
    assert kept(later(90), Said.PROVED) == ClockProof("boot 1", later(90).at, 190.0)
    back = later(-HOUR_S, passed_s=120)
    accepted = ClockProof("boot 1", back.at, 220.0, accepted=True)
    assert kept(back, Said.ACCEPTED) == accepted
    assert kept(later(-HOUR_S, passed_s=30), Said.ACCEPTED) == accepted
    after = Moment(back.at + timedelta(minutes=1), 1.0)
    assert kept(after, Said.PROVED, "boot 2") == ClockProof("boot 2", after.at, 1.0, accepted=True)
    memory.close()


def test_an_acceptance_that_waited_for_the_disk_counts_although_a_proof_was_faster(tmp_path: Path) -> None:
    memory = BridgeMemory(tmp_path, MONDAY)
    for moment, said in ((later(60), Said.PROVED), (later(30), Said.ACCEPTED)):
        keep_finding(memory, "boot 1", ClockFinding(moment, said))
    assert memory.clock_proof() == ClockProof("boot 1", later(60).at, 160.0, accepted=True)
    memory.close()


def test_this_boot_has_one_name(tmp_path: Path) -> None:
    assert boot_id() == boot_id()
    assert boot_id(tmp_path / "nothing") == ""


@pytest.mark.parametrize(
    ("origin", "newest"), [("service", LATER), ("bridge:01939a5e-7c00-7000-8000-0000000000b2", None)]
)
def test_only_what_the_service_wrote_says_how_late_it_is(origin: str, newest: datetime | None) -> None:
    lockdown = Directive(
        "0193a000-0000-7000-8000-0000000000d1",
        EmergencyAction.LOCKDOWN,
        "site",
        frozenset({1}),
        origin,
        "input:1",
        drill=False,
        started_at=LATER,
    )
    assert newest_made(None, None, DirectiveSet().with_directive(lockdown)) == newest
