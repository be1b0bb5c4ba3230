"""Access levels: the list, and a form for each with a row a door."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, make_response, redirect, render_template
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.database.errors import ConflictError
from access_control.people.permissions import Actor, Permission
from access_control.readers.levels import add_level, edit_level, form_of, get_level, holders_of
from access_control.readers.models import Level
from access_control.web.console import levels as forms
from access_control.web.console.places import doors_for, levels_for, require_at_doors
from access_control.web.console.saving import Difference, RefusedError, attempt, differences, found, version_of
from access_control.web.guard import actor, needs
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("levels", __name__)


@blueprint.get("/levels")
@needs(Permission.LEVEL_VIEW)
def show() -> str:
    """The levels that reach whoever looks, each with how many doors and holders."""
    with current().database.reading() as session:
        levels = levels_for(session, Permission.LEVEL_VIEW)
        near = {door.id for door in doors_for(session, Permission.LEVEL_VIEW)}
        return render_template("pages/levels.html", levels=levels, near=near, holders=holders_of(session))


@blueprint.get("/levels/new")
@needs(Permission.LEVEL_EDIT)
def new() -> str:
    """An empty form."""
    with current().database.reading() as session:
        return _form(forms.make(session, typed=False))


@blueprint.post("/levels")
@needs(Permission.LEVEL_EDIT)
def add() -> Response:
    """Add a level."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.make(session, typed=True)
    if form.validate():
        try:
            made = attempt(form, lambda session: _add(session, at, form, who))
        except RefusedError:
            pass
        else:
            flash("Saved. Give it to people or groups next.", "level")
            return redirect(f"/levels/{made}", 303)
    return make_response(_form(form), 422)


@blueprint.get("/levels/<int(max=2147483647):level_id>")
@needs(Permission.LEVEL_VIEW)
def level(level_id: int) -> str:
    """One level."""
    with current().database.reading() as session:
        return _form(forms.make(session, _found(session, level_id), typed=False), level_id)


@blueprint.post("/levels/<int(max=2147483647):level_id>")
@needs(Permission.LEVEL_EDIT)
def keep(level_id: int) -> Response:
    """Save a level."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        _found(session, level_id)
        form = forms.make(session, typed=True)
    if not form.validate():
        return make_response(_form(form, level_id), 422)
    try:
        attempt(form, lambda session: _keep(session, at, level_id, form, who))
    except RefusedError:
        return make_response(_form(form, level_id), 422)
    except ConflictError:
        with current().database.reading() as session:
            stored = forms.make(session, get_level(session, level_id), typed=False)
        form.version.data = stored.version.data  # saving once more is on purpose
        return make_response(_form(form, level_id, differences(form, stored), conflict=True), 409)
    flash("Saved. The bridges get it within seconds.", "level")
    return redirect(f"/levels/{level_id}", 303)


def _found(session: Session, level_id: int) -> Level:
    """The level that an address names.

    Raises:
        Problem: It is not there (404), or all its doors lie elsewhere (403).
    """
    level = found(get_level, session, level_id)
    if level not in levels_for(session, Permission.LEVEL_VIEW):
        raise Problem(403)
    return level


def _add(session: Session, at: datetime, form: FlaskForm, who: Actor) -> int:
    said = forms.said(form)
    require_at_doors(session, {*said.grants, *said.denials})
    return add_level(session, at, said, who.reference).id


def _keep(session: Session, at: datetime, level_id: int, form: FlaskForm, who: Actor) -> None:
    before = form_of(get_level(session, level_id))
    said = forms.said(form, before)
    changed = {
        door
        for new, old in ((said.grants, before.grants), (said.denials, before.denials))
        for door, _ in new.items() ^ old.items()
    }
    require_at_doors(session, changed)
    edit_level(session, at, level_id, said, version_of(form), who.reference)


def _form(
    form: FlaskForm, level_id: int | None = None, differ: list[Difference] | None = None, *, conflict: bool = False
) -> str:
    return render_template(
        "pages/level.html", form=form, level_id=level_id, differences=differ or [], in_conflict=conflict
    )
