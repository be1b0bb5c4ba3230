"""A schedule's coming days, hour by hour, drawn by the server and told in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from access_control.readers.calendar import list_days
from access_control.readers.hours import DAY_MINUTES, Hours, say_hours
from access_control.readers.models import CalendarDay
from access_control.readers.schedules import WEEKDAYS, ScheduleForm

FROM: Final = 6 * 60
UNTIL: Final = 18 * 60
WIDTH: Final = 720
"""The drawing goes from 6 am to 6 pm, a unit a minute."""


@dataclass(frozen=True, slots=True)
class Block:
    """A span as it is drawn: from the start edge, in units of the drawing."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of a preview.

    Attributes:
        exception: What it is instead of a regular day, or empty.
        hours: When the schedule applies, in words; empty if it does not.
        blocks: The same, as far as it lies in the drawing.
    """

    day: date
    name: str
    exception: str
    hours: tuple[str, ...]
    blocks: tuple[Block, ...]
    today: bool = False


def preview(session: Session, form: ScheduleForm, first: date, days: int = 7) -> list[WeekDay]:
    """The days from ``first`` on, as the schedule and the calendar say."""
    special = {row.day: row for row in list_days(session, first, first + timedelta(days=days - 1))}
    return [_day(form, first + timedelta(days=number), special, number == 0) for number in range(days)]


def hours_on(form: ScheduleForm, day: date, special: Mapping[date, CalendarDay]) -> Sequence[Hours]:
    """When a schedule applies on a date."""
    if form.always:
        return [Hours(0, 1440)]
    row = special.get(day)
    return [
        span.hours
        for span in form.spans
        if (span.weekday == day.weekday() if row is None else span.day_type_id == row.day_type_id)
    ]


def _day(form: ScheduleForm, day: date, special: Mapping[date, CalendarDay], today: bool) -> WeekDay:
    row = special.get(day)
    hours = hours_on(form, day, special)
    return WeekDay(
        day=day,
        name=WEEKDAYS[day.weekday()],
        exception="" if row is None else row.name or row.day_type.name,
        hours=("all day",) if form.always else tuple(_say(one) for one in hours),
        blocks=tuple(_block(one) for one in hours if one.end > FROM and one.start < UNTIL),
        today=today,
    )


def _block(hours: Hours) -> Block:
    start, end = max(hours.start, FROM), min(hours.end, UNTIL)
    return Block(start - FROM, end - start)


def _say(hours: Hours) -> str:
    return "all day" if hours == Hours(0, DAY_MINUTES) else say_hours(hours)
