"""Timed work about accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from access_control.database.engine import Database
from access_control.jobs.running import TimedWork
from access_control.people.sign_in import forget_old_devices, forget_old_failures


def forget(database: Database, at: datetime) -> None:
    """Delete wrong passwords that do not count any more, and browsers that were not used for half a year."""
    with database.writing() as session:
        forget_old_failures(session, at)
        forget_old_devices(session, at)


FORGET_SIGN_INS: Final = TimedWork("forget_sign_ins", every_s=600, work=forget)
