"""Locks that moved are compared with events that were stored; what is missing on either side is found."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from access_control.core.wire.events import EventRecord, Severity, encode_event
from access_control.database.engine import Database
from access_control.demo.witness import (
    Reckoning,
    differences,
    events_after,
    movements,
    newest_rows,
    reckon,
    relay_lines,
    rows_after,
)
from access_control.readers.records import EventRow

BRIDGE = "01939a5e-7c00-7000-8000-00000000b001"


def event(seq: int, code: str, mono_s: float, door: int | None = 1) -> EventRecord:
    return EventRecord(
        bridge=BRIDGE,
        stream=BRIDGE,
        seq=seq,
        id=f"01939a5e-7c00-7000-8000-{seq:012x}",
        at="2026-11-24T14:20:00.000Z",
        mono_ms=int(mono_s * 1000),
        code=code,
        severity=Severity.INFO,
        door=door,
        reader=None,
        holder=None,
        drill=False,
        flagged=False,
        detail={},
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "relays.jsonl"


def released(log: Path, *moves: tuple[int, float]) -> None:
    """Write what the building saw: the lock of a door is released, and locked again a second later."""
    with log.open("a") as file:
        for door, mono_s in moves:
            for later, state in ((0.0, True), (1.0, False)):
                line: dict[str, Any] = {"what": "output", "door": door, "released": state, "on": state}
                file.write(json.dumps({**line, "mono_s": mono_s + later, "by": "board 1", "point": "board 1.0"}) + "\n")


def test_each_release_has_its_grant(log: Path) -> None:
    released(log, (1, 10.0), (3, 11.0), (1, 20.0))
    stored = [event(1, "ACCESS_GRANTED", 10), event(2, "GRANTED_PASS", 11, 3), event(3, "GRANTED_RESPONDER", 20)]
    assert reckon(log, stored, 0.0) == Reckoning(3, (), (), ())


def test_a_release_without_an_event_is_a_lost_event(log: Path) -> None:
    released(log, (1, 10.0), (3, 11.0))
    assert reckon(log, [event(1, "ACCESS_GRANTED", 10)], 0.0).unexplained == (3,)


def test_two_events_for_one_release_are_a_doubled_event(log: Path) -> None:
    released(log, (1, 10.0))
    found = reckon(log, [event(1, "ACCESS_GRANTED", 10), event(2, "ACCESS_GRANTED", 10)], 0.0)
    assert found.without_release == (1,)


def test_leaving_explains_a_magnet_that_let_go(log: Path) -> None:
    released(log, (5, 10.0))
    assert reckon(log, [event(1, "REX", 10, 5)], 0.0).unexplained == ()


def test_a_number_that_is_missing_or_there_twice_is_found(log: Path) -> None:
    log.touch()
    assert reckon(log, [event(1, "REX", 1), event(3, "REX", 2)], 0.0).gaps == (3,)
    assert reckon(log, [event(1, "REX", 1), event(1, "REX", 2)], 0.0).gaps == (1,)


def test_what_happened_before_does_not_count(log: Path) -> None:
    released(log, (1, 10.0), (2, 50.0))
    assert [m.door for m in movements(log, 40.0) if m.released] == [2]
    assert reckon(log, [event(7, "ACCESS_GRANTED", 10), event(8, "ACCESS_GRANTED", 50, 2)], 40.0).releases == 1


def test_a_line_that_is_cut_off_is_left_out(log: Path) -> None:
    released(log, (1, 10.0))
    with log.open("a") as file:
        file.write('{"what": "outp')
    assert len(relay_lines(log)) == 2
    assert relay_lines(log.with_name("none")) == []


def test_events_are_read_from_the_bridges_own_file(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.db"
    assert events_after(outbox, 0) == []
    with sqlite3.connect(outbox) as database:
        assert events_after(outbox, 0) == []
        database.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB)")
        rows = [event(1, "REX", 1), event(2, "DOOR_OPENED", 2)]
        database.executemany("INSERT INTO events VALUES (?, ?)", [(e.seq, encode_event(e)) for e in rows])
    database.close()
    assert [e.code for e in events_after(outbox, 0)] == ["REX", "DOOR_OPENED"]
    assert [e.code for e in events_after(outbox, 1)] == ["DOOR_OPENED"]


def row(seq: int, code: str, bridge: str = BRIDGE) -> EventRow:
    at = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)
    return EventRow(
        bridge_id=bridge,
        stream=BRIDGE,
        seq=seq,
        id=f"01939a5e-7c00-7000-8000-{seq:012x}",
        at=at,
        received_at=at,
        code=code,
        severity="info",
        drill=False,
        flagged=False,
        detail={},
    )


def test_doors_that_stand_open_by_schedule_prove_nothing(log: Path) -> None:
    released(log, (1, 10.0), (11, 11.0))
    stored = [event(1, "ACCESS_GRANTED", 10), event(2, "ACCESS_GRANTED", 12, 11)]
    assert reckon(log, stored, 0.0, standing_open={11}) == Reckoning(1, (), (), ())


def test_what_the_service_does_not_hold_as_it_was_stored_is_found() -> None:
    stored = [event(1, "REX", 1), event(2, "DOOR_OPENED", 2), event(3, "DOOR_CLOSED", 3)]
    assert differences(stored, [row(1, "REX"), row(2, "DOOR_OPENED"), row(3, "DOOR_CLOSED")]) == []
    found = differences(stored, [row(1, "REX"), row(1, "REX"), row(3, "DOOR_OPENED"), row(9, "REX")])
    assert found == [
        "number 1 is there twice",
        "number 2 (DOOR_OPENED) is missing",
        "number 9 (REX) is from nowhere",
        "number 3 is DOOR_OPENED here and DOOR_CLOSED there",
    ]


def test_only_what_the_service_did_not_have_before_is_new(database: Database) -> None:
    with database.writing() as session:
        session.add_all([row(1, "REX"), row(2, "DOOR_OPENED")])
    with database.reading() as session:
        before = newest_rows(session)
        assert rows_after(session, before) == []
    other = "01939a5e-7c00-7000-8000-00000000b002"
    with database.writing() as session:
        session.add_all([row(3, "DOOR_CLOSED"), row(1, "REX", other)])
    with database.reading() as session:
        assert {(new.bridge_id, new.seq) for new in rows_after(session, before)} == {(BRIDGE, 3), (other, 1)}
