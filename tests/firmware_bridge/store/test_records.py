from __future__ import annotations

import pytest

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import CODES, EventCode, Severity, decode_event, severity_of
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.outbox import Keep
from firmware_bridge.store.records import keep_of, writing_for
from tests.building.clock import MONDAY
from tests.building.signed import BRIDGE, SITE


def test_an_entry_becomes_an_event_that_everybody_can_read() -> None:
    entry = Entry("ACCESS_GRANTED", MONDAY, door=3, reader=4, holder=77, detail={"why": "x" * 5000}, mono_s=12.3456)
    entry.late = True
    event = decode_event(writing_for(BRIDGE).encode(entry, SITE, 9))
    assert (event.bridge, event.stream, event.seq) == (BRIDGE, SITE, 9)
    assert (event.door, event.reader, event.holder, event.mono_ms, event.flagged) == (3, 4, 77, 12345, True)
    assert event.moment() == MONDAY
    assert event.severity is Severity.INFO
    assert len(str(event.detail["why"])) == 2000


@pytest.mark.parametrize("code", sorted(CODES))
def test_alarms_emergencies_and_refusals_are_evidence(code: str) -> None:
    dear = severity_of(code) in {Severity.ALARM, Severity.CRITICAL} or code.startswith(("DENIED_", "SRP_", "FIRE_"))
    if dear:
        assert keep_of(Entry(code, MONDAY)) is Keep.EVIDENCE


def test_routine_and_diagnostics_are_what_they_say() -> None:
    assert keep_of(Entry(Reason.ACCESS_GRANTED, MONDAY)) is Keep.ROUTINE
    assert keep_of(Entry(Reason.GRANTED_RESPONDER, MONDAY)) is Keep.EVIDENCE
    assert keep_of(Entry(EventCode.READER_ONLINE, MONDAY)) is Keep.DIAGNOSTIC
