"""Bridges: the list, adding one with its one-time code, confirming, revoking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.bridge_sessions import had_twin
from access_control.readers.bridges import BridgeLine, get_bridge, list_bridges, rename_bridge
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
from access_control.readers.neighbours import set_address
from access_control.readers.release_codes import make_release_codes
from access_control.readers.settings import school_settings
from access_control.typed_numbers import number_or_none
from access_control.web import words
from access_control.web.bridge_alarms import events
from access_control.web.console import bridges as forms
from access_control.web.console.bridge_gaps import gap_views
from access_control.web.console.bridge_neighbours import AddressForm, address_form, codes_view, neighbour_views
from access_control.web.console.bridge_recovery import recovery_view, replacement_view
from access_control.web.console.editing import save
from access_control.web.console.own_password import PasswordAgain, is_own_password
from access_control.web.console.places import bridges_for, require_at_bridge
from access_control.web.console.saving import Difference, RefusedError, attempt, do, found, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, needs, place_of, require_at
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("bridges", __name__)


@blueprint.get("/bridges")
@needs(Permission.BRIDGE_VIEW)
def show() -> str:
    """Every bridge."""
    return _list()


@blueprint.get("/bridges/part")
@needs(Permission.BRIDGE_VIEW)
@by_itself
def part() -> str:
    """The list alone, to take the place of the one that the page shows."""
    with current().database.reading() as session:
        return render_template("pages/bridges_part.html", views=_seen(session))


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
    require_here(str(bridge_id))
    return bridge_page(str(bridge_id))


@blueprint.post("/bridges/<uuid:bridge_id>/name")
@needs(Permission.BRIDGE_ADD)
def rename(bridge_id: object) -> Response:
    """Call it otherwise."""
    who, at, name = actor(), current().clock(), str(bridge_id)
    require_here(name)
    form = forms.RenameForm()
    if form.validate():
        try:
            attempt(form, lambda session: rename_bridge(session, at, name, form.name.data or "", who.reference).id)
        except RefusedError:
            pass
        else:
            flash("The name is saved.", "bridge")
            return redirect(f"/bridges/{name}", 303)
    return make_response(bridge_page(name, rename_form=form), 422)


@blueprint.post("/bridges/<uuid:bridge_id>/neighbours")
@needs(Permission.BRIDGE_ADD)
def call_at(bridge_id: object) -> Response:
    """Write down where its neighbours reach it."""
    who, at, name = actor(), current().clock(), str(bridge_id)
    require_here(name)
    form = AddressForm()
    return save(
        form,
        lambda session: set_address(session, at, name, form.address.data or "", version_of(form), who.reference).id,
        page=lambda typed, differ=(), *, conflict=False: bridge_page(
            name, typed_address=typed, differ=differ, conflict=conflict
        ),
        path=lambda made: f"/bridges/{made}",
        done=("The address is saved. The other bridges get it within seconds.", "neighbours"),
        stored=lambda session: address_form(get_bridge(session, name)),
    )


@blueprint.post("/bridges/<uuid:bridge_id>/code")
@needs(Permission.BRIDGE_ADD)
def new_code(bridge_id: object) -> Response:
    """Make a new code; the old one is worth nothing any more."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    require_here(name)
    return _code(do(lambda session: invite_again(session, services.keys, at, bridge_id=name, by=who.reference)))


@blueprint.post("/bridges/<uuid:bridge_id>/confirm")
@needs(Permission.BRIDGE_CONFIRM)
def confirm(bridge_id: object) -> Response:
    """Say that this is the right machine."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    require_here(name)
    compared = request.form.get("fingerprint", "")
    row = do(
        lambda session: confirm_bridge(session, services.keys, at, bridge_id=name, compared=compared, by=who.reference)
    )
    flash(f"{row.name} is confirmed and gets its documents now.", "bridge")
    return redirect(f"/bridges/{name}", 303)


@blueprint.post("/bridges/<uuid:bridge_id>/revoke")
@needs(Permission.BRIDGE_REVOKE)
def revoke(bridge_id: object) -> Response:
    """Believe it no more."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    require_here(name)
    row = do(lambda session: revoke_bridge(session, services.keys, at, bridge_id=name, by=who.reference))
    flash(f"{row.name} is revoked. Its doors have no bridge until you choose another for them.", "bridge")
    return redirect(f"/bridges/{name}", 303)


@blueprint.post("/bridges/<uuid:bridge_id>/release-codes")
@needs(Permission.EMERGENCY_RELEASE)
def new_release_codes(bridge_id: object) -> Response:
    """Make ten codes that end an emergency at its doors, and show them once; with the password again."""
    services, who, at, name = current(), actor(), current().clock(), str(bridge_id)
    require_here(name)
    form = PasswordAgain("codes")
    if not is_own_password(form, "No codes were made."):
        return make_response(bridge_page(name, codes_form=form), 422)
    row, texts = do(lambda session: make_release_codes(session, services.keys, at, bridge_id=name, by=who.reference))
    with services.database.reading() as session:
        building = next(line.building for line in list_bridges(session) if line.bridge.id == name)
    on = words.full_day(at, frame().school.zone)
    page = render_template("pages/release_codes.html", bridge=row, building=building, texts=texts, on=on, by=who.name)
    return make_response(page)


@blueprint.post("/bridges/<uuid:bridge_id>/gap")
@needs(Permission.BRIDGE_CONFIRM)
def leave_gap(bridge_id: object) -> Response:
    """Leave it at that: missing events that will not come."""
    who, at, name = actor(), current().clock(), str(bridge_id)
    require_here(name)
    stream, first = _uuid(request.form.get("stream", "")), request.form.get("first", "")
    number = number_or_none(first, SEQ_DIGITS) or 0
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


def require_here(bridge_id: str) -> None:
    """Refuse (403) whoever has this right, but not where the bridge is."""
    with current().database.reading() as session:
        require_at_bridge(session, bridge_id)


def _code(made: Invitation) -> Response:
    with current().database.reading() as session:
        row = get_bridge(session, made.bridge_id)
    return make_response(render_template("pages/bridge_code.html", made=made, bridge=row, replaces=False, url=""))


def _views(session: Session, lines: Iterable[BridgeLine]) -> list[forms.BridgeView]:
    now, limit_s = current().clock(), school_settings(session).proof_limit_s
    gaps = gaps_to_show(session, now)
    return [
        forms.view(line, now, limit_s, gaps.get(line.bridge.id, ()), twin=had_twin(line.bridge, now)) for line in lines
    ]


def _seen(session: Session) -> list[forms.BridgeView]:
    return _views(session, bridges_for(session, Permission.BRIDGE_VIEW))


def _list(form: forms.BridgeForm | None = None) -> str:
    with current().database.reading() as session:
        form = form or forms.offer(session, forms.BridgeForm(formdata=None))
        recovery = recovery_view(session)
        return render_template("pages/bridges.html", views=_seen(session), form=form, recovery=recovery)


def bridge_page(
    bridge_id: str,
    *,
    rename_form: forms.RenameForm | None = None,
    codes_form: PasswordAgain | None = None,
    replace_form: PasswordAgain | None = None,
    typed_address: FlaskForm | None = None,
    differ: Sequence[Difference] = (),
    conflict: bool = False,
) -> str:
    """A bridge's page, with what was typed into one of its forms.

    Raises:
        Problem: There is no such bridge (404).
    """
    services = current()
    with services.database.reading() as session:
        found(get_bridge, session, bridge_id)
        (view,) = _views(session, [line for line in list_bridges(session) if line.bridge.id == bridge_id])
        return render_template(
            "pages/bridge.html",
            view=view,
            bridge=view.bridge,
            gaps=gap_views(session, services.clock(), bridge_id),
            neighbours=neighbour_views(session, view.bridge, services.clock(), fresh=view.fresh),
            address_form=typed_address or address_form(view.bridge),
            differences=differ,
            in_conflict=conflict,
            codes=codes_view(session, view.bridge, codes_form),
            replacing=replacement_view(session, bridge_id, services.clock(), replace_form),
            rename=rename_form or forms.RenameForm(formdata=None, data={"name": view.bridge.name}),
            school_fingerprint=fingerprint(services.keys.identity_public),
        )
