"""Missing numbers are found as events come, and what is recorded is exactly what is missing and unexplained."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from access_control.core.wire.events import EventCode
from access_control.database.engine import Database
from access_control.readers.event_gaps import holes, spans_of, without
from access_control.readers.events import GapError, take_events
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.records import EventGap, EventRow, StreamPosition
from tests.building.said import STREAM, raw_event
from tests.building.sites import AT, build_school

BRIDGE = "01939a5e-7c00-7000-8000-0000000000b1"
Fold = tuple[int, int]


def some(numbers: Sequence[int], folds: dict[int, Fold] | None = None) -> list[bytes]:
    """Events with these numbers; ``folds`` says which of them explain what."""
    made = []
    for seq in numbers:
        if folds and seq in folds:
            first, last = folds[seq]
            detail = {"from_seq": first, "to_seq": last, "count": 1}
            made.append(raw_event(BRIDGE, seq, EventCode.EVENTS_FOLDED, AT, detail=detail))
        else:
            made.append(raw_event(BRIDGE, seq, EventCode.DOOR_CLOSED, AT, door=1))
    return made


def take(database: Database, first: int, numbers: Sequence[int], folds: dict[int, Fold] | None = None) -> int:
    with database.writing() as session:
        return take_events(session, AT, BRIDGE, STREAM, first, some(numbers, folds))


def gaps(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        rows = session.scalars(select(EventGap).where(EventGap.stream == STREAM).order_by(EventGap.from_seq))
        return [(row.from_seq, row.to_seq) for row in rows]


def stored(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(EventRow.seq).order_by(EventRow.seq)))


def test_a_hole_in_a_batch_is_one_gap_however_long(any_database: Database) -> None:
    assert take(any_database, 1, [1, 2, 1000, 1001, 1005]) == 1005
    assert gaps(any_database) == [(3, 999), (1002, 1004)]


def test_a_hole_between_two_batches_is_a_gap(any_database: Database) -> None:
    take(any_database, 1, [1, 2])
    take(any_database, 3, [5])
    assert gaps(any_database) == [(3, 4)]


@pytest.mark.parametrize("later", [False, True], ids=["in the same batch", "in a later one"])
def test_what_a_fold_explains_is_no_gap(any_database: Database, *, later: bool) -> None:
    folds = {9: (3, 6)}
    if later:
        take(any_database, 1, [1, 2, 7])
        assert gaps(any_database) == [(3, 6)]
        take(any_database, 8, [8, 9], folds)
    else:
        take(any_database, 1, [1, 2, 7, 8, 9], folds)
    assert gaps(any_database) == []


def test_a_fold_explains_only_what_it_names(any_database: Database) -> None:
    take(any_database, 1, [1, 12, 13], {13: (4, 8)})
    assert gaps(any_database) == [(2, 3), (9, 11)]


@pytest.mark.parametrize("fold", [(0, 8), (8, 4), (4, 13), (4, 99)])
def test_an_explanation_that_makes_no_sense_explains_nothing(any_database: Database, fold: Fold) -> None:
    take(any_database, 1, [1, 12, 13], {13: fold})
    assert gaps(any_database) == [(2, 11)]


def test_numbers_that_come_after_all_close_it_and_are_stored_once(any_database: Database) -> None:
    take(any_database, 1, [1, 10])
    for _ in range(2):
        assert take(any_database, 4, [4, 5, 7]) == 10
        assert gaps(any_database) == [(2, 3), (6, 6), (8, 9)]
    take(any_database, 1, list(range(1, 11)))
    assert gaps(any_database) == []
    assert stored(any_database) == list(range(1, 11))


def test_what_was_folded_is_not_stored_beside_its_count(any_database: Database) -> None:
    take(any_database, 1, [1, 2, 6, 7], {7: (3, 5)})
    take(any_database, 1, list(range(1, 8)))
    assert stored(any_database) == [1, 2, 6, 7]


def school_with(database: Database, **in_force: object) -> None:
    """A bridge whose last Status said this of its stream."""
    with database.writing() as session:
        school = build_school(session)
        building = session.scalars(select(Bridge.building_id).where(Bridge.id == school.bridge)).one()
        row = {"id": BRIDGE, "building_id": building, "name": "East bridge", "state": BridgeState.CONFIRMED}
        session.execute(insert(Bridge).values(**row, in_force={"stream": STREAM, **in_force}, created_at=AT))


def test_a_stream_that_was_acknowledged_elsewhere_begins_where_it_does(any_database: Database) -> None:
    school_with(any_database, acknowledged=300, last_seq=320)
    take(any_database, 1, [251, 252, 320])
    assert gaps(any_database) == [(253, 319)]


def test_a_new_stream_that_lost_its_beginning_has_a_gap(any_database: Database) -> None:
    school_with(any_database, acknowledged=0, last_seq=9)
    take(any_database, 1, [4, 5])
    assert gaps(any_database) == [(1, 3)]


def test_after_an_older_backup_what_the_ring_holds_no_more_is_known_to_have_been_here(any_database: Database) -> None:
    school_with(any_database, acknowledged=300, last_seq=320)
    take(any_database, 1, list(range(1, 11)))
    take(any_database, 11, [251, 252])
    with any_database.reading() as session:
        row = session.scalars(select(EventGap)).one()
        assert (row.from_seq, row.to_seq, row.sent_before) == (11, 250, True)


def test_a_gap_found_later_in_the_same_stream_was_not_sent_before(any_database: Database) -> None:
    school_with(any_database, acknowledged=2, last_seq=9)
    take(any_database, 1, [1, 2, 6])
    with any_database.reading() as session:
        assert not session.scalars(select(EventGap)).one().sent_before


@given(st.sets(st.integers(1, 60)), st.integers(0, 60))
def test_holes_and_runs_tell_of_every_number_once(numbers: set[int], after: int) -> None:
    rising = sorted(number for number in numbers if number > after)
    missing = [n for first, last in holes(after, rising) for n in range(first, last + 1)]
    assert sorted([*missing, *rising]) == list(range(after + 1, (rising[-1] if rising else after) + 1))
    assert [n for first, last in spans_of(rising) for n in range(first, last + 1)] == rising


spans = st.tuples(st.integers(1, 30), st.integers(0, 12)).map(lambda one: (one[0], one[0] + one[1]))


@given(spans, st.lists(spans, max_size=6))
def test_what_is_left_of_a_run_is_what_nobody_took(span: tuple[int, int], taken: list[tuple[int, int]]) -> None:
    gone = {n for first, last in taken for n in range(first, last + 1)}
    left = without(span, taken)
    assert [n for first, last in left for n in range(first, last + 1)] == [
        n for n in range(span[0], span[1] + 1) if n not in gone
    ]
    assert spans_of(n for first, last in left for n in range(first, last + 1)) == left


@dataclass
class Told:
    """What a service knows that was told all of this so far, worked out number by number."""

    position: int = 0
    here: set[int] = field(default_factory=set)
    explained: set[int] = field(default_factory=set)

    def take(self, first: int, numbers: list[int], folds: dict[int, Fold]) -> None:
        """Take a batch like the service."""
        if first > self.position + 1 or not numbers:
            return
        before = self.position
        self.position = max(before, numbers[-1])
        for seq in numbers:
            if seq > before or (seq not in self.here and seq not in self.explained):
                self.here.add(seq)
        named = {n for seq in numbers if seq in folds for n in range(folds[seq][0], folds[seq][1] + 1)}
        self.explained |= {n for n in named if n <= self.position and n not in self.here}

    @property
    def missing(self) -> list[int]:
        """What is neither here nor explained."""
        return [n for n in range(1, self.position + 1) if n not in self.here | self.explained]


numbers_of = st.integers(1, 40)
batches = st.lists(st.tuples(numbers_of, st.sets(numbers_of, max_size=14), st.booleans()), min_size=1, max_size=14)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches, st.dictionaries(st.integers(10, 40), st.tuples(st.integers(1, 9), st.integers(0, 6)), max_size=4))
def test_whatever_comes_in_whatever_order_the_gaps_are_what_is_missing(
    database: Database, sent: list[tuple[int, set[int], bool]], named: dict[int, tuple[int, int]]
) -> None:
    folds = {seq: (first, min(first + more, seq - 1)) for seq, (first, more) in named.items()}
    with database.writing() as session:
        for table in (EventRow, StreamPosition, EventGap):
            session.execute(delete(table))
    told = Told()
    for first, numbers, again in sent:
        batch = sorted(n for n in numbers if n >= first)
        for _ in range(2 if again else 1):
            with suppress(GapError):
                take(database, first, batch, folds)
            told.take(first, batch, folds)
            assert [n for start, end in gaps(database) for n in range(start, end + 1)] == told.missing
            assert stored(database) == sorted(told.here)


def test_both_databases_keep_a_gap_with_all_that_is_known_of_it(any_database: Database) -> None:
    later = AT + timedelta(minutes=5)
    take(any_database, 1, [1, 9])
    with any_database.writing() as session:
        row = session.scalars(select(EventGap)).one()
        row.heard, row.due_seq, row.confirmed_at, row.closed_at, row.closed_by = 2, 9, later, later, "operator:1"
    take(any_database, 4, [4])
    with any_database.reading() as session:
        rows = session.scalars(select(EventGap).order_by(EventGap.from_seq)).all()
        assert [(row.from_seq, row.to_seq) for row in rows] == [(2, 3), (5, 8)]
        assert {(row.found_at, row.due_seq, row.confirmed_at, row.closed_by) for row in rows} == {
            (AT, 9, later, "operator:1")
        }
