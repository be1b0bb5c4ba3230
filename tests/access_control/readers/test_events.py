"""Events are taken exactly once, whatever is sent again, late, twice at one time or out of order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from access_control.core.decision.reasons import Reason
from access_control.core.wire.errors import Refused
from access_control.core.wire.events import EventCode, EventRecord
from access_control.core.wire.uplink import Want
from access_control.database.engine import Database
from access_control.readers.errors import NotThereError
from access_control.readers.events import (
    EventFilter,
    GapError,
    OtherEventsError,
    get_event,
    key_of,
    recent_events,
    record_own,
    take_events,
    wanted,
)
from access_control.readers.records import EventRow, StreamPosition
from tests.building.said import OTHER_STREAM, STREAM, raw_event, raw_run
from tests.building.sites import AT, build_school

BRIDGE = "01939a5e-7c00-7000-8000-0000000000b1"
OTHER = "01939a5e-7c00-7000-8000-0000000000b2"


def take(database: Database, first: int, events: Sequence[bytes], stream: str = STREAM) -> int:
    with database.writing() as session:
        return take_events(session, AT, BRIDGE, stream, first, events)


def stored(database: Database, stream: str = STREAM) -> list[int]:
    with database.reading() as session:
        query = select(EventRow.seq).where(EventRow.stream == stream).order_by(EventRow.seq)
        return list(session.scalars(query))


def test_what_was_sent_is_there_with_everything_it_says(any_database: Database) -> None:
    detail = {
        "why": 'back\\slash, "quotes", tab\tline\nend, \u2028 and Żółć 🚪',
        "ms": 412,
        "part": 0.5,
        "yes": True,
        "no": None,
    }
    raw = raw_event(BRIDGE, 1, Reason.DENIED_LOST, AT, door=3, reader=4, holder=2**62, drill=True, detail=detail)
    assert take(any_database, 1, [raw]) == 1
    with any_database.reading() as session:
        row = session.scalars(select(EventRow)).one()
        assert (row.bridge_id, row.stream, row.seq, row.code, row.severity) == (
            BRIDGE,
            STREAM,
            1,
            "DENIED_LOST",
            "alarm",
        )
        assert (row.door_id, row.reader_id, row.holder_ref, row.drill, row.flagged) == (3, 4, 2**62, True, False)
        assert (row.at, row.received_at, row.detail) == (AT, AT, detail)


def test_a_second_delivery_changes_nothing(any_database: Database) -> None:
    run = raw_run(BRIDGE, 1, 30, AT)
    assert take(any_database, 1, run) == 30
    assert take(any_database, 1, run) == 30
    assert take(any_database, 11, run[10:] + raw_run(BRIDGE, 31, 35, AT)) == 35
    assert stored(any_database) == list(range(1, 36))


def test_a_gap_is_refused_and_says_where_to_go_on(any_database: Database) -> None:
    take(any_database, 1, raw_run(BRIDGE, 1, 5, AT))
    with pytest.raises(GapError) as gap:
        take(any_database, 7, raw_run(BRIDGE, 7, 9, AT))
    assert gap.value.acknowledged == 5
    assert stored(any_database) == [1, 2, 3, 4, 5]


def test_numbers_that_were_given_up_are_no_gap(any_database: Database) -> None:
    folded = raw_event(BRIDGE, 12, EventCode.EVENTS_FOLDED, AT, detail={"from_seq": 2, "to_seq": 10, "count": 9})
    run = [*raw_run(BRIDGE, 1, 1, AT), *raw_run(BRIDGE, 11, 11, AT), folded]
    assert take(any_database, 1, run) == 12
    assert stored(any_database) == [1, 11, 12]


def others(first: int, last: int) -> list[bytes]:
    """What another disk has under these numbers: other events."""
    return [raw.replace(b'"id":"01', b'"id":"02') for raw in raw_run(BRIDGE, first, last, AT)]


def take_others(database: Database, first: int, events: Sequence[bytes]) -> int:
    """From which number on the service has other events; that the stream ends there is kept, as the API does it."""
    with database.writing() as session:
        with pytest.raises(OtherEventsError) as other:
            take_events(session, AT, BRIDGE, STREAM, first, events)
        return other.value.from_seq


def test_other_events_under_numbers_that_are_taken_are_refused_and_not_dropped(any_database: Database) -> None:
    run = raw_run(BRIDGE, 1, 30, AT)
    take(any_database, 1, run)
    assert take_others(any_database, 15, [*run[14:20], *others(21, 40)]) == 21
    assert take_others(any_database, 15, others(15, 20)) == 15
    assert stored(any_database) == list(range(1, 31))
    with any_database.reading() as session:
        position = session.get_one(StreamPosition, (BRIDGE, STREAM))
        assert (position.seq, position.unsent_to) == (30, 30), "nothing of this stream is going to be missing"


def test_where_numbers_were_given_up_the_events_after_the_last_known_one_are_others(any_database: Database) -> None:
    folded = raw_event(BRIDGE, 12, EventCode.EVENTS_FOLDED, AT, detail={"from_seq": 2, "to_seq": 10, "count": 9})
    run = [*raw_run(BRIDGE, 1, 1, AT), *raw_run(BRIDGE, 11, 11, AT), folded]
    take(any_database, 1, run)
    assert take_others(any_database, 1, [*run[:1], *others(2, 14)]) == 2
    assert take(any_database, 1, raw_run(BRIDGE, 1, 11, AT)) == 12, "the same ones, as a disk had them before the fold"


def test_known_events_are_looked_up_only_where_numbers_come_again(database: Database) -> None:
    asked: list[str] = []

    def looked_up(first: int, last: int) -> bool:
        asked.clear()
        with database.writing() as session:
            listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
            take_events(session, AT, BRIDGE, STREAM, first, raw_run(BRIDGE, first, last, AT))
        return any("FROM event " in sql for sql in asked)

    assert [looked_up(1, 3), looked_up(4, 6), looked_up(6, 9)] == [False, False, True]


def test_streams_count_apart(any_database: Database) -> None:
    take(any_database, 1, raw_run(BRIDGE, 1, 3, AT))
    assert take(any_database, 1, raw_run(BRIDGE, 1, 2, AT, stream=OTHER_STREAM), OTHER_STREAM) == 2
    assert stored(any_database) == [1, 2, 3]


@pytest.mark.parametrize(
    "events",
    [
        [raw_event(OTHER, 1, "DOOR_CLOSED", AT)],
        [raw_event(BRIDGE, 1, "DOOR_CLOSED", AT, stream=OTHER_STREAM)],
        [*raw_run(BRIDGE, 2, 2, AT), *raw_run(BRIDGE, 1, 1, AT)],
        [*raw_run(BRIDGE, 1, 1, AT), *raw_run(BRIDGE, 1, 1, AT)],
        [b"{}"],
        [raw_run(BRIDGE, 1, 1, AT)[0].replace(b"DOOR_CLOSED", b"door sung")],
        [raw_run(BRIDGE, 1, 1, AT)[0].replace(b'"info"', b'"loud"')],
        [*raw_run(BRIDGE, 1, 2, AT), b"nonsense"],
    ],
    ids=[
        "another bridge's",
        "another stream's",
        "backwards",
        "twice",
        "no event",
        "no code",
        "no severity",
        "good, then nonsense",
    ],
)
def test_nothing_is_stored_of_a_batch_with_a_bad_event(database: Database, events: list[bytes]) -> None:
    with pytest.raises(Refused):
        take(database, 1, events)
    assert stored(database) == []


def test_an_event_that_only_a_newer_bridge_knows_is_stored_as_loud_as_it_is(any_database: Database) -> None:
    newer = raw_run(BRIDGE, 1, 1, AT)[0].replace(b"DOOR_CLOSED", b"DOOR_SUNG").replace(b'"info"', b'"alarm"')
    assert take(any_database, 1, [newer, *raw_run(BRIDGE, 2, 3, AT)]) == 3
    with any_database.reading() as session:
        (row,) = recent_events(session, EventFilter(severities=["alarm"]))
        assert (row.seq, row.code) == (1, "DOOR_SUNG")


def test_two_workers_that_take_the_same_at_one_time_store_it_once(any_database: Database) -> None:
    run = raw_run(BRIDGE, 1, 400, AT)
    answers: list[int] = []
    start = threading.Barrier(4)

    def worker() -> None:
        start.wait()
        answers.append(take(any_database, 1, run))

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [400] * 4
    assert stored(any_database) == list(range(1, 401))


def test_after_a_restore_the_missing_events_are_asked_for_again(any_database: Database) -> None:
    run = raw_run(BRIDGE, 1, 20, AT)
    take(any_database, 1, run)
    with any_database.writing() as session:
        assert wanted(session, BRIDGE, STREAM, 20) is None
        session.execute(delete(EventRow).where(EventRow.seq > 12))
        session.get_one(StreamPosition, (BRIDGE, STREAM)).seq = 12
    with any_database.reading() as session:
        assert wanted(session, BRIDGE, STREAM, 20) == Want(STREAM, 13)
        assert wanted(session, BRIDGE, OTHER_STREAM, 20) == Want(OTHER_STREAM, 1)
        assert wanted(session, BRIDGE, None, 20) is None
    take(any_database, 13, run[12:])
    assert stored(any_database) == list(range(1, 21))


def test_hooks_hear_of_each_event_once_and_in_the_same_transaction(any_database: Database) -> None:
    heard: list[int] = []

    def hook(session: Session, _at: object, events: Sequence[EventRecord]) -> None:
        assert session.in_transaction()
        heard.extend(event.seq for event in events)

    run = raw_run(BRIDGE, 1, 9, AT)
    for first, last in ((1, 4), (1, 4), (3, 9), (9, 9)):
        with any_database.writing() as session:
            take_events(session, AT, BRIDGE, STREAM, first, run[first - 1 : last], [hook])
    assert heard == list(range(1, 10))


def test_a_hook_that_fails_leaves_nothing_behind(any_database: Database) -> None:
    def hook(_session: Session, _at: object, _events: Sequence[EventRecord]) -> None:
        raise RuntimeError("a fault of the visitors' desk")

    with pytest.raises(RuntimeError), any_database.writing() as session:
        take_events(session, AT, BRIDGE, STREAM, 1, raw_run(BRIDGE, 1, 3, AT), [hook])
    assert stored(any_database) == []
    assert take(any_database, 1, raw_run(BRIDGE, 1, 3, AT)) == 3


def send(database: Database, first: int, length: int, *, fails: bool) -> str:
    """Send a run; its answer, which is lost with the whole transaction where it ``fails``."""
    run = raw_run(BRIDGE, first, first + length - 1, AT)
    with suppress(ConnectionError), database.writing() as session:
        try:
            answer = str(take_events(session, AT, BRIDGE, STREAM, first, run))
        except GapError as gap:
            return f"have {gap.acknowledged}"
        if not fails:
            session.commit()
            return answer
        lose()
    return "lost"


def lose() -> None:
    raise ConnectionError


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12), st.booleans()), max_size=25))
def test_whatever_is_sent_the_stream_is_stored_once_without_holes(
    database: Database, sends: list[tuple[int, int, bool]]
) -> None:
    with database.writing() as session:
        session.execute(delete(EventRow))
        session.execute(delete(StreamPosition))
    have = 0
    for first, length, fails in sends:
        answer = send(database, first, length, fails=fails)
        if first > have + 1:
            assert answer == f"have {have}"
        elif not fails:
            have = max(have, first + length - 1) if length else have
            assert answer == str(have)
    assert stored(database) == list(range(1, have + 1))


def test_the_newest_come_first_and_can_be_chosen(any_database: Database) -> None:
    events = [
        raw_event(BRIDGE, 1, "DOOR_OPENED", AT, door=1),
        raw_event(BRIDGE, 2, "DENIED_LOST", AT + timedelta(seconds=5), door=2, holder=7),
        raw_event(BRIDGE, 3, "DOOR_CLOSED", AT + timedelta(seconds=2), door=1),
    ]
    take(any_database, 1, events)
    with any_database.reading() as session:
        assert [row.seq for row in recent_events(session)] == [2, 3, 1]
        assert [row.seq for row in recent_events(session, EventFilter(door=1))] == [3, 1]
        assert [row.seq for row in recent_events(session, EventFilter(holder=7))] == [2]
        assert [row.seq for row in recent_events(session, EventFilter(severities=["alarm", "critical"]))] == [2]
        assert [row.seq for row in recent_events(session, EventFilter(before=AT + timedelta(seconds=2)))] == [1]
        assert [row.seq for row in recent_events(session, EventFilter(bridge=OTHER))] == []
        assert [row.seq for row in recent_events(session, limit=1)] == [2]


def test_one_event_is_found_by_its_key_and_nonsense_is_not(database: Database) -> None:
    take(database, 1, raw_run(BRIDGE, 1, 1, AT))
    with database.reading() as session:
        row = recent_events(session)[0]
        assert get_event(session, key_of(row)).seq == 1
        for key in ("", "1", "a.b.c", f"{BRIDGE}.{STREAM}.2", f"{BRIDGE}.{STREAM}.{'9' * 40}", "\0.\0.1"):
            with pytest.raises(NotThereError):
                get_event(session, key)


def test_the_service_has_events_of_its_own(any_database: Database) -> None:
    with any_database.writing() as session:
        site = build_school(session).site
        record_own(session, AT, EventCode.BRIDGE_DUPLICATED, detail={"why": "seen twice"})
        record_own(session, AT, EventCode.BRIDGE_DUPLICATED)
    with any_database.reading() as session:
        assert {(row.bridge_id, row.seq) for row in recent_events(session)} == {(site, 1), (site, 2)}
