"""What was changed reaches the bridges' documents by itself."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from access_control.database.engine import Database
from access_control.jobs.models import Job
from access_control.jobs.policies import publish_policies, shorten_orders
from access_control.jobs.running import run_due
from access_control.readers.doors import edit_door
from access_control.readers.models import Bridge, Door
from access_control.readers.publishing import REBUILD
from tests.building.published import LiveSchool, go_live, later
from tests.building.sites import AT, BY


def rename(live: LiveSchool, name: str) -> None:
    with live.writing() as session:
        version = session.get_one(Door, live.door).version
        edit_door(session, AT, live.door, live.school.door(name=name), version, BY)


def test_a_change_is_published_and_afterwards_nothing_is_written(any_database: Database, tmp_path: Path) -> None:
    live = go_live(any_database, tmp_path)
    job = publish_policies(live.keys)
    run_due(any_database, later(1), [job], "worker")
    rename(live, "Front door")
    assert run_due(any_database, later(2), [job], "worker") == [job.name]
    assert live.policy().doors[live.door].name == "Front door"
    for second in range(3, 9):
        assert run_due(any_database, later(second), [job], "worker") == []
    with any_database.reading() as session:
        assert session.get_one(Job, job.name).last_at == later(2)
        assert not any(session.scalars(select(Bridge.policy_stale)))


def test_every_policy_is_rebuilt_once_a_week(any_database: Database, tmp_path: Path) -> None:
    live = go_live(any_database, tmp_path)
    job = publish_policies(live.keys)
    run_due(any_database, later(1), [job], "worker")
    before = live.policy().revision
    week = REBUILD.total_seconds()
    assert run_due(any_database, later(week - 5), [job], "worker") == []
    assert run_due(any_database, later(week + 5), [job], "worker") == [job.name]
    assert before < live.policy().revision
    assert run_due(any_database, later(week + 10), [job], "worker") == []


def test_orders_that_say_the_same_are_not_published_again(any_database: Database, tmp_path: Path) -> None:
    live = go_live(any_database, tmp_path)
    before = live.orders().revision
    assert run_due(any_database, later(1), [shorten_orders(live.keys)], "worker") == ["shorten_orders"]
    assert live.orders().revision == before
