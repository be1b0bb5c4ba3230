"""A stream's position is made once and locked; whoever must not wait gets nothing."""

from __future__ import annotations

import pytest

from access_control.database.engine import Database
from access_control.readers.event_streams import free_position, stream_position
from tests.building.said import STREAM

BRIDGE = "01939a5e-7c00-7000-8000-0000000000b1"


def test_a_new_stream_begins_at_nothing_and_stays_where_it_came(any_database: Database) -> None:
    with any_database.writing() as session:
        assert free_position(session, BRIDGE, STREAM) is None
        position = stream_position(session, BRIDGE, STREAM)
        assert (position.seq, position.unsent_to) == (0, None)
        position.seq = 12
    with any_database.writing() as session:
        assert stream_position(session, BRIDGE, STREAM).seq == 12
        found = free_position(session, BRIDGE, STREAM)
        assert found is not None
        assert found.seq == 12


@pytest.mark.parametrize("any_url", ["postgresql"], indirect=True)
def test_while_events_are_taken_there_is_no_free_position(any_database: Database) -> None:
    with any_database.writing() as taking:
        stream_position(taking, BRIDGE, STREAM)
        taking.flush()
    with any_database.writing() as taking:
        stream_position(taking, BRIDGE, STREAM)
        with any_database.writing() as other:
            assert free_position(other, BRIDGE, STREAM) is None
