"""Timed work: done once when due, by one worker, again after an error, and taken over from the dead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from access_control.database.engine import Database
from access_control.database.errors import DatabaseDownError
from access_control.jobs.models import Job
from access_control.jobs.running import JobThreads, TimedWork, do_soon, run_due, take
from access_control.people.models import Group
from tests.building.accounts import AT
from tests.building.databases import opened

SECOND = timedelta(seconds=1)
SOON_S = 30.0  # a bound on a loaded machine, not a measure


def counting(done: list[datetime], name: str = "count", every_s: float = 60.0) -> TimedWork:
    return TimedWork(name, every_s, lambda _database, at: done.append(at), lease_s=30.0)


def test_a_job_is_done_at_once_and_then_when_it_is_due(any_database: Database) -> None:
    done: list[datetime] = []
    job = counting(done)
    for second in (0, 1, 59, 60, 61, 119, 121):
        run_due(any_database, AT + second * SECOND, [job], "worker")
    assert done == [AT, AT + 60 * SECOND, AT + 121 * SECOND]
    with any_database.reading() as session:
        row = session.get_one(Job, "count")
        assert (row.last_at, row.last_error, row.holder) == (AT + 121 * SECOND, None, None)


def test_an_error_is_kept_and_the_others_go_on(any_database: Database) -> None:
    done: list[datetime] = []

    def fail(_database: Database, _at: datetime) -> None:
        raise ValueError("no paper")

    jobs = [TimedWork("print", 3600, fail, again_s=10), counting(done)]
    assert run_due(any_database, AT, jobs, "worker") == ["print", "count"]
    assert done == [AT]
    with any_database.reading() as session:
        assert session.get_one(Job, "print").last_error == "ValueError: no paper"
        assert session.get_one(Job, "print").due_at == AT + 10 * SECOND
    assert run_due(any_database, AT + 10 * SECOND, jobs, "worker") == ["print"]


def test_what_a_failed_job_wrote_is_given_up(any_database: Database) -> None:
    def write_and_fail(database: Database, _at: datetime) -> None:
        with database.writing() as session:
            session.add(Group(name="Half"))
            raise ZeroDivisionError

    run_due(any_database, AT, [TimedWork("half", 60, write_and_fail)], "worker")
    with any_database.reading() as session:
        assert session.scalar(select(func.count(Group.id))) == 0


def test_one_of_many_workers_does_it(any_url: str) -> None:
    done: list[datetime] = []
    begin = threading.Barrier(6)
    failed: list[Exception] = []

    def work(number: int) -> None:
        try:
            with opened(any_url) as database:
                begin.wait(SOON_S)
                run_due(database, AT, [counting(done)], f"worker {number}")
        except Exception as error:  # noqa: BLE001 - handed to the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert done == [AT]


def test_a_dead_workers_job_is_taken_over_when_its_lease_ends(any_database: Database) -> None:
    done: list[datetime] = []
    job = counting(done)
    assert take(any_database, AT, job, "dead")
    assert run_due(any_database, AT + 29 * SECOND, [job], "alive") == []
    assert run_due(any_database, AT + 30 * SECOND, [job], "alive") == ["count"]
    assert done == [AT + 30 * SECOND]


def test_who_comes_back_after_its_lease_changes_nothing(any_database: Database) -> None:
    inner: list[str] = []

    def slow(database: Database, at: datetime) -> None:
        if not inner:
            inner.append("once")
            run_due(database, at + 31 * SECOND, [job], "second")

    job = TimedWork("slow", 60, slow, lease_s=30)
    run_due(any_database, AT, [job], "first")
    with any_database.reading() as session:
        assert session.get_one(Job, "slow").last_at == AT + 31 * SECOND


def test_a_job_can_be_asked_for_sooner(any_database: Database) -> None:
    done: list[datetime] = []
    job = counting(done)
    run_due(any_database, AT, [job], "worker")
    with any_database.writing() as session:
        do_soon(session, AT + SECOND, "count")
        do_soon(session, AT + SECOND, "no such job")
    run_due(any_database, AT + SECOND, [job], "worker")
    assert done == [AT, AT + SECOND]


def test_what_is_not_wanted_is_not_even_written_down(any_database: Database) -> None:
    done: list[datetime] = []
    job = TimedWork("rare", 1, lambda _database, at: done.append(at), wanted=lambda _session, at: at > AT)
    assert run_due(any_database, AT, [job], "worker") == []
    with any_database.reading() as session:
        assert session.get(Job, "rare") is None
    assert run_due(any_database, AT + SECOND, [job], "worker") == ["rare"]
    assert done == [AT + SECOND]


def test_a_thread_does_what_is_due_and_ends(any_database: Database) -> None:
    done = threading.Event()
    job = TimedWork("ring", 60, lambda _database, _at: done.set())
    with JobThreads(any_database, [job], clock=lambda: AT, look_s=0.01):
        assert done.wait(SOON_S)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("job ")]


def test_a_slow_job_delays_no_other(any_database: Database) -> None:
    slow_began, quick_done = threading.Event(), threading.Event()

    def slow(_database: Database, _at: datetime) -> None:
        slow_began.set()
        assert quick_done.wait(SOON_S)

    def quick(_database: Database, _at: datetime) -> None:
        assert slow_began.wait(SOON_S)
        quick_done.set()

    jobs = [TimedWork("slow", 60, slow), TimedWork("quick", 60, quick)]
    with JobThreads(any_database, jobs, clock=lambda: AT, look_s=0.01):
        assert quick_done.wait(SOON_S)
    with any_database.reading() as session:
        assert [row.last_error for row in session.scalars(select(Job))] == [None, None]


def test_a_thread_that_never_began_can_be_closed(database: Database) -> None:
    JobThreads(database, [], clock=lambda: AT).close()


@pytest.mark.parametrize("error", [DatabaseDownError("the disk is full"), RuntimeError("anything")])
def test_a_thread_outlives_what_goes_wrong(database: Database, error: Exception) -> None:
    done = threading.Event()
    clock = failing_first(error)
    with JobThreads(database, [TimedWork("ring", 60, lambda _database, _at: done.set())], clock=clock, look_s=0.01):
        assert done.wait(SOON_S)


def failing_first(error: Exception) -> Callable[[], datetime]:
    """A clock that names the thread, fails twice, then works."""
    calls = iter([None, error, error])

    def clock() -> datetime:
        wrong = next(calls, None)
        if wrong is not None:
            raise wrong
        return AT

    return clock
