"""What the front desk looks at: who is expected, who is on site, what happened today, and the counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from access_control.visitors.arriving import morning_of, school_zone
from access_control.visitors.models import Visit, VisitState

MOST: Final = 300
REMEMBERED: Final = timedelta(days=3)
_OVER: Final = (VisitState.SIGNED_OUT, VisitState.TURNED_AWAY, VisitState.CLOSED_BY_SYSTEM)


@dataclass(frozen=True, slots=True)
class DeskLists:
    """The lists of the front desk at one moment.

    Attributes:
        held: Who waits at the desk while the office checks.
        expected: Who is expected today, the earliest first.
        overdue: Who is on site past their time, the longest first; not in ``on_site``.
        unreturned: Visits of the last days that were closed without a sign-out.
    """

    held: tuple[Visit, ...]
    expected: tuple[Visit, ...]
    on_site: tuple[Visit, ...]
    overdue: tuple[Visit, ...]
    over: tuple[Visit, ...]
    unreturned: tuple[Visit, ...]

    @property
    def here(self) -> int:
        """How many are on site, those past their time included."""
        return len(self.on_site) + len(self.overdue)


def desk_lists(session: Session, at: datetime) -> DeskLists:
    """Read the lists."""
    zone = school_zone(session)
    morning = morning_of(at, zone)
    tomorrow = morning_of(morning + timedelta(hours=36), zone)
    here = _visits(session, Visit.state == VisitState.ON_SITE, by=Visit.arrived_at.desc())
    today = or_(Visit.expected_at.is_(None), Visit.expected_at < tomorrow)
    return DeskLists(
        held=_visits(session, Visit.state == VisitState.HELD, by=Visit.arrived_at),
        expected=_visits(session, Visit.state == VisitState.EXPECTED, today, by=Visit.expected_at),
        on_site=tuple(visit for visit in here if not is_overdue(visit, at)),
        overdue=tuple(sorted((v for v in here if is_overdue(v, at)), key=lambda visit: visit.until_at or at)),
        over=_visits(session, Visit.state.in_(_OVER), Visit.arrived_at >= morning, by=Visit.arrived_at.desc()),
        unreturned=_visits(
            session,
            Visit.state == VisitState.CLOSED_BY_SYSTEM,
            Visit.signed_out_at > at - REMEMBERED,
            by=Visit.signed_out_at.desc(),
        ),
    )


def is_overdue(visit: Visit, at: datetime) -> bool:
    """Whether somebody is on site past their time."""
    return visit.state is VisitState.ON_SITE and visit.until_at is not None and at > visit.until_at


def count_on_site(session: Session) -> int:
    """How many visitors are on site."""
    return _count(session, VisitState.ON_SITE)


def count_held(session: Session) -> int:
    """How many wait at the desk while the office checks."""
    return _count(session, VisitState.HELD)


def _count(session: Session, state: VisitState) -> int:
    return session.scalar(select(func.count(Visit.id)).where(Visit.state == state)) or 0


def _visits(session: Session, *conditions: ColumnElement[bool], by: object) -> tuple[Visit, ...]:
    found = select(Visit).options(joinedload(Visit.visitor), selectinload(Visit.passes)).where(*conditions)
    return tuple(session.scalars(found.order_by(by, Visit.id).limit(MOST)))  # type: ignore[arg-type]  # a column
