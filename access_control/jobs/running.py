"""Timed work: one worker holds a job by lease, and each job can be done twice without harm.

A lease ends by itself when its holder dies. A job that took longer than its lease may run a second time beside the
first, so jobs do only what is safe to repeat: rebuild what is stale, end what is due, delete what is old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self, TypeAlias

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from access_control.database.engine import Database
from access_control.database.errors import ConflictError, DatabaseError
from access_control.database.ids import new_id
from access_control.jobs.models import Job

_LOG: Final = structlog.get_logger(__name__)
_ERROR_LENGTH: Final = 500
LOOK_S: Final = 1.0
"""How often a worker looks whether a job is due."""

Work: TypeAlias = Callable[[Database, datetime], object]
Question: TypeAlias = Callable[[Session, datetime], bool]


def _always(_session: Session, _at: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class TimedWork:
    """A kind of work.

    Attributes:
        name: Unique; ``job:NAME`` in the audit.
        every_s: Seconds from the start of one run to the start of the next.
        work: What is done, given the database and the time. It opens its own transactions and keeps them short.
        lease_s: After so many seconds the holder counts as dead, and another worker may start the work again.
        again_s: After an error it is tried again after so many seconds.
        wanted: Whether there is anything to do, asked before the work is taken: what is looked for every second and
            found once a day does not write to the disk every second.
    """

    name: str
    every_s: float
    work: Work
    lease_s: float = 300.0
    again_s: float = 60.0
    wanted: Question = _always


def run_due(database: Database, at: datetime, jobs: Sequence[TimedWork], holder: str) -> list[str]:
    """Do every job that is due and that nobody holds; an error in one does not stop the others.

    Args:
        database: Given to the jobs, too.
        at: Now.
        jobs: All that there are.
        holder: Who does it: unique for each worker.

    Returns:
        The names of the jobs that were done here, also those that failed.

    Raises:
        DatabaseError: The database cannot be used; nothing was started then.
    """
    done = []
    for job in jobs:
        if not take(database, at, job, holder):
            continue
        error = _do(database, at, job)
        _give_back(database, at, job, holder, error)
        done.append(job.name)
    return done


def take(database: Database, at: datetime, job: TimedWork, holder: str) -> bool:
    """Hold a job until its lease ends, if it is due and nobody else does.

    Raises:
        DatabaseError: The database cannot be used.
    """
    with database.reading() as session:
        row = session.get(Job, job.name)
        if row is not None and (row.due_at > at or (row.held_until is not None and row.held_until > at)):
            return False
        if not job.wanted(session, at):
            return False
    try:
        with database.writing() as session:
            taken = _free_row(session, at, job)
            if taken is not None:
                taken.holder, taken.held_until = holder, at + timedelta(seconds=job.lease_s)
            return taken is not None
    except ConflictError:
        return False  # another worker made the row at the same moment, and holds it


def do_soon(session: Session, at: datetime, name: str) -> None:
    """Make a job due now, from the transaction that gave it something to do."""
    row = session.get(Job, name)
    if row is not None:
        row.due_at = min(row.due_at, at)


class JobThreads:
    """Looks every second for jobs that are due, in a thread for each, so that a slow one delays none.

    Leave the ``with`` block, or call :meth:`close`, to end them.
    """

    def __init__(
        self, database: Database, jobs: Sequence[TimedWork], clock: Callable[[], datetime], look_s: float = LOOK_S
    ) -> None:
        self._database = database
        self._clock = clock
        self._look_s = look_s
        self._holder = new_id(clock())
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(job,), name=f"job {job.name}", daemon=True) for job in jobs
        ]

    def start(self) -> None:
        """Begin looking."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End; waits for the jobs that are being done."""
        self._ending.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, job: TimedWork) -> None:
        told = False
        while not self._ending.is_set():
            try:
                run_due(self._database, self._clock(), [job], self._holder)
                told = False
            except DatabaseError as error:
                if not told:
                    _LOG.warning("job_waits_for_database", job=job.name, error=str(error))
                told = True
            except Exception:  # noqa: BLE001 - the thread has to outlive whatever goes wrong once
                _LOG.exception("job_not_run", job=job.name)
            self._ending.wait(self._look_s)


def _do(database: Database, at: datetime, job: TimedWork) -> str | None:
    """Run it; the error in words, or ``None``."""
    try:
        job.work(database, at)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one job, the others go on
        _LOG.exception("job_failed", job=job.name)
        return f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
    return None


def _free_row(session: Session, at: datetime, job: TimedWork) -> Job | None:
    """The job's row, locked, if the job can be taken; made when it is not there, and due at once."""
    free = or_(Job.held_until.is_(None), Job.held_until <= at)
    mine = select(Job).where(Job.name == job.name, Job.due_at <= at, free).with_for_update(skip_locked=True)
    found = session.scalars(mine).one_or_none()
    if found is None and session.get(Job, job.name) is None:
        found = Job(name=job.name, due_at=at)
        session.add(found)
    return found


def _give_back(database: Database, at: datetime, job: TimedWork, holder: str, error: str | None) -> None:
    with database.writing() as session:
        row = session.get(Job, job.name, with_for_update=True)
        if row is None or row.holder != holder:
            return  # the lease ended and somebody else holds it now
        wait_s = job.every_s if error is None else job.again_s
        row.holder, row.held_until = None, None
        row.due_at, row.last_at, row.last_error = at + timedelta(seconds=wait_s), at, error
