"""One's own settings: look, two-step lockdown, shortcuts, password, sign-out everywhere."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template
from werkzeug.wrappers import Response

from access_control.people.errors import BadValueError, SignInRefused
from access_control.people.operators import change_password, edit_own_settings, sign_out_everywhere
from access_control.people.permissions import Permission
from access_control.people.sign_in import verify_password
from access_control.web import sessions
from access_control.web.forms import OwnPasswordForm, OwnSettingsForm
from access_control.web.frame import frame
from access_control.web.guard import actor, needs
from access_control.web.services import current

blueprint = Blueprint("me", __name__)


@blueprint.get("/me")
@needs(Permission.SELF)
def show() -> str:
    """The page."""
    return _page()


@blueprint.post("/me/settings")
@needs(Permission.SELF)
def keep_settings() -> Response:
    """Keep what was chosen."""
    form = OwnSettingsForm()
    if not form.validate():
        return make_response(_page(settings=form), 422)
    services, who = current(), actor()
    chosen = {
        "theme": form.theme.data,
        "two_step_lockdown": form.two_step_lockdown.data,
        "single_key_shortcuts": form.single_key_shortcuts.data,
    }
    with services.database.writing() as session:
        edit_own_settings(session, operator_id=who.id, settings=chosen)
    services.actors.forget(who.id)
    flash("Your settings are kept.", "settings")
    return redirect("/me", 303)


@blueprint.post("/me/password")
@needs(Permission.SELF)
def new_password() -> Response:
    """Change one's own password; every other session ends."""
    form = OwnPasswordForm()
    if not form.validate():
        return make_response(_page(password=form), 422)
    services, who, at = current(), actor(), current().clock()
    try:
        if not verify_password(services.database, at, operator_id=who.id, password=form.present.data or ""):
            form.present.errors = ["That is not your present password."]
            return make_response(_page(password=form), 422)
        with services.database.writing() as session:
            now = change_password(session, at, operator_id=who.id, password=form.password.data or "", by=who)
    except SignInRefused as refused:
        form.present.errors = [f"{refused.sentence} {refused.action}"]
        return make_response(_page(password=form), 429)
    except BadValueError as wrong:
        form.password.errors = [f"{wrong.sentence} {wrong.action}"]
        return make_response(_page(password=form), 422)
    sessions.enter(now, at)
    flash("Your password is changed. Every other screen that you were signed in on is signed out.", "password")
    return redirect("/me", 303)


@blueprint.post("/me/sign-out-everywhere")
@needs(Permission.SELF)
def leave_everywhere() -> Response:
    """End every session of one's own, this one included."""
    services, who = current(), actor()
    with services.database.writing() as session:
        sign_out_everywhere(session, services.clock(), operator_id=who.id, by=who)
    services.actors.forget(who.id)
    sessions.leave()
    return redirect("/sign-in", 303)


def _page(settings: OwnSettingsForm | None = None, password: OwnPasswordForm | None = None) -> str:
    made = frame()
    if settings is None:
        settings = OwnSettingsForm(formdata=None)
        settings.theme.data = made.theme
        settings.two_step_lockdown.data = made.two_steps
        settings.single_key_shortcuts.data = made.shortcuts
    password = password or OwnPasswordForm(formdata=None)
    return render_template("pages/me.html", settings=settings, password=password)
