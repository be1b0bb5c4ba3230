"""Word of changes arrives after the commit, in order, between workers, and with the database dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from access_control.database.changes import PAYLOAD_LIMIT, Change, Listener, tell
from access_control.database.engine import Database
from tests.building.databases import opened, postgresql

SOON_S = 30.0  # a bound on a loaded machine, not a measure


@pytest.fixture
def other_worker(pg_database_url: str) -> Iterator[Database]:
    with opened(pg_database_url) as other:
        yield other


def test_word_is_heard_after_the_commit_and_not_before(any_database: Database) -> None:
    with any_database.changes.listen("live") as heard:
        with any_database.writing() as session:
            any_database.changes.tell(session, "live", "one")
            any_database.changes.tell(session, "live", "two")
            assert heard.get(0) is None
        assert [heard.get(0), heard.get(0), heard.get(0)] == [Change("live", "one"), Change("live", "two"), None]


def test_a_writing_session_knows_whom_to_tell(any_database: Database) -> None:
    with any_database.changes.listen("live") as heard:
        with any_database.writing() as session:
            tell(session, "live", "one")
        assert heard.get(SOON_S) == Change("live", "one")


def test_what_was_given_up_is_never_told(any_database: Database) -> None:
    def tell_and_fail() -> None:
        with any_database.writing() as session:
            any_database.changes.tell(session, "live", "never")
            raise ZeroDivisionError

    with any_database.changes.listen("live") as heard:
        with pytest.raises(ZeroDivisionError):
            tell_and_fail()
        with any_database.writing() as session:
            any_database.changes.tell(session, "live", "after")
        assert heard.get(SOON_S) == Change("live", "after")


def test_a_listener_hears_its_topics_only(database: Database) -> None:
    with database.changes.listen("bridge:1", "live") as heard, database.changes.listen("bridge:2") as other:
        database.changes.tell_now("bridge:1", "a")
        database.changes.tell_now("bridge:2", "b")
        database.changes.tell_now("live", "c")
        assert [heard.get(0), heard.get(0), heard.get(0)] == [Change("bridge:1", "a"), Change("live", "c"), None]
        assert other.get(0) == Change("bridge:2", "b")


def test_who_left_hears_nothing(database: Database) -> None:
    with database.changes.listen("live") as heard:
        pass
    database.changes.tell_now("live", "late")
    assert heard.closed
    assert heard.get(SOON_S) is None


def test_who_does_not_fetch_misses_the_oldest_and_is_told_so(database: Database) -> None:
    with database.changes.listen("live") as heard:
        for number in range(1003):
            database.changes.tell_now("live", str(number))
        assert heard.missed
        assert heard.take_missed()
        assert not heard.take_missed()
        assert heard.get(0) == Change("live", "3")


def test_closing_the_database_wakes_who_waits(any_database: Database) -> None:
    heard = any_database.changes.listen("live")
    got: list[Change | None] = []
    waiting = threading.Thread(target=lambda: got.append(heard.get(SOON_S)))
    waiting.start()
    any_database.close()
    waiting.join(SOON_S)
    assert got == [None]
    assert heard.closed


def test_what_is_too_long_is_refused_where_it_is_told(any_database: Database) -> None:
    with any_database.writing() as session:
        any_database.changes.tell(session, "bridge:" + "a" * 36, "x" * PAYLOAD_LIMIT)
        with pytest.raises(ValueError, match="hint"):
            any_database.changes.tell(session, "live", "x" * (PAYLOAD_LIMIT + 1))
        with pytest.raises(ValueError, match="spaces"):
            any_database.changes.tell(session, "two words", "")


def test_another_worker_hears_a_commit_once_and_so_do_we(pg_database: Database, other_worker: Database) -> None:
    with pg_database.changes.listen("live") as ours, other_worker.changes.listen("live") as theirs:
        with pg_database.writing() as session:
            pg_database.changes.tell(session, "live", '{"what": "events"}')
        assert theirs.get(SOON_S) == Change("live", '{"what": "events"}')
        pg_database.changes.tell_now("live", "last")
        assert theirs.get(SOON_S) == Change("live", "last")
        assert [ours.get(0), ours.get(0), ours.get(0.1)] == [
            Change("live", '{"what": "events"}'),
            Change("live", "last"),
            None,
        ]


def test_word_told_now_needs_no_transaction(pg_database: Database, other_worker: Database) -> None:
    with other_worker.changes.listen("bridge:1") as theirs, pg_database.writing():
        pg_database.changes.tell_now("bridge:1", "directive")
        assert theirs.get(SOON_S) == Change("bridge:1", "directive")


def test_a_lost_link_is_made_again_and_said(
    pg_database: Database, other_worker: Database, pg_database_url: str
) -> None:
    with other_worker.changes.listen("live") as theirs:
        pg_database.changes.tell_now("live", "before")
        assert theirs.get(SOON_S) == Change("live", "before")
        _cut_everybody(pg_database_url)
        until_missed(theirs)
        pg_database.changes.tell_now("live", "after")
        assert theirs.get(SOON_S) == Change("live", "after")


def test_word_told_now_arrives_with_the_database_dead() -> None:
    with postgresql() as url:
        gone = url
    with opened(gone) as database, database.changes.listen("bridge:1") as heard:
        database.changes.tell_now("bridge:1", "directive")
        assert heard.get(0) == Change("bridge:1", "directive")


def test_word_told_now_arrives_while_sqlite_is_locked(database: Database) -> None:
    with database.changes.listen("bridge:1") as heard, database.writing():
        telling = threading.Thread(target=database.changes.tell_now, args=("bridge:1", "directive"))
        telling.start()
        assert heard.get(SOON_S) == Change("bridge:1", "directive")
        telling.join()


def until_missed(listener: Listener) -> None:
    for _ in range(int(SOON_S / 0.02)):
        if listener.take_missed():
            return
        listener.get(0.02)
        time.sleep(0)
    raise AssertionError("the lost link was not noticed")


def _cut_everybody(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_loss_wakes_who_waits_once(database: Database) -> None:
    with database.changes.listen("live") as heard:
        heard.lost_some()
        assert heard.get(SOON_S) is None
        assert heard.take_missed()
        heard.lost_some()
        assert heard.take_missed()
        telling = threading.Timer(0.1, database.changes.tell_now, ("live", "after"))
        telling.start()
        assert heard.get(SOON_S) == Change("live", "after")
        telling.join()
