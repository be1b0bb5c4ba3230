"""Ids sort by time and are UUIDs of version 7."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from access_control.database.ids import new_id

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7_that_begins_with_its_time() -> None:
    made = uuid.UUID(new_id(AT))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(AT.timestamp() * 1000)


def test_later_ids_sort_after_earlier_ones_and_none_comes_twice() -> None:
    made = [new_id(AT + timedelta(milliseconds=step)) for step in range(100)]
    assert made == sorted(made)
    assert len({new_id(AT) for _ in range(1000)}) == 1000
