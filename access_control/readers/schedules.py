"""Weekly schedules: which hours of which days, with hours of their own for days that are not regular."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.database.errors import expect_version
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError
from access_control.readers.hours import DAY_MINUTES, Hours, say_hours
from access_control.readers.models import DayType, Schedule, ScheduleInterval
from access_control.readers.staleness import bridges_of_schedule, mark_bridges_stale

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Span:
    """Hours on a weekday (0 is Monday) or, instead, on every day of a day type."""

    hours: Hours
    weekday: int | None = None
    day_type_id: int | None = None

    @property
    def field(self) -> str:
        """Where a form shows what is wrong with it."""
        return f"weekday_{self.weekday}" if self.weekday is not None else f"day_type_{self.day_type_id}"


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """What a schedule's form says. ``always`` needs no spans and takes none."""

    name: str
    always: bool = False
    spans: tuple[Span, ...] = ()


def add_schedule(session: Session, at: datetime, form: ScheduleForm, by: str) -> Schedule:
    """Put a schedule on the list.

    Raises:
        BadValueError: A value cannot be stored; ``field`` says which.
        NotThereError: A day type does not exist.
    """
    schedule = Schedule(name=_checked_name(session, form, None), always=form.always)
    schedule.intervals = _intervals(session, form)
    session.add(schedule)
    session.flush()
    record(session, at, actor=by, action="schedule.added", subject=f"schedule:{schedule.id}")
    return schedule


def edit_schedule(
    session: Session, at: datetime, schedule_id: int, form: ScheduleForm, version: int, by: str
) -> Schedule:
    """Change a schedule; every bridge that goes by it gets a new Policy.

    Raises:
        BadValueError, NotThereError: As :func:`add_schedule`.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    schedule = get_schedule(session, schedule_id)
    expect_version(schedule.version, version)
    before = form_of(schedule)
    schedule.name = _checked_name(session, form, schedule)
    if (form.always, _in_order(form.spans)) != (before.always, before.spans):
        schedule.always = form.always
        schedule.intervals = _intervals(session, form)
        schedule.version += 1  # rows of another table do not count it up by themselves
        mark_bridges_stale(session, bridges_of_schedule(session, schedule.id))
    session.flush()
    if form_of(schedule) != before:
        record(session, at, actor=by, action="schedule.edited", subject=f"schedule:{schedule.id}")
    return schedule


def get_schedule(session: Session, schedule_id: int) -> Schedule:
    """One schedule.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Schedule, schedule_id, "This schedule")


def list_schedules(session: Session) -> Sequence[Schedule]:
    """Every schedule with its hours, by name."""
    found = session.scalars(select(Schedule).options(selectinload(Schedule.intervals)).order_by(Schedule.name))
    return found.all()


def form_of(schedule: Schedule) -> ScheduleForm:
    """What the form shows for a schedule as it is stored."""
    spans = [Span(Hours(row.start_minute, row.end_minute), row.weekday, row.day_type_id) for row in schedule.intervals]
    return ScheduleForm(schedule.name, schedule.always, _in_order(spans))


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda span: (span.weekday or 0, span.day_type_id or 0, span.hours)))


def _checked_name(session: Session, form: ScheduleForm, schedule: Schedule | None) -> str:
    name = clean_text(form.name, "name", "The schedule's name", 80)
    twin = session.scalar(select(Schedule).where(Schedule.name == name))
    if twin is not None and twin is not schedule:
        raise BadValueError(f"There is already a schedule called {name}.", "Choose another name.", "name")
    return name


def _intervals(session: Session, form: ScheduleForm) -> list[ScheduleInterval]:
    if form.always and form.spans:
        raise BadValueError("A schedule that always applies needs no hours.", "Clear one of the two.", "always")
    for span in form.spans:
        _require_day(session, span)
    spans = _in_order(form.spans)
    for first, second in pairwise(spans):
        if first.field == second.field and second.hours.start < first.hours.end:
            raise BadValueError(
                f"{say_hours(first.hours)} and {say_hours(second.hours)} overlap.",
                "Join them or part them.",
                second.field,
            )
    return [
        ScheduleInterval(
            weekday=span.weekday,
            day_type_id=span.day_type_id,
            start_minute=span.hours.start,
            end_minute=span.hours.end,
        )
        for span in spans
    ]


def _require_day(session: Session, span: Span) -> None:
    if (span.weekday is None) == (span.day_type_id is None):
        raise BadValueError("Hours belong to a weekday or to a kind of day.", "Choose one of them.", "spans")
    if span.weekday is not None and not 0 <= span.weekday < len(WEEKDAYS):
        raise BadValueError("There is no such weekday.", "Choose one of the seven.", "spans")
    if span.day_type_id is not None:
        require(session, DayType, span.day_type_id, "This kind of day", span.field)
    if not 0 <= span.hours.start < span.hours.end <= DAY_MINUTES:
        raise BadValueError(
            "Hours begin before they end, on the same day.",
            "Over midnight: end with 12 am, and begin the next day with 12 am.",
            span.field,
        )
