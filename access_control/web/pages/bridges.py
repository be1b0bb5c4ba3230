"""Bridges: the list, adding one with its one-time code, confirming, revoking."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.bridge_sessions import had_twin
from access_control.readers.bridges import get_bridge, list_bridges, rename_bridge
from access_control.readers.enrolment import (
    Invitation,
    add_bridge,
    confirm_bridge,
    fingerprint,
    invite_again,
    revoke_bridge,
)
from access_control.readers.events import SEQ_DIGITS
from access_control.readers.gap_reports import close_gap, gaps_to_show
from access_control.readers.settings import school_settings
from access_control.web.bridge_alarms import events
from access_control.web.console import bridges as forms
from access_control.web.console.bridge_gaps import gap_views
from access_control.web.console.places import require_at_bridge
from access_control.web.console.saving import RefusedError, attempt, do, found
from access_control.web.frame import frame
from access_control.web.guard import actor, needs, place_of, require_at
from access_control.web.services import current

blueprint = Blueprint("bridges", __name__)


@blueprint.get("/bridges")
@needs(Permission.BRIDGE_VIEW)
def show() -> str:
    """Every bridge."""
    return _list()


@blueprint.get("/bridges/part")
@needs(Permission.BRIDGE_VIEW)
def part() -> str:
    """The list alone, to take the place of the one that the page shows."""
    g.background = True  # a page asks by itself; that keeps nobody signed in
    with current().database.reading() as session:
        return render_template("pages/bridges_part.html", views=_views(session))


@blueprint.post("/bridges")
@needs(Permission.BRIDGE_ADD)
def add() -> Response:
    """Name a bridge and show its code, once."""
    services, who, at = current(), actor(), current().clock()
    with services.database.reading() as session:
        form = forms.offer(session, forms.BridgeForm())
    if not form.validate():
        return make_response(_list(form), 422)
    require_at(place_of(frame().school.id, form.building_id.picked))
    try:
        made = attempt(
            form,
            lambda session: add_bridge(
                session,
                services.keys,
                at,
                name=form.name.data or "",
                building_id=form.building_id.picked,
                by=who.reference,
            ),
        )
    except RefusedError:
        return make_response(_list(form), 422)
    return _code(made)


@blueprint.get("/bridges/<uuid:bridge_id>")
@needs(Permission.BRIDGE_VIEW)
def bridge(bridge_id: object) -> str:
    """One bridge."""
    return _page(str(bridge_id))


@blueprint.post("/bridges/<uuid:bridge_id>/name")
@needs(Permission.BRIDGE_ADD)
def rename(bridge_id: object) -> Response:
    """Call it otherwise."""
    who, at, name = actor(), current().clock(), str(bridge_id)
    _require_here(name)
    form = forms.RenameForm()
    if form.validate():
        try:
            attempt(form, lambda session: rename_bridge(session, at, name, form.name.data or "", who.reference).id)
        except RefusedError:
            pass
        else:
            flash("The name is saved.", "bridge")
            return redirect(f"/bridges/{name}", 303)
    return make_response(_page(name, form), 422)


@blueprint.post("/bridges/<uuid:bridge_id>/code")
@needs(Permission.BRIDGE_ADD)
def new_code(bridge_id: object) -> Response:
    """Make a new code; the old one is worth nothing any more."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    _require_here(name)
    return _code(do(lambda session: invite_again(session, services.keys, at, bridge_id=name, by=who.reference)))


@blueprint.post("/bridges/<uuid:bridge_id>/confirm")
@needs(Permission.BRIDGE_CONFIRM)
def confirm(bridge_id: object) -> Response:
    """Say that this is the right machine."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    _require_here(name)
    row = do(lambda session: confirm_bridge(session, services.keys, at, bridge_id=name, by=who.reference))
    flash(f"{row.name} is confirmed and gets its documents now.", "bridge")
    return redirect(f"/bridges/{name}", 303)


@blueprint.post("/bridges/<uuid:bridge_id>/revoke")
@needs(Permission.BRIDGE_REVOKE)
def revoke(bridge_id: object) -> Response:
    """Believe it no more."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    _require_here(name)
    row = do(lambda session: revoke_bridge(session, services.keys, at, bridge_id=name, by=who.reference))
    flash(f"{row.name} is revoked. Its doors have no bridge until you choose another for them.", "bridge")
    return redirect(f"/bridges/{name}", 303)


@blueprint.post("/bridges/<uuid:bridge_id>/gap")
@needs(Permission.BRIDGE_CONFIRM)
def leave_gap(bridge_id: object) -> Response:
    """Leave it at that: missing events that will not come."""
    who, at, name = actor(), current().clock(), str(bridge_id)
    _require_here(name)
    stream, first = _uuid(request.form.get("stream", "")), request.form.get("first", "")
    number = int(first) if first.isascii() and first.isdecimal() and len(first) <= SEQ_DIGITS else 0
    gap = do(lambda session: close_gap(session, at, name, stream, number, who.reference))
    flash(
        f"{events([(gap.from_seq, gap.to_seq)]).capitalize()}: closed. If they come after all, they are taken.", "gap"
    )
    return redirect(f"/bridges/{name}", 303)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _require_here(bridge_id: str) -> None:
    with current().database.reading() as session:
        require_at_bridge(session, bridge_id)


def _code(made: Invitation) -> Response:
    with current().database.reading() as session:
        row = get_bridge(session, made.bridge_id)
    response = make_response(render_template("pages/bridge_code.html", made=made, bridge=row))
    response.headers["Cache-Control"] = "no-store"
    return response


def _views(session: Session) -> list[forms.BridgeView]:
    now, limit_s = current().clock(), school_settings(session).proof_limit_s
    gaps = gaps_to_show(session, now)
    return [
        forms.view(line, now, limit_s, gaps.get(line.bridge.id, ()), twin=had_twin(line.bridge, now))
        for line in list_bridges(session)
    ]


def _list(form: forms.BridgeForm | None = None) -> str:
    with current().database.reading() as session:
        form = form or forms.offer(session, forms.BridgeForm(formdata=None))
        return render_template("pages/bridges.html", views=_views(session), form=form)


def _page(bridge_id: str, rename_form: forms.RenameForm | None = None) -> str:
    services = current()
    with services.database.reading() as session:
        found(get_bridge, session, bridge_id)
        view = next(one for one in _views(session) if one.bridge.id == bridge_id)
        return render_template(
            "pages/bridge.html",
            view=view,
            bridge=view.bridge,
            gaps=gap_views(session, services.clock(), bridge_id),
            rename=rename_form or forms.RenameForm(formdata=None, data={"name": view.bridge.name}),
            school_fingerprint=fingerprint(services.keys.identity_public),
        )
