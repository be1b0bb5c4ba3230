from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from access_control.core.wire.events import EventRecord
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.fire_reports import get_fire_report, list_fire_reports, mark_fire, note_fires
from access_control.readers.records import FireReportRow
from tests.building.said import an_event
from tests.building.sites import AT, BY, build_school

WIRE = "board 1.7"


class Told:
    """Events of one bridge, in order."""

    def __init__(self, session: Session, bridge: str) -> None:
        self.session, self.bridge, self.seq = session, bridge, 0

    def __call__(self, code: str, at: datetime = AT, door: int | None = None, **detail: Any) -> EventRecord:
        self.seq += 1
        event = an_event(self.bridge, self.seq, code, at, door=door, detail={"input": WIRE, **detail})
        note_fires(self.session, self.bridge, [event])
        return event

    def door(self, door: int, what: str, ms: int, at: datetime = AT, **detail: Any) -> None:
        self(f"FIRE_DOOR_{what}", at, door, ms=ms, **detail)


def doors(report: FireReportRow) -> dict[int, tuple[str, int, str]]:
    return {row.door_id: (row.outcome.value, row.ms, row.why) for row in report.doors}


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_events_become_one_report_an_alarm(any_database: Database) -> None:
    with any_database.writing() as session:
        told = Told(session, build_school(session).bridge)
        began = told("FIRE_INPUT_ON")
        told.door(2, "RELEASED", 180)
        told.door(1, "STAYED", 420)
        told.door(3, "FAILED", 0, why="It is open, so it cannot latch.")
        told("FIRE_INPUT_OFF", after(300))
    with any_database.reading() as session:
        (report,) = list_fire_reports(session)
        assert (report.id, report.input, report.ended_at) == (began.id, WIRE, after(300))
        assert doors(report) == {
            1: ("stayed", 420, ""),
            2: ("released", 180, ""),
            3: ("failed", 0, "It is open, so it cannot latch."),
        }


def test_what_failed_and_came_right_is_told_as_it_came_right_and_the_first_success_stays(database: Database) -> None:
    with database.writing() as session:
        told = Told(session, build_school(session).bridge)
        told("FIRE_INPUT_ON")
        told.door(3, "FAILED", 10_000, why="Its lock has not proved where it stands.")
        told.door(3, "LATCHED", 12_500)
        told.door(3, "FAILED", 13_000)
        told.door(3, "LATCHED", 14_000)
        told.door(4, "FAILED", 10_000, why="One.")
        told.door(4, "FAILED", 11_000, why="Two.")
        (report,) = list_fire_reports(session)
        assert doors(report) == {3: ("latched", 12_500, ""), 4: ("failed", 10_000, "One.")}


def test_a_restart_in_a_fire_is_the_same_alarm_and_the_next_day_another(database: Database) -> None:
    with database.writing() as session:
        told = Told(session, build_school(session).bridge)
        told("FIRE_INPUT_ON")
        told.door(1, "RELEASED", 100)
        told("FIRE_INPUT_ON", after(60))
        told.door(1, "RELEASED", 900, after(61))
        assert doors(*list_fire_reports(session)) == {1: ("released", 100, "")}
        told("FIRE_INPUT_ON", after(86_400))
        told.door(1, "STAYED", 1, after(86_401))
        newest, oldest = list_fire_reports(session)
        assert (newest.began_at, doors(newest)) == (after(86_400), {1: ("stayed", 1, "")})
        assert doors(oldest) == {1: ("released", 100, "")}
        told("FIRE_INPUT_OFF", after(86_500))
        told("FIRE_INPUT_ON", after(86_600))
        assert len(list_fire_reports(session)) == 3


def test_what_belongs_to_no_alarm_is_left_out(database: Database) -> None:
    with database.writing() as session:
        told = Told(session, build_school(session).bridge)
        told.door(1, "RELEASED", 100)
        told("FIRE_INPUT_OFF")
        told("DOOR_OPENED", door=1)
        told("FIRE_INPUT_ON", after(1))
        told("FIRE_DOOR_STAYED", after(2))
        told("FIRE_INPUT_ON", after(3), input=None)
        told.door(1, "STAYED", 5, after(4), input="board 1.6")
        (report,) = list_fire_reports(session)
        assert doors(report) == {}


def test_a_person_says_afterwards_what_it_was(database: Database) -> None:
    with database.writing() as session:
        told = Told(session, build_school(session).bridge)
        id_ = told("FIRE_INPUT_ON").id
        for why in ("", "short"):
            with pytest.raises(ReadersError) as caught:
                mark_fire(session, AT, id_, test=True, why=why, version=1, by=BY)
            assert caught.value.field == "why"
        mark_fire(session, AT, id_, test=True, why="Yearly test by the alarm company", version=1, by=BY)
        report = get_fire_report(session, id_)
        assert (report.test, report.why, report.marked_by, report.marked_at) == (
            True,
            "Yearly test by the alarm company",
            BY,
            AT,
        )
        with pytest.raises(ConflictError):
            mark_fire(session, AT, id_, test=False, why="A toaster in the staff room", version=1, by=BY)
        mark_fire(session, AT, id_, test=False, why="A toaster in the staff room", version=report.version, by=BY)
        assert get_fire_report(session, id_).test is False
        with pytest.raises(NotThereError):
            get_fire_report(session, "nothing")
