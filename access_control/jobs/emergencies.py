"""Timed work about emergencies: releases whose wait is over, and the record of how doors answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from access_control.database.engine import Database
from access_control.emergency.progress import keep_answers
from access_control.emergency.releasing import finish_due, waiting_releases
from access_control.jobs.running import TimedWork
from access_control.readers.keys import SchoolKeys
from access_control.readers.records import DirectiveRow

LATE_ANSWERS: Final = timedelta(days=1)
"""For so long after the end of an emergency a bridge that was silent may still tell how its doors answered."""


def finish_releases(keys: SchoolKeys) -> TimedWork:
    """Carry out releases whose wait is over, whoever is looking and whatever was restarted meanwhile."""

    def wanted(session: Session, at: datetime) -> bool:
        return any(pending.due_at <= at for pending in waiting_releases(session))

    def work(database: Database, at: datetime) -> None:
        finish_due(database, keys, at)

    return TimedWork("finish_releases", 1, work, lease_s=30, again_s=1, wanted=wanted)


def keep_door_answers(database: Database, at: datetime) -> int:
    """Write down how doors answered, for the record of each emergency; how many answers were new."""
    recent = or_(DirectiveRow.ended_at.is_(None), DirectiveRow.ended_at > at - LATE_ANSWERS)
    with database.writing() as session:
        rows = session.scalars(select(DirectiveRow).where(recent).order_by(DirectiveRow.id)).all()
        return sum(keep_answers(session, row) for row in rows)


def _has_recent(session: Session, at: datetime) -> bool:
    recent = or_(DirectiveRow.ended_at.is_(None), DirectiveRow.ended_at > at - LATE_ANSWERS)
    return session.scalar(select(DirectiveRow.id).where(recent).limit(1)) is not None


KEEP_ANSWERS: Final = TimedWork("keep_answers", 60, keep_door_answers, wanted=_has_recent)
