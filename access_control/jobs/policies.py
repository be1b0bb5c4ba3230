"""Timed work about documents: Policies that a change touched, those that grow old, and Orders that may be shorter."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from access_control.database.engine import Database
from access_control.jobs.running import TimedWork
from access_control.readers.keys import SchoolKeys
from access_control.readers.publishing import due_policies, publish_all_orders, publish_stale


def publish_policies(keys: SchoolKeys) -> TimedWork:
    """Rebuild what a change touched within a second or two, and every Policy once a week."""

    def wanted(session: Session, at: datetime) -> bool:
        return bool(due_policies(session, at))

    return TimedWork("publish_policies", 1, lambda database, at: publish_stale(database, keys, at), wanted=wanted)


def shorten_orders(keys: SchoolKeys) -> TimedWork:
    """Publish Orders again once an hour: what has ended since leaves them. The same content publishes nothing."""

    def work(database: Database, at: datetime) -> None:
        with database.writing() as session:
            publish_all_orders(session, keys, at)

    return TimedWork("shorten_orders", 3600, work)
