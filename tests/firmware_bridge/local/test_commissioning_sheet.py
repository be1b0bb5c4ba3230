"""A door's sheet fits a printed page, and says nothing that was not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from access_control.core.decision.building import Door
from firmware_bridge.local.commissioning_sheet import WIDTH, Seen, sheet, sheet_of_inputs
from firmware_bridge.local.declared import Declared, declared_by
from firmware_bridge.local.wiring_report import wiring_report
from tests.firmware_bridge.controller.school import alarms, changed, draft, policy_of

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SEEN = Seen({"reader": {1: "answers, protected"}, "board": {1: "SILENT"}}, {"board 1.3": "closed"})
DECLARED = declared_by(policy_of(draft()))
PASSED = {
    "code": "SELF_TEST_PASSED",
    "at": "2026-11-23T09:15:00.000Z",
    "detail": {
        "by": "local:ina",
        "unlock_ms": 12,
        "unlock_proof": "acknowledged",
        "relock_ms": 15,
        "relock_proof": "read_back",
        "contact": "stayed_closed",
        "latch": "went_and_came_back",
    },
}


def door(number: int, **changes: Any) -> Door:
    return replace(next(door for door in DECLARED.doors if door.id == number), **changes)


def text(which: Door, tested: dict[str, Any] | None = None, declared: Declared = DECLARED) -> str:
    lines = list(sheet(which, declared, SEEN, tested, AT))
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) < 66
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("which", DECLARED.doors, ids=lambda each: each.name)
def test_every_door_fits_a_page(which: Door) -> None:
    long = replace(which, name="A very long name " * 8, lock=replace(which.lock, bench_override="Because " * 40))
    assert "Self-test none is on record" in text(which)
    assert "CHECKED BY HAND" in text(long, PASSED)


def test_where_everything_is_wired() -> None:
    said = text(door(1))
    assert said.startswith(f"{'=' * WIDTH} COMMISSIONING SHEET DOOR 1")
    assert "Relay output 1 of board 1 (Relay board), port B, address 1; SILENT" in said
    assert "Unlocked while the relay is on (relay_on) Bridge stops relay off: LOCKED from outside" in said
    assert "Contact input 3 of board 1 (Relay board), port B, address 1; SILENT at rest open; measured: closed" in said
    assert "at rest closed (nc)" in text(door(1, rests_closed=frozenset({door(1).contact})))
    assert "Latch monitor none" in said
    assert "Reader 1 front; port A, address 1; answers, protected" in said
    assert "run `firmware-bridge selftest --door N`" in said
    assert "[ ] The number on the frame is 1." in said
    assert "Electrician ____" in said


def test_a_magnet_that_lets_go_when_the_bridge_stops() -> None:
    said = text(door(2))
    assert "Kind magnet" in said
    assert "Bridge stops relay off: STANDS UNLOCKED" in said
    assert "Fire alarm released while the fire input is active" in said
    assert "Exit button unlocks the door" in said
    assert "[ ] The fire panel's own contact releases the lock with the bridge switched off." in said
    assert "The fire panel's own contact" not in text(door(1))


def test_what_an_installer_must_not_overlook() -> None:
    said = text(door(4, out_of_service=True, lock=replace(door(4).lock, secure_side=False)))
    assert "interior, OUT OF SERVICE" in said
    assert "Relay sits ON THE UNSECURED SIDE" in said
    assert "Contact NONE: never shown as secured" in said


def test_what_was_measured() -> None:
    said = text(door(3), PASSED)
    assert "Self-test 2026-11-23 09:15 UTC by local:ina: PASSED" in said
    assert "Released acknowledged after 12 ms Contact stayed closed Latch monitor let go and took hold again" in said
    assert "Locked again read back after 15 ms" in said
    failed = {"code": "SELF_TEST_FAILED", "at": PASSED["at"], "detail": {"contact": "opened", "why": "It opened."}}
    said = text(door(3), failed)
    assert "by ?: FAILED. It opened." in said
    assert "Released NOT CONFIRMED Contact OPENED Latch monitor could not be read" in said


def test_alarm_inputs_have_a_sheet_of_their_own() -> None:
    declared = declared_by(changed(inputs=alarms()))
    rows = wiring_report(declared, {}, None)["alarm_inputs"]
    lines = list(sheet_of_inputs(declared, rows, AT))
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) < 66
    said = " ".join(" ".join(lines).split())
    assert "COMMISSIONING SHEET ALARM INPUTS" in said
    for words in ("panic", "fire", "mains fail", "battery low", "enclosure tamper", "key box tamper"):
        assert words in said
    assert "at rest closed (nc); measured: not known" in said
    assert said.count("[ ] Tried") == len(rows)
