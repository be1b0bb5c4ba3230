"""Events go into both databases as they came: every column, every character, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg.errors
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from access_control.core.wire.errors import Refused
from access_control.core.wire.events import EventRecord, decode_event, encode_event
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.event_rows import write_events
from access_control.readers.records import EventRow
from tests.building.said import an_event
from tests.building.sites import AT

BRIDGE = "01939a5e-7c00-7000-8000-0000000000b1"


def stored(database: Database, *events: EventRecord, received_at: datetime = AT) -> list[EventRow]:
    with database.writing() as session:
        session.execute(delete(EventRow))
        write_events(session, events, received_at)
    with database.reading() as session:
        rows = list(session.scalars(select(EventRow).order_by(EventRow.seq)))
        session.expunge_all()
        return rows


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.dictionaries(st.sampled_from(["why", "by", "ms"]), TEXT | st.booleans() | st.integers(0, 2**40), max_size=3))
def test_every_detail_comes_back(any_database: Database, detail: dict[str, Any]) -> None:
    try:
        event = decode_event(encode_event(an_event(BRIDGE, 1, "DOOR_CLOSED", AT, detail=detail)))
    except Refused:
        return  # no bridge can send it
    (row,) = stored(any_database, event)
    assert row.detail == detail


def test_empty_fields_are_empty_and_times_are_whole(any_database: Database) -> None:
    late = datetime(2026, 11, 23, 10, 0, 0, 123456, timezone(timedelta(hours=-6)))
    moment = AT + timedelta(milliseconds=7)
    (row,) = stored(any_database, an_event(BRIDGE, 1, "DOOR_CLOSED", moment), received_at=late)
    assert (row.door_id, row.reader_id, row.holder_ref, row.detail, row.drill) == (None, None, None, {}, False)
    assert (row.at, row.received_at) == (moment, late.astimezone(UTC))


def test_more_than_one_message_of_them(any_database: Database) -> None:
    many = [an_event(BRIDGE, seq, "DOOR_CLOSED", AT, door=seq % 7) for seq in range(1, 4503)]
    assert [row.seq for row in stored(any_database, *many)] == list(range(1, 4503))


def test_a_transaction_that_fails_keeps_none(any_database: Database) -> None:
    event = an_event(BRIDGE, 1, "DOOR_CLOSED", AT)
    with pytest.raises((ConflictError, psycopg.errors.UniqueViolation)), any_database.writing() as session:
        write_events(session, [event, event], AT)
    with any_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(EventRow)) == 0
