"""A release that waits is carried out when its wait is over, by whichever worker looks, and once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from access_control.core.wire.directives import seal_directive
from access_control.database.engine import Database
from access_control.emergency.models import DoorAnswer
from access_control.emergency.releasing import Wanted, ask_release, cancel_release
from access_control.emergency.school import read_school
from access_control.jobs.emergencies import KEEP_ANSWERS, finish_releases, keep_door_answers
from access_control.jobs.running import run_due
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.readers.orders import add_directive
from access_control.readers.records import DirectiveRow, EventRow, ReleaseRow
from tests.building.emergencies import AT, MAIN_BRIDGE, SITE, actor, build, directive, enrol, fresh_id

SECOND = timedelta(seconds=1)


@pytest.fixture
def keys(any_database: Database, tmp_path: Path) -> SchoolKeys:
    made = make_keys(tmp_path / "keys")
    lockdown = directive()
    with any_database.writing() as session:
        build(session)
        enrol(session, made)
        sealed = [seal_directive(lockdown, made.document, site=SITE)]
        add_directive(session, made, AT, lockdown, sealed, by_name="A. Rivera")
    return made


def ask(database: Database, keys: SchoolKeys) -> str:
    wanted = Wanted(fresh_id(), directive().id, "all", "everybody is safe again", alone=True)
    with database.writing() as session:
        school = read_school(session)
        assert school is not None
        ask_release(session, keys, AT, school, wanted, actor())
    return wanted.id


def ended(database: Database) -> bool:
    with database.reading() as session:
        return session.scalars(select(DirectiveRow.ended_at)).one() is not None


def test_it_waits_its_time_and_is_done_once(any_database: Database, keys: SchoolKeys) -> None:
    job = finish_releases(keys)
    assert run_due(any_database, AT, [job], "worker") == []
    ask(any_database, keys)
    assert run_due(any_database, AT + 9 * SECOND, [job], "worker") == []
    assert not ended(any_database)
    assert run_due(any_database, AT + 10 * SECOND, [job], "worker") == [job.name]
    assert ended(any_database)
    assert run_due(any_database, AT + 20 * SECOND, [job], "other") == []
    with any_database.reading() as session:
        assert len(session.scalars(select(ReleaseRow)).all()) == 1


def test_one_that_was_cancelled_is_not_carried_out(any_database: Database, keys: SchoolKeys) -> None:
    asked = ask(any_database, keys)
    with any_database.writing() as session:
        school = read_school(session)
        assert school is not None
        assert cancel_release(session, AT + 5 * SECOND, school, asked, actor())
    assert run_due(any_database, AT + 10 * SECOND, [finish_releases(keys)], "worker") == []
    assert not ended(any_database)


@pytest.mark.usefixtures("keys")
def test_how_doors_answered_is_written_down_for_the_record(any_database: Database) -> None:
    at = AT + timedelta(milliseconds=283)
    with any_database.writing() as session:
        session.add(
            EventRow(
                bridge_id=MAIN_BRIDGE, stream=MAIN_BRIDGE, seq=1, id=fresh_id(), at=at, received_at=at,
                code="DOOR_SECURED", severity="info", door_id=1, drill=False, flagged=False,
                detail={"directive": directive().id, "ms": 200},
            )
        )  # fmt: skip
    assert run_due(any_database, AT, [KEEP_ANSWERS], "worker") == ["keep_answers"]
    assert keep_door_answers(any_database, AT) == 0
    with any_database.reading() as session:
        assert session.get_one(DoorAnswer, (directive().id, 1)).confirmed_ms == 283
