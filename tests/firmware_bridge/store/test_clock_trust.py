from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from access_control.core.decision.emergency import Directive, DirectiveSet
from access_control.core.decision.model import EmergencyAction
from firmware_bridge.store.clock_trust import boot_id, newest_known, newest_made, trusted
from firmware_bridge.store.memory import ClockProof
from tests.building.clock import MONDAY

PROOF = ClockProof("boot 1", MONDAY)
LATER = MONDAY + timedelta(hours=1)


@pytest.mark.parametrize(
    ("proof", "boot", "now", "newest", "believed"),
    [
        (PROOF, "boot 1", LATER, MONDAY, True),
        (PROOF, "boot 1", MONDAY, None, True),
        (PROOF, "boot 2", LATER, MONDAY, False),
        (None, "boot 1", LATER, MONDAY, False),
        (PROOF, "", LATER, MONDAY, False),
        (ClockProof("", MONDAY), "", LATER, MONDAY, False),
        (PROOF, "boot 1", MONDAY - timedelta(minutes=1), None, False),
        (PROOF, "boot 1", LATER, LATER + timedelta(minutes=1), False),
    ],
    ids=["same boot", "at once", "rebooted", "never proved", "no boot id", "never one", "before proof", "before event"],
)
def test_when_the_clock_is_believed(
    proof: ClockProof | None, boot: str, now: datetime, newest: datetime | None, believed: bool
) -> None:
    assert trusted(proof, boot, now, newest) is believed


@pytest.mark.parametrize(
    ("documents", "events", "proof", "newest"),
    [
        (MONDAY, None, None, MONDAY),
        (None, LATER, None, None),
        (MONDAY, MONDAY + timedelta(seconds=50), PROOF, MONDAY + timedelta(seconds=50)),
        (MONDAY, LATER + timedelta(days=3650), PROOF, MONDAY + timedelta(minutes=2)),
        (LATER, MONDAY, PROOF, LATER),
        (None, None, None, None),
    ],
    ids=["a document", "never proved", "a minute after the proof", "after a jump", "a newer document", "nothing"],
)
def test_what_a_right_clock_cannot_be_before(
    documents: datetime | None, events: datetime | None, proof: ClockProof | None, newest: datetime | None
) -> None:
    assert newest_known(documents, events, proof) == newest


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
