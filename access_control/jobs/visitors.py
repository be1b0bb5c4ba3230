"""Timed work about visitors."""

from __future__ import annotations

from datetime import datetime

from access_control.database.engine import Database
from access_control.jobs.running import TimedWork
from access_control.readers.errors import NotThereError
from access_control.readers.keys import SchoolKeys
from access_control.visitors.closing import close_day


def close_visits(keys: SchoolKeys) -> TimedWork:
    """Close what is left of earlier days; looks every five minutes, so that midnight does not matter much."""

    def work(database: Database, at: datetime) -> None:
        try:
            with database.writing() as session:
                close_day(session, keys, at)
        except NotThereError:
            return  # there is no school yet

    return TimedWork("close_visits", every_s=300, work=work)
