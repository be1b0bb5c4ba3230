"""The calendar: days that are not regular, and the kinds that there are."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.calendar import MAX_RUN, add_day_type, clear_day, list_day_types, list_days, mark_days
from access_control.web.console import times as forms
from access_control.web.console.saving import RefusedError, attempt, do
from access_control.web.frame import frame
from access_control.web.guard import actor, needs, place_of, require_at
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("calendar", __name__)


@blueprint.get("/calendar")
@needs(Permission.SCHEDULE_VIEW)
def show() -> str:
    """The days of the coming year that are not regular."""
    return _page()


@blueprint.post("/calendar")
@needs(Permission.SCHEDULE_EDIT)
def mark() -> Response:
    """Mark days."""
    require_at(place_of(frame().school.id))  # the doors of every building follow it
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.offer(forms.MarkForm(), list(list_day_types(session)))
    if form.validate():
        first: date = form.first.data  # type: ignore[assignment] # validate() saw that it is there
        last: date = form.last.data or first
        kind, name = form.day_type_id.picked, form.name.data or ""
        try:
            days = attempt(form, lambda session: mark_days(session, at, first, last, kind, name, who.reference))
        except RefusedError:
            pass
        else:
            flash(f"{days} {'day is' if days == 1 else 'days are'} marked.", "days")
            return redirect("/calendar", 303)
    return make_response(_page(mark=form), 422)


@blueprint.post("/calendar/clear")
@needs(Permission.SCHEDULE_EDIT)
def clear() -> Response:
    """Make a day a regular one again."""
    require_at(place_of(frame().school.id))  # the doors of every building follow it
    at, who = current().clock(), actor()
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise Problem(400, detail="That is not a day. Nothing was changed.") from None
    do(lambda session: clear_day(session, at, day, who.reference))
    flash("That day is a regular day again.", "days")
    return redirect("/calendar", 303)


@blueprint.post("/calendar/kinds")
@needs(Permission.SCHEDULE_EDIT)
def add_kind() -> Response:
    """Name a new kind of day."""
    require_at(place_of(frame().school.id))  # the doors of every building follow it
    at, who = current().clock(), actor()
    form = forms.DayTypeForm()
    if form.validate():
        try:
            attempt(form, lambda session: add_day_type(session, at, form.name.data or "", who.reference).id)
        except RefusedError:
            pass
        else:
            flash("Saved. Give schedules their hours for it next.", "kinds")
            return redirect("/calendar", 303)
    return make_response(_page(kind=form), 422)


def _page(mark: forms.MarkForm | None = None, kind: forms.DayTypeForm | None = None) -> str:
    today = frame().now.astimezone(frame().school.zone).date()
    with current().database.reading() as session:
        day_types = list_day_types(session)
        return render_template(
            "pages/calendar.html",
            days=list_days(session, today, today + timedelta(days=MAX_RUN)),
            day_types=day_types,
            mark=mark or forms.offer(forms.MarkForm(formdata=None), list(day_types)),
            kind=kind or forms.DayTypeForm(formdata=None),
            today=today,
        )
