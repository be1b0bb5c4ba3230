"""Timed work about emergencies: releases whose wait is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from access_control.database.engine import Database
from access_control.emergency.releasing import finish_due, waiting_releases
from access_control.emergency.school import read_school
from access_control.jobs.running import TimedWork
from access_control.readers.keys import SchoolKeys


def finish_releases(keys: SchoolKeys) -> TimedWork:
    """Carry out releases whose wait is over, whoever is looking and whatever was restarted meanwhile."""

    def wanted(session: Session, at: datetime) -> bool:
        return any(pending.due_at <= at for pending in waiting_releases(session))

    def work(database: Database, at: datetime) -> None:
        with database.writing() as session:
            school = read_school(session)
            if school is not None:
                finish_due(session, keys, at, school)

    return TimedWork("finish_releases", 1, work, lease_s=30, again_s=1, wanted=wanted)
