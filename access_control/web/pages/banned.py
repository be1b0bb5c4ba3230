"""The school's banned list, for administrators."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.database.errors import ConflictError
from access_control.people.permissions import Permission
from access_control.visitors.banned import add_banned, edit_banned, end_banned, get_banned, list_banned
from access_control.web.console.saving import RefusedError, attempt, differences, do, version_of
from access_control.web.frame import frame
from access_control.web.front_desk.forms import BannedForm, banned_details, banned_form
from access_control.web.guard import actor, needs
from access_control.web.services import current

blueprint = Blueprint("banned", __name__)


@blueprint.get("/desk/banned")
@needs(Permission.BANNED_VIEW)
def show() -> str:
    """The list in force, or the entries that have ended."""
    ended = request.args.get("ended") == "1"
    with current().database.reading() as session:
        entries = list_banned(session, current().clock(), ended=ended)
        return render_template("desk/banned.html", entries=entries, ended=ended)


@blueprint.get("/desk/banned/new")
@needs(Permission.BANNED_EDIT)
def new() -> str:
    """An empty form."""
    return render_template("desk/banned_form.html", form=BannedForm(formdata=None), entry=None, differences=None)


@blueprint.post("/desk/banned")
@needs(Permission.BANNED_EDIT)
def add() -> Response:
    """Put somebody on the list."""
    form, at, who, zone = BannedForm(), current().clock(), actor(), frame().school.zone
    if form.validate():
        try:
            attempt(form, lambda session: add_banned(session, at, banned_details(form, zone), by=who))
        except RefusedError:
            pass
        else:
            flash("Saved. Whoever has a name like this waits at the desk from now on.", "banned")
            return redirect("/desk/banned", 303)
    return make_response(render_template("desk/banned_form.html", form=form, entry=None, differences=None), 422)


@blueprint.get("/desk/banned/<banned_id>")
@needs(Permission.BANNED_VIEW)
def entry(banned_id: str) -> str:
    """One entry."""
    with current().database.reading() as session:
        found = get_banned(session, banned_id)
        form = banned_form(found, frame().school.zone)
        return render_template("desk/banned_form.html", form=form, entry=found, differences=None)


@blueprint.post("/desk/banned/<banned_id>")
@needs(Permission.BANNED_EDIT)
def keep(banned_id: str) -> Response:
    """Change an entry."""
    form, at, who, zone = BannedForm(), current().clock(), actor(), frame().school.zone
    if form.validate():

        def act(session: Session) -> None:
            edit_banned(session, at, banned_id, banned_details(form, zone), version=version_of(form), by=who)

        try:
            attempt(form, act)
        except RefusedError:
            pass
        except ConflictError:
            return _conflict(banned_id, form)
        else:
            flash("Saved.", "banned")
            return redirect("/desk/banned", 303)
    with current().database.reading() as session:
        found = get_banned(session, banned_id)
        return make_response(render_template("desk/banned_form.html", form=form, entry=found, differences=None), 422)


@blueprint.post("/desk/banned/<banned_id>/end")
@needs(Permission.BANNED_EDIT)
def end(banned_id: str) -> Response:
    """End an entry now."""
    form, at, who = BannedForm(), current().clock(), actor()
    do(lambda session: end_banned(session, at, banned_id, version=version_of(form), by=who))
    flash("Ended. The entry stays in the records.", "banned")
    return redirect("/desk/banned", 303)


def _conflict(banned_id: str, form: BannedForm) -> Response:
    """Both versions side by side; saving once more is on purpose."""
    with current().database.reading() as session:
        found = get_banned(session, banned_id)
        differ = differences(form, banned_form(found, frame().school.zone))
        form.version.data = str(found.version)
        page = render_template("desk/banned_form.html", form=form, entry=found, differences=differ)
    return make_response(page, 409)
