"""Milliseconds on the board, and what a bridge's Status says of a directive."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive
from access_control.database.engine import Database
from access_control.emergency.board import Result, read_board
from access_control.emergency.models import DoorAnswer
from access_control.emergency.progress import answer_ms, keep_answers
from access_control.emergency.school import read_school
from access_control.readers import orders
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge
from access_control.readers.records import DirectiveRow, EventRow, ReleaseRow
from tests.access_control.emergency.conftest import furnish
from tests.building.emergencies import AT, DIRECTIVE, MAIN_BRIDGE, SITE, SOUTH_BRIDGE, directive, fresh_id, status


def secured(
    door: int, at: datetime, received_at: datetime, *, ms: int = 100, bridge: str = MAIN_BRIDGE, id_: str = DIRECTIVE
) -> EventRow:
    return EventRow(
        bridge_id=bridge, stream=bridge, seq=door, id=fresh_id(), at=at, received_at=received_at, code="DOOR_SECURED",
        severity="info", door_id=door, drill=False, flagged=False, detail={"directive": id_, "ms": ms},
    )  # fmt: skip


def row(origin: str = "service") -> DirectiveRow:
    return DirectiveRow(id=DIRECTIVE, action=directive().action, origin=origin, started_at=AT)


def after(ms: float) -> datetime:
    return AT + timedelta(milliseconds=ms)


def test_a_proof_that_arrives_at_once_counts_by_our_own_clock() -> None:
    assert answer_ms(row(), secured(1, after(-900), after(283))) == 283
    assert answer_ms(row(), secured(1, after(900), after(283))) == 283


def test_doors_that_answer_together_are_told_apart_by_their_bridges_clock() -> None:
    newest = after(-900 + 250)
    assert answer_ms(row(), secured(1, after(-900), after(283), ms=20), newest) == 283 - 250
    assert answer_ms(row(), secured(2, newest, after(283), ms=20), newest) == 283
    assert answer_ms(row(), secured(3, after(-900), after(283), ms=120), newest) == 120


def test_a_proof_that_waited_counts_by_the_bridge_s_clock_between_what_is_possible() -> None:
    assert answer_ms(row(), secured(1, after(400), after(60_000))) == 400
    assert answer_ms(row(), secured(1, after(-5_000), after(60_000), ms=150)) == 150


def test_an_emergency_of_a_bridge_counts_by_that_bridge_s_clock() -> None:
    assert answer_ms(row(f"bridge:{MAIN_BRIDGE}"), secured(1, after(200), after(250))) == 200


@given(st.integers(-60_000, 600_000), st.integers(0, 600_000), st.integers(0, 100_000))
def test_no_clock_makes_a_door_faster_than_it_was_or_slower_than_we_heard(at: int, received: int, ms: int) -> None:
    counted = answer_ms(row(), secured(1, after(at), after(received), ms=ms))
    assert 0 <= counted <= max(received, ms)


def lock_down(database: Database, keys: SchoolKeys) -> None:
    with database.writing() as session:
        sealed = seal_directive(directive(), keys.document, site=SITE)
        orders.add_directive(session, keys, AT, directive(), [sealed], by_name="A. Rivera")
        session.add_all(
            [
                secured(1, after(280), after(283)),
                secured(2, after(180), after(195)),
                secured(3, after(180), after(195), id_=fresh_id()),
            ]
        )
        main, south = session.get_one(Bridge, MAIN_BRIDGE), session.get_one(Bridge, SOUTH_BRIDGE)
        main.status = status(DIRECTIVE, {1: "secured", 2: "not_monitored", 3: "unknown"})
        main.status_at = after(4_000)
        south.status, south.status_at = {"emergencies": [], "doors": [{"door": 4}]}, after(4_000)


@pytest.fixture
def locked_down(school_database: Database, keys: SchoolKeys) -> Database:
    lock_down(school_database, keys)
    return school_database


def test_the_board_reads_statuses_and_events(locked_down: Database) -> None:
    with locked_down.reading() as session:
        school = read_school(session)
        assert school is not None
        board = read_board(session, after(5_000), school, DIRECTIVE)
    found = {cell.door.id: (cell.result, cell.ms) for cell in board.cells}
    assert found == {
        1: (Result.SECURED, 283),
        2: (Result.NOT_MONITORED, 195),
        3: (Result.UNKNOWN, None),
        4: (Result.UNKNOWN, None),
        5: (Result.UNKNOWN, None),
        6: (Result.NOT_COMMANDED, None),
    }
    assert board.unconfirmed == ("South bridge",)
    assert board.time_to_secure_s == 0.283


def test_a_status_is_believed_as_long_as_the_school_chose(locked_down: Database) -> None:
    with locked_down.reading() as session:
        school = read_school(session)
        assert school is not None
        for later_s, expected in ((13.9, 1), (14.1, 0)):
            assert read_board(session, after(later_s * 1000), school, DIRECTIVE).counts.secured == expected


def test_answers_are_kept_once(locked_down: Database) -> None:
    with locked_down.writing() as session:
        kept = session.get_one(DirectiveRow, DIRECTIVE)
        assert keep_answers(session, kept) == 2
        session.flush()
        assert keep_answers(session, kept) == 0


def test_a_release_and_the_timed_work_that_keep_answers_at_one_moment_do_it_one_after_the_other(
    pg_database: Database, keys: SchoolKeys
) -> None:
    furnish(pg_database, keys)
    lock_down(pg_database, keys)
    found: list[int] = []

    def work() -> None:
        with pg_database.writing() as session:
            found.append(keep_answers(session, session.get_one(DirectiveRow, DIRECTIVE)))

    other = threading.Thread(target=work)
    with pg_database.writing() as session:
        assert keep_answers(session, session.get_one(DirectiveRow, DIRECTIVE)) == 2
        session.flush()
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join(60)
    assert found == [0]


def test_what_a_status_proved_stays_in_the_record(locked_down: Database) -> None:
    with locked_down.writing() as session:
        row_ = session.get_one(DirectiveRow, DIRECTIVE)
        main = session.get_one(Bridge, MAIN_BRIDGE)
        main.status = status(DIRECTIVE, {1: "secured", 2: "secured", 3: "not_monitored"})
        south = session.get_one(Bridge, SOUTH_BRIDGE)
        south.status = status(DIRECTIVE, {4: "secured", 5: "not_secure"})
        assert keep_answers(session, row_) == 4
        assert keep_answers(session, row_) == 0
        main.status = south.status = {"doors": [], "emergencies": []}
        early = {"id": fresh_id(), "directive_id": DIRECTIVE, "doors": [5], "origin": "service", "at": after(50_000)}
        session.add(ReleaseRow(**early, by="x", by_name="x", why="x", sealed="x"))
        row_.ended_at = after(60_000)
    with locked_down.reading() as session:
        school = read_school(session)
        assert school is not None
        board = read_board(session, after(90_000), school, DIRECTIVE)
    assert {cell.door.id: (cell.result, cell.ms) for cell in board.cells} == {
        1: (Result.SECURED, 283),
        2: (Result.SECURED, 195),
        3: (Result.NOT_MONITORED, None),
        4: (Result.SECURED, None),
        5: (Result.RELEASED, None),
        6: (Result.NOT_COMMANDED, None),
    }


def test_a_later_proof_takes_the_place_of_a_status(locked_down: Database) -> None:
    with locked_down.writing() as session:
        row_ = session.get_one(DirectiveRow, DIRECTIVE)
        south = session.get_one(Bridge, SOUTH_BRIDGE)
        south.status = status(DIRECTIVE, {4: "secured", 5: "not_monitored"})
        keep_answers(session, row_)
        session.add_all([secured(4, after(200), after(210)), secured(5, after(300), after(310))])
        assert keep_answers(session, row_) == 0
        session.flush()
        kept = {one.door_id: (one.confirmed_ms, one.not_monitored) for one in session.scalars(select(DoorAnswer))}
    assert kept == {1: (283, False), 2: (195, False), 4: (210, False), 5: (310, False)}


def test_doors_that_an_evacuate_unlocked_are_kept_if_that_was_proved_before_its_end(
    school_database: Database, keys: SchoolKeys
) -> None:
    evacuate = directive(EmergencyAction.EVACUATE)
    said = status(DIRECTIVE, {1: "unknown", 2: "unknown", 3: "unknown"})
    unlocked, unproved, locked = said["doors"]
    unlocked |= {"command": "unlock", "proved": True}
    unproved |= {"command": "unlock", "proved": False}
    locked |= {"command": "lock", "proved": True}
    with school_database.writing() as session:
        sealed = seal_directive(evacuate, keys.document, site=SITE)
        orders.add_directive(session, keys, AT, evacuate, [sealed], by_name="A. Rivera")
        main = session.get_one(Bridge, MAIN_BRIDGE)
        main.status, main.status_at = said, after(70_000)
        row_ = session.get_one(DirectiveRow, DIRECTIVE)
        row_.ended_at = after(60_000)
        assert keep_answers(session, row_) == 0
        row_.ended_at = after(80_000)
        assert keep_answers(session, row_) == 1
        session.flush()
        (kept,) = session.scalars(select(DoorAnswer))
        assert (kept.door_id, kept.confirmed_ms, kept.not_monitored) == (1, None, False)
