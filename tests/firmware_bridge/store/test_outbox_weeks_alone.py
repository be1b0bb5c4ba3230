"""Weeks without the service: a million events on disk (fewer in the short run), none given up, all sent in order."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_bridge.store.entries import Limits
from firmware_bridge.store.outbox import Keep, Outbox, Row
from tests.building.flooding import resident_bytes

EVENTS = 1_000_000 if os.environ.get("LONG") else 60_000
BODY = b"x" * 300
AT = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """As many events as a school makes in weeks; the last were made by the outbox itself."""
    path = tmp_path / "outbox.db"
    row = Row(Keep.ROUTINE, "ACCESS_GRANTED", 1, int(AT.timestamp() * 1000), lambda _, seq: BODY + str(seq).encode())
    with Outbox(path) as outbox:
        outbox.append(row)
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            "INSERT INTO events VALUES (?, 1, 'ACCESS_GRANTED', 1, ?, ?)",
            ((seq, row.at_ms + seq, BODY + str(seq).encode()) for seq in range(2, EVENTS)),
        )
    with Outbox(path) as outbox:
        assert outbox.append(row) == EVENTS
    return path


def test_none_is_given_up_for_its_age_or_number_before_it_was_sent(full: Path) -> None:
    with Outbox(full) as outbox:
        assert outbox.trim(AT + timedelta(days=400), Limits().count) == 0
        outbox.acknowledge(outbox.stream, 10)
        assert outbox.trim(AT + timedelta(days=400), Limits().count) == 10
        assert outbox.unsent(1)[0].seq == 11


def test_all_go_up_in_order_and_once_however_often_it_is_interrupted_and_without_filling_memory(full: Path) -> None:
    sent = 0
    with Outbox(full) as outbox:
        outbox.unsent()
        before = resident_bytes()
        while batch := outbox.unsent():
            assert [one.seq for one in batch] == list(range(sent + 1, sent + len(batch) + 1))
            assert batch[-1].body.endswith(str(batch[-1].seq).encode())
            # Every third answer is lost on its way: the same comes again.
            if batch[0].seq % 3:
                sent += len(batch)
                outbox.acknowledge(outbox.stream, sent)
            else:
                sent += 1
                outbox.acknowledge(outbox.stream, sent)
        assert resident_bytes() - before < 8 * 2**20
    assert sent == EVENTS
