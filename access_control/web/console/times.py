"""The forms of a schedule and of days in the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField

from access_control.readers.calendar import list_day_types
from access_control.readers.errors import BadValueError
from access_control.readers.hours import read_hours, say_hours
from access_control.readers.models import DayType, Schedule
from access_control.readers.schedules import WEEKDAYS, ScheduleForm, Span, form_of
from access_control.web.console.fields import ConsoleForm, Day, Line, Pick, refuse


@dataclass(frozen=True, slots=True)
class DayKind:
    """A day of the week or a kind of day, as a field of the form."""

    field: str
    word: str
    weekday: int | None = None
    day_type_id: int | None = None


class SchedulePageForm(ConsoleForm):
    """Name and always; :func:`make` adds a field for each kind of day."""

    version = HiddenField()
    name = Line("Name", needed="Type the schedule's name.")
    always = BooleanField("Always applies, every hour of every day")


class MarkForm(ConsoleForm):
    """Days that are not regular."""

    first = Day("First day", needed="Choose a day.")
    last = Day("Last day")
    day_type_id = Pick("Kind of day", convert=int)
    name = Line("What it is called")


class DayTypeForm(ConsoleForm):
    """A new kind of day."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="kind-", **more)

    name = Line("Name", needed="Type a name, as Early release.")


def kinds(session: Session) -> list[DayKind]:
    """The seven weekdays, then every kind of day that is not regular."""
    week = [DayKind(f"weekday_{at}", name, weekday=at) for at, name in enumerate(WEEKDAYS)]
    return week + [DayKind(f"day_type_{one.id}", one.name, day_type_id=one.id) for one in list_day_types(session)]


def make(session: Session, schedule: Schedule | None = None, *, typed: bool) -> FlaskForm:
    """The form with a line for each kind of day, as it was typed or as the schedule is stored."""
    days = kinds(session)
    kind = type("ScheduleDaysForm", (SchedulePageForm,), {one.field: Line(one.word) for one in days})
    form: FlaskForm = kind() if typed else kind(formdata=None, data=_stored(schedule))
    form.days = days
    form.week = [form[one.field] for one in days if one.weekday is not None]
    form.special = [form[one.field] for one in days if one.weekday is None]
    return form


def said(form: FlaskForm) -> ScheduleForm | None:
    """What a form says; ``None`` when hours could not be read, which the form then says itself."""
    spans: list[Span] = []
    for kind in form.days:
        try:
            hours = read_hours(form[kind.field].data or "", kind.field)
        except BadValueError as wrong:
            refuse(form, f"{wrong.sentence} {wrong.action}", wrong.field)
            continue
        spans += [Span(one, kind.weekday, kind.day_type_id) for one in hours]
    return None if form.errors else ScheduleForm(form.name.data or "", form.always.data, tuple(spans))


def offer(form: MarkForm, day_types: list[DayType]) -> MarkForm:
    """Fill the list of kinds of day."""
    form.day_type_id.offer((one.id, one.name) for one in day_types)
    return form


def _stored(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    form = form_of(schedule)
    lines: dict[str, list[str]] = {}
    for span in form.spans:
        lines.setdefault(span.field, []).append(say_hours(span.hours))
    days = {field: ", ".join(hours) for field, hours in lines.items()}
    return {"version": str(schedule.version), "name": form.name, "always": form.always, **days}
