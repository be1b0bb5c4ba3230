"""A gap is told once everything that could explain it is here, and a person can close it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from access_control.audit.models import AuditRecord
from access_control.core.wire.events import EventCode
from access_control.readers.errors import NotThereError
from access_control.readers.events import EventFilter, recent_events, take_events
from access_control.readers.gap_reports import around, close_gap, gaps_of, gaps_to_show, in_force_before
from access_control.readers.records import EventGap, EventRow
from access_control.readers.status import site_overview, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import OTHER_STREAM, STREAM, a_status, raw_event
from tests.building.sites import BY


def send(live: LiveSchool, numbers: Sequence[int], first: int = 1, *, at_s: float = 0, **more: Any) -> None:
    """Events with these numbers; ``fold`` is what the last of them explains."""
    fold, stream = more.get("fold"), more.get("stream", STREAM)
    raw = [raw_event(live.bridge, n, EventCode.DOOR_CLOSED, later(n), stream=stream) for n in numbers]
    if fold is not None:
        detail = {"from_seq": fold[0], "to_seq": fold[1], "count": 1}
        raw[-1] = raw_event(live.bridge, numbers[-1], EventCode.EVENTS_DROPPED, later(0), detail=detail, stream=stream)
    with live.writing() as session:
        take_events(session, later(at_s), live.bridge, stream, first, raw)


def status(live: LiveSchool, at_s: float, last_seq: int, stream: str | None = STREAM, **more: Any) -> None:
    with live.writing() as session:
        request = a_status(stream=stream, last_seq=last_seq, **more)
        take_status(session, live.keys, later(at_s), live.bridge, request)


def missing(live: LiveSchool, at_s: float) -> tuple[tuple[int, int], ...]:
    """What the site's overview says is missing at the bridge."""
    with live.database.reading() as session:
        (one,) = [one for one in site_overview(session, later(at_s)).bridges if one.id == live.bridge]
        return one.missing


def told(live: LiveSchool) -> list[tuple[int, int]]:
    """What the event log says was missing."""
    with live.database.reading() as session:
        rows = recent_events(session, EventFilter(codes=[EventCode.LOG_GAP]))
        assert all(row.detail["bridge"] == live.bridge for row in rows)
        return [(row.detail["from_seq"], row.detail["to_seq"]) for row in rows]


def test_a_gap_that_nothing_explains_is_told_once(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    status(live, 1, 9)
    assert missing(live, 1) == ()
    for at_s in (3, 5, 7):
        status(live, at_s, 9)
    assert missing(live, 7) == ((3, 8),)
    assert told(live) == [(3, 8)]


def test_a_gap_waits_for_the_events_that_may_explain_it(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    for at_s in (1, 3, 5, 90):
        status(live, at_s, 40)
        assert missing(live, at_s) == ()
    send(live, [*range(10, 41)], 10, fold=(3, 8))
    status(live, 92, 40)
    assert missing(live, 92) == ()
    assert told(live) == []


def test_a_busy_bridge_cannot_put_it_off_for_ever(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    status(live, 1, 15)
    status(live, 3, 18)
    send(live, [*range(10, 19)], 10)
    status(live, 5, 500)
    assert missing(live, 5) == ((3, 8),)


def test_a_bridge_that_says_nothing_any_more_explains_nothing(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    assert missing(live, 59) == ()
    assert missing(live, 61) == ((3, 8),)


def test_numbers_that_come_after_all_end_the_alarm(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    for at_s in (1, 3, 5):
        status(live, at_s, 9)
    send(live, [3, 4, 5, 7, 8], 3)
    assert missing(live, 6) == ((6, 6),)
    send(live, [*range(1, 10)], 1)
    assert missing(live, 7) == ()
    assert told(live) == [(3, 8)]


def test_what_a_left_stream_had_not_sent_is_missing(live: LiveSchool) -> None:
    send(live, [1, 2, 3])
    status(live, 1, 7)
    status(live, 2, 0, None)  # its disk takes none just now
    for at_s in (3, 5, 7, 9):
        status(live, at_s, 2, OTHER_STREAM)
    assert missing(live, 9) == ((4, 7),)
    assert told(live) == [(4, 7)]


def test_a_left_stream_that_was_sent_whole_lacks_nothing(live: LiveSchool) -> None:
    send(live, [1, 2, 3])
    status(live, 1, 3)
    for at_s in (3, 5, 7):
        status(live, at_s, 2, OTHER_STREAM)
    assert missing(live, 70) == ()


def test_a_left_stream_that_goes_on_after_all_fills_its_gap(live: LiveSchool) -> None:
    send(live, [1, 2, 3])
    status(live, 1, 7)
    for at_s in (3, 5, 7):
        status(live, at_s, 0, OTHER_STREAM)
    send(live, [4, 5, 7, 9], 4)
    assert sorted(missing(live, 70)) == [(6, 6), (8, 8)]
    send(live, [6, 7, 8], 4)
    assert missing(live, 70) == ()
    with live.database.reading() as session:
        assert sorted(session.scalars(select(EventRow.seq).where(EventRow.stream == STREAM))) == list(range(1, 10))


def test_which_stream_was_left_is_kept_until_it_is_judged() -> None:
    assert in_force_before({}, STREAM) == {}
    assert in_force_before({"stream": STREAM, "last_seq": 4}, STREAM) == {}
    kept = in_force_before({"stream": STREAM, "last_seq": 4}, None)
    assert kept == {"before": {"stream": STREAM, "last_seq": 4}}
    assert in_force_before(kept, OTHER_STREAM) == kept
    assert in_force_before(kept, STREAM) == {}


@pytest.mark.parametrize("any_url", ["postgresql"], indirect=True)
def test_a_status_does_not_wait_for_events_that_are_being_taken(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    status(live, 1, 9)
    with live.writing() as taking:
        taking.execute(text("SELECT * FROM stream_position FOR UPDATE"))
        status(live, 3, 9)
        assert missing(live, 3) == ()
    status(live, 5, 9)
    assert missing(live, 5) == ((3, 8),)


def test_a_person_closes_it_and_it_stays_on_record(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    for at_s in (1, 3, 5):
        status(live, at_s, 9)
    with live.writing() as session:
        close_gap(session, later(6), live.bridge, STREAM, 3, BY)
        close_gap(session, later(7), live.bridge, STREAM, 3, "operator:other")
    assert missing(live, 7) == ()
    with live.database.reading() as session:
        (gap,) = gaps_of(session, later(7), live.bridge)
        assert (gap.closed_at, gap.closed_by) == (later(6), BY)
        assert gaps_to_show(session, later(7)) == {}
        assert around(session, gap) == (later(2), later(9))
        records = session.scalars(select(AuditRecord).where(AuditRecord.action == "bridge.gap_closed")).all()
        assert [record.actor for record in records] == [BY]
    send(live, [3, 4, 5, 6, 7, 8], 3)
    with live.database.reading() as session:
        assert gaps_of(session, later(8), live.bridge) == []


@pytest.mark.parametrize(("stream", "first"), [(STREAM, 4), (OTHER_STREAM, 3), ("", 3), (STREAM, 0)])
def test_only_what_is_missing_can_be_closed(live: LiveSchool, stream: str, first: int) -> None:
    send(live, [1, 2, 9])
    for at_s in (1, 3, 5):
        status(live, at_s, 9)
    with pytest.raises(NotThereError), live.writing() as session:
        close_gap(session, later(6), live.bridge, stream, first, BY)


def test_a_gap_that_is_not_certain_cannot_be_closed(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    with pytest.raises(NotThereError), live.writing() as session:
        close_gap(session, later(1), live.bridge, STREAM, 3, BY)


def test_after_a_restore_what_the_bridge_sends_again_is_no_gap(live: LiveSchool) -> None:
    send(live, [*range(1, 6)])
    status(live, 1, 20, acknowledged=20)
    send(live, [*range(6, 21)], 6)
    for at_s in (3, 5, 7, 70):
        status(live, at_s, 20, acknowledged=20)
    assert missing(live, 70) == ()


def test_after_a_restore_what_the_bridge_keeps_no_more_is_said_to_have_been_here(live: LiveSchool) -> None:
    send(live, [*range(1, 6)])
    status(live, 1, 20, acknowledged=18)
    send(live, [*range(12, 21)], 6)
    for at_s in (3, 5, 7):
        status(live, at_s, 20, acknowledged=20)
    assert missing(live, 7) == ((6, 11),)
    with live.database.reading() as session:
        (one,) = [one for one in site_overview(session, later(7)).bridges if one.id == live.bridge]
        assert one.lost_in_restore
        assert session.scalars(select(EventGap)).one().found_at == later(0)


def test_a_gap_of_one_bridge_is_not_anothers(live: LiveSchool) -> None:
    send(live, [1, 2, 9])
    with live.database.reading() as session:
        assert set(gaps_to_show(session, later(0) + timedelta(minutes=2))) == {live.bridge}
