"""Schedules: the list, and a form for each with a line a day and a preview of the coming week."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from access_control.database.errors import ConflictError
from access_control.people.permissions import Permission
from access_control.readers.schedules import (
    ScheduleForm,
    add_schedule,
    edit_schedule,
    form_of,
    get_schedule,
    list_schedules,
)
from access_control.web.console import times as forms
from access_control.web.console.saving import Difference, RefusedError, attempt, differences, found, version_of
from access_control.web.console.week import preview
from access_control.web.frame import frame
from access_control.web.guard import actor, needs, place_of, require_at
from access_control.web.services import current

blueprint = Blueprint("schedules", __name__)


@blueprint.get("/schedules")
@needs(Permission.SCHEDULE_VIEW)
def show() -> str:
    """Every schedule with what it says of the coming week."""
    today = frame().now.astimezone(frame().school.zone).date()
    with current().database.reading() as session:
        listed = [(one, preview(session, form_of(one), today)) for one in list_schedules(session)]
        return render_template("pages/schedules.html", schedules=listed)


@blueprint.get("/schedules/new")
@needs(Permission.SCHEDULE_EDIT)
def new() -> str:
    """An empty form."""
    with current().database.reading() as session:
        return _form(forms.make(session, typed=False))


@blueprint.post("/schedules")
@needs(Permission.SCHEDULE_EDIT)
def add() -> Response:
    """Add a schedule."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.make(session, typed=True)
    said = forms.said(form) if form.validate() else None
    if said is not None:
        try:
            made = attempt(form, lambda session: add_schedule(session, at, said, who.reference).id)
        except RefusedError:
            pass
        else:
            flash("Saved. Choose it at a door, a reader or an access level next.", "schedule")
            return redirect(f"/schedules/{made}", 303)
    return make_response(_form(form), 422)


@blueprint.get("/schedules/<int(max=2147483647):schedule_id>")
@needs(Permission.SCHEDULE_VIEW)
def schedule(schedule_id: int) -> str:
    """One schedule."""
    with current().database.reading() as session:
        row = found(get_schedule, session, schedule_id)
        return _form(forms.make(session, row, typed=False), schedule_id, form_of(row))


@blueprint.post("/schedules/<int(max=2147483647):schedule_id>")
@needs(Permission.SCHEDULE_EDIT)
def keep(schedule_id: int) -> Response:
    """Save a schedule."""
    require_at(place_of(frame().school.id))  # doors of every building follow it
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        before = form_of(found(get_schedule, session, schedule_id))
        form = forms.make(session, typed=True)
    said = forms.said(form) if form.validate() else None
    if said is None:
        return make_response(_form(form, schedule_id, before), 422)
    try:
        attempt(
            form,
            lambda session: edit_schedule(session, at, schedule_id, said, version_of(form), who.reference),
        )
    except RefusedError:
        return make_response(_form(form, schedule_id, before), 422)
    except ConflictError:
        with current().database.reading() as session:
            stored = forms.make(session, get_schedule(session, schedule_id), typed=False)
        form.version.data = stored.version.data  # saving once more is on purpose
        return make_response(_form(form, schedule_id, before, differences(form, stored), conflict=True), 409)
    flash("Saved. The bridges get it within seconds.", "schedule")
    return redirect(f"/schedules/{schedule_id}", 303)


def _form(
    form: FlaskForm,
    schedule_id: int | None = None,
    shown: ScheduleForm | None = None,
    differ: list[Difference] | None = None,
    *,
    conflict: bool = False,
) -> str:
    today = frame().now.astimezone(frame().school.zone).date()
    with current().database.reading() as session:
        week = [] if shown is None else preview(session, shown, today)
    return render_template(
        "pages/schedule.html",
        form=form,
        schedule_id=schedule_id,
        week=week,
        differences=differ or [],
        in_conflict=conflict,
    )
