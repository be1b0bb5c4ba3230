"""The last step of a check-in, once nothing is left to decide: on site, with a badge number and a pass."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.database.locks import hold
from access_control.readers.site import the_site
from access_control.visitors.models import Visit, VisitState
from access_control.visitors.passes import mint_pass

LEAST_LEFT: Final = timedelta(minutes=15)
"""A visit that was held for long still lasts so long from now."""


def admit(session: Session, at: datetime, visit: Visit) -> None:
    """Let a visit begin: number the badge of the day and mint the pass."""
    visit.state = VisitState.ON_SITE
    visit.until_at = max(visit.until_at or at, at + LEAST_LEFT)
    if visit.badge_number is None:
        visit.badge_number = _next_number(session, at)
    session.flush()
    mint_pass(session, at, visit)


def morning_of(at: datetime, zone: ZoneInfo) -> datetime:
    """When the school's day began that a moment lies in."""
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def school_zone(session: Session) -> ZoneInfo:
    """The time zone of the school."""
    return ZoneInfo(the_site(session).timezone)


def _next_number(session: Session, at: datetime) -> int:
    hold(session, "badge numbers")
    today = Visit.arrived_at >= morning_of(at, school_zone(session))
    return (session.scalar(select(func.max(Visit.badge_number)).where(today)) or 0) + 1
