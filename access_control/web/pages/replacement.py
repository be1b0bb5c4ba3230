"""Replacing a bridge that died: the school's recovery passphrase, a one-time code, and confirming the new machine."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.bridges import get_bridge
from access_control.readers.recovery import make_passphrase, set_recovery_key
from access_control.readers.replacement import begin_replacement, cancel_replacement, confirm_replacement
from access_control.web import words
from access_control.web.console.bridge_recovery import recovery_view
from access_control.web.console.own_password import PasswordAgain, is_own_password
from access_control.web.console.saving import do
from access_control.web.frame import frame
from access_control.web.guard import actor, needs, place_of, require_at
from access_control.web.pages.bridges import bridge_page, require_here
from access_control.web.services import current

blueprint = Blueprint("replacement", __name__)


@blueprint.get("/bridges/recovery")
@needs(Permission.BRIDGE_VIEW)
def recovery() -> str:
    """Whether there is a passphrase, and whose keys are safe."""
    return _recovery_page(PasswordAgain("recovery", formdata=None))


@blueprint.post("/bridges/recovery")
@needs(Permission.BACKUP_MAKE)
def make() -> Response:
    """Make a passphrase in place of an earlier one, and show it once; with the password again."""
    who, at = actor(), current().clock()
    require_at(place_of(frame().school.id))  # it opens the keys of every bridge
    form = PasswordAgain("recovery")
    if not is_own_password(form, "No passphrase was made."):
        return make_response(_recovery_page(form), 422)
    made = make_passphrase()
    do(lambda session: set_recovery_key(session, at, made.key, by=who.reference).made_at)
    on = words.full_day(at, frame().school.zone)
    return make_response(render_template("pages/recovery_passphrase.html", text=made.text, on=on, by=who.name))


@blueprint.post("/bridges/<uuid:bridge_id>/replace")
@needs(Permission.BRIDGE_REVOKE)
def replace(bridge_id: object) -> Response:
    """Make a one-time code for a machine that is to take its place, and show it once; with the password again."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    require_here(name)
    form = PasswordAgain("replace")
    if not is_own_password(form, "No code was made."):
        return make_response(bridge_page(name, replace_form=form), 422)
    made = do(lambda session: begin_replacement(session, services.keys, at, bridge_id=name, by=who.reference))
    with services.database.reading() as session:
        row = get_bridge(session, name)
    url = services.config.public_url
    return make_response(render_template("pages/bridge_code.html", made=made, bridge=row, replaces=True, url=url))


@blueprint.post("/bridges/<uuid:bridge_id>/replace/confirm")
@needs(Permission.BRIDGE_CONFIRM)
def confirm(bridge_id: object) -> Response:
    """Say that this is the right machine: it is the bridge from now on."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    require_here(name)
    compared = request.form.get("fingerprint", "")
    row = do(
        lambda session: confirm_replacement(
            session, services.keys, at, bridge_id=name, compared=compared, by=who.reference
        )
    )
    flash(
        f"The new machine is {row.name} now and gets its documents; the old one is believed no more. "
        "Make new release codes.",
        "bridge",
    )
    return redirect(f"/bridges/{name}", 303)


@blueprint.post("/bridges/<uuid:bridge_id>/replace/cancel")
@needs(Permission.BRIDGE_REVOKE)
def cancel(bridge_id: object) -> Response:
    """Leave the bridge as it is."""
    who, at, name = actor(), current().clock(), str(bridge_id)
    require_here(name)
    row = do(lambda session: cancel_replacement(session, at, bridge_id=name, by=who.reference))
    flash(f"{row.name} stays the machine that it is. The code is worth nothing any more.", "bridge")
    return redirect(f"/bridges/{name}", 303)


def _recovery_page(form: PasswordAgain) -> str:
    with current().database.reading() as session:
        return render_template("pages/recovery.html", view=recovery_view(session), form=form)
