"""Visits of earlier days are closed by the service's timed work, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from access_control.database.engine import Database
from access_control.jobs.running import run_due
from access_control.jobs.visitors import close_visits
from access_control.readers.keys import make_keys
from access_control.visitors.models import VisitState
from tests.building.visits import AT, furnish_desk


def test_before_there_is_a_school_there_is_nothing_to_close(any_database: Database, tmp_path: Path) -> None:
    job = close_visits(make_keys(tmp_path / "keys"))
    assert run_due(any_database, AT, [job], "worker") == [job.name]


def test_the_day_after_what_is_left_is_closed_and_today_is_left_alone(any_database: Database, tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    school = furnish_desk(any_database, keys, AT)
    job, next_day = close_visits(keys), AT + timedelta(days=1)
    old, new = school.check_in("Mara", "Quist"), school.check_in("Noor", "Abidi", next_day)
    run_due(any_database, AT + timedelta(hours=1), [job], "worker")
    with any_database.reading() as session:
        assert school.visit(session, old).state is VisitState.ON_SITE
    run_due(any_database, next_day, [job], "worker")
    with any_database.reading() as session:
        assert school.visit(session, old).state is VisitState.CLOSED_BY_SYSTEM
        assert school.visit(session, new).state is VisitState.ON_SITE
    assert run_due(any_database, next_day + timedelta(seconds=299), [job], "worker") == []
