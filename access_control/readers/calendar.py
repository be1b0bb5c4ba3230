"""Days that are not regular: holidays, early releases, exam days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access_control.audit.record import record
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.models import CalendarDay, DayType
from access_control.readers.staleness import mark_all_stale

MAX_RUN: Final = 400
"""How many days can be marked at once: as far as timetables are worked out."""


def add_day_type(session: Session, at: datetime, name: str, by: str) -> DayType:
    """Name a kind of day, as *Early release*. Until schedules have hours for it, nothing timed applies on it.

    Raises:
        BadValueError: The name is missing, too long, or taken.
    """
    clean = clean_text(name, "name", "The name of the kind of day", 60)
    if session.scalar(select(DayType).where(DayType.name == clean)) is not None:
        raise BadValueError(f"There is already a kind of day called {clean}.", "Choose another name.", "name")
    day_type = DayType(name=clean)
    session.add(day_type)
    session.flush()
    record(session, at, actor=by, action="day_type.added", subject=f"day_type:{day_type.id}")
    return day_type


def list_day_types(session: Session) -> Sequence[DayType]:
    """Every kind of day, by name."""
    return session.scalars(select(DayType).order_by(DayType.name)).all()


def mark_days(session: Session, at: datetime, first: date, last: date, day_type_id: int, name: str, by: str) -> int:
    """Say of each day from ``first`` to ``last`` what kind it is, over whatever was said before.

    Returns:
        How many days that were.

    Raises:
        BadValueError: They end before they begin, or are too many.
        NotThereError: The kind of day does not exist.
    """
    require(session, DayType, day_type_id, "This kind of day", "day_type_id")
    clean = clean_text(name, "name", "The name of the day", 80, needed=False)
    count = (last - first).days + 1
    if count < 1:
        raise BadValueError("The last day is before the first.", "Correct one of them.", "last")
    if count > MAX_RUN:
        raise BadValueError(f"That are {count} days; at most {MAX_RUN} can be marked at once.", "Mark fewer.", "last")
    for day in (first + timedelta(days=number) for number in range(count)):
        session.merge(CalendarDay(day=day, day_type_id=day_type_id, name=clean))
    session.flush()
    mark_all_stale(session)
    facts = {"first": first.isoformat(), "last": last.isoformat(), "day_type": day_type_id}
    record(session, at, actor=by, action="calendar.marked", subject=f"calendar:{first.isoformat()}", facts=facts)
    return count


def clear_day(session: Session, at: datetime, day: date, by: str) -> None:
    """Make a day a regular one again.

    Raises:
        NotThereError: It is one already.
    """
    row = session.get(CalendarDay, day)
    if row is None:
        raise NotThereError("This day is a regular day already.", "Look at the list again.")
    session.delete(row)
    session.flush()
    mark_all_stale(session)
    record(session, at, actor=by, action="calendar.cleared", subject=f"calendar:{day.isoformat()}")


def list_days(session: Session, first: date, last: date) -> Sequence[CalendarDay]:
    """Every day that is not regular, from ``first`` to ``last``, with its kind."""
    found = select(CalendarDay).options(joinedload(CalendarDay.day_type)).order_by(CalendarDay.day)
    return session.scalars(found.where(CalendarDay.day.between(first, last))).all()
