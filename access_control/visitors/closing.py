"""The end of the day: nobody stays *on site* overnight because they forgot to sign out."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from access_control.audit.record import record
from access_control.core.decision.model import PassRevocation
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.keys import SchoolKeys
from access_control.visitors.arriving import morning_of, school_zone
from access_control.visitors.models import Visit, VisitState
from access_control.visitors.passes import living_passes, revoke_passes
from access_control.visitors.visits import tell_desk

JOB: Final = "job:close_visits"


def close_day(session: Session, keys: SchoolKeys, at: datetime) -> list[Visit]:
    """Close what is left from earlier days: visits that were not signed out, and visitors who never came.

    Their passes are dead. Doing it twice changes nothing.

    Returns:
        The visits that were not signed out: their badges may still be about.
    """
    morning = morning_of(at, school_zone(session))
    left = list(_left_over(session, VisitState.ON_SITE, Visit.arrived_at, morning))
    lock_bridges(session, {one.bridge_id for visit in left for one in living_passes(visit)})
    for visit in left:
        visit.state, visit.signed_out_at = VisitState.CLOSED_BY_SYSTEM, at
        revoke_passes(session, keys, at, visit, PassRevocation.SIGNED_OUT)
    never = [
        *_left_over(session, VisitState.EXPECTED, Visit.expected_at, morning),
        *_left_over(session, VisitState.HELD, Visit.arrived_at, morning),
    ]
    for visit in never:
        visit.state = VisitState.CANCELLED
    session.flush()
    for visit in (*left, *never):
        tell_desk(session, visit)
        facts = {"state": visit.state.value}
        record(session, at, actor=JOB, action="visit.closed", subject=f"visit:{visit.id}", facts=facts)
    return left


def _left_over(
    session: Session, state: VisitState, moment: InstrumentedAttribute[datetime | None], morning: datetime
) -> list[Visit]:
    found = select(Visit).options(joinedload(Visit.visitor), selectinload(Visit.passes))
    return list(session.scalars(found.where(Visit.state == state, moment < morning)))
