"""Everything that is done by the clock is on one list, under a name of its own."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from access_control.database.engine import Database
from access_control.jobs.models import Job
from access_control.jobs.running import run_due
from access_control.jobs.work import all_work
from tests.building.published import go_live, later


def test_all_of_it_runs_without_an_error(any_database: Database, tmp_path: Path) -> None:
    live = go_live(any_database, tmp_path)
    work = all_work(live.keys)
    names = [job.name for job in work]
    assert len(set(names)) == len(names)
    for hours in (0, 1, 25, 24 * 8):
        run_due(any_database, later(hours * 3600), work, "worker")
    with any_database.reading() as session:
        errors = {row.name: row.last_error for row in session.scalars(select(Job))}
    assert not any(errors.values()), errors
