"""One door: its state and why, releasing it once, orders by hand, and how it is built."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.core.decision.building import DoorTiming
from access_control.people.permissions import Permission
from access_control.readers.actions import ask_unlock_once
from access_control.readers.doors import get_door
from access_control.readers.errors import ReadersError
from access_control.readers.models import Door, Schedule
from access_control.readers.orders import end_override, overrides_in_force, set_override
from access_control.readers.records import ActionRow
from access_control.readers.schedules import form_of
from access_control.readers.settings import school_settings
from access_control.web.console import doors as door_forms
from access_control.web.console import orders as forms
from access_control.web.console.door_states import heard_of, position_word, states
from access_control.web.console.places import may_at_door, place_of_door
from access_control.web.console.saving import RefusedError, attempt, do, found
from access_control.web.console.slots import slot_rows
from access_control.web.console.week import preview
from access_control.web.frame import frame
from access_control.web.guard import actor, may, needs, require_at
from access_control.web.problems import Problem
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("door", __name__)


@blueprint.get("/doors/<int(max=2147483647):door_id>")
@needs(Permission.DOOR_VIEW)
def show(door_id: int) -> str:
    """The door."""
    return _page(door_id)


@blueprint.get("/doors/<int(max=2147483647):door_id>/now")
@needs(Permission.DOOR_VIEW)
@by_itself
def now(door_id: int) -> str:
    """Its state and why alone, to take the place of what the page shows."""
    with current().database.reading() as session:
        return render_template("pages/door_now.html", **_now(session, _door(session, door_id)))


@blueprint.post("/doors/<int(max=2147483647):door_id>/release")
@needs(Permission.DOOR_UNLOCK_ONCE)
def release(door_id: int) -> Response:
    """Release it once, for its own unlock time."""
    services, who, at = current(), actor(), current().clock()
    _require_here(door_id)
    form = forms.ReleaseForm()
    if form.validate():
        try:
            row = attempt(
                form,
                lambda session: ask_unlock_once(
                    session, services.keys, at, door_id=door_id, by=who.reference, why=form.why.data or ""
                ),
            )
        except RefusedError:
            pass
        else:
            return redirect(f"/doors/{door_id}?asked={row.id}", 303)
    return make_response(_page(door_id, release=form), 422)


@blueprint.get("/doors/<int(max=2147483647):door_id>/asked/<uuid:action_id>")
@needs(Permission.DOOR_UNLOCK_ONCE)
@by_itself
def asked(door_id: int, action_id: object) -> str:
    """What came of a release, alone."""
    with current().database.reading() as session:
        _door(session, door_id)
        return render_template("pages/door_asked.html", **_asked(session, door_id, str(action_id)))


@blueprint.post("/doors/<int(max=2147483647):door_id>/override")
@needs(Permission.DOOR_OVERRIDE)
def override(door_id: int) -> Response:
    """Lock, unlock or block it by hand."""
    services, who, at = current(), actor(), current().clock()
    _require_here(door_id)
    form = forms.offer(forms.OverrideForm())

    def act(session: Session) -> None:
        try:
            set_override(
                session,
                services.keys,
                at,
                door_id=door_id,
                effect=form.effect.picked,
                by=who.reference,
                why=form.why.data or "",
                expires_at=form.ends(at),
            )
        except ReadersError as refused:
            refused.field = "minutes" if refused.field == "expires_at" else refused.field
            raise

    if form.validate():
        try:
            attempt(form, act)
        except RefusedError:
            pass
        else:
            flash("The bridge is told now.", "override")
            return redirect(f"/doors/{door_id}", 303)
    return make_response(_page(door_id, override=form), 422)


@blueprint.post("/doors/<int(max=2147483647):door_id>/override/<uuid:override_id>/end")
@needs(Permission.DOOR_OVERRIDE)
def end(door_id: int, override_id: object) -> Response:
    """End an order by hand before its time."""
    services, who, at, name = current(), actor(), current().clock(), str(override_id)
    _require_here(door_id)

    def act(session: Session) -> None:
        if name not in {row.id for row in overrides_in_force(session, at, [door_id])}:
            raise Problem(404, title="This order has ended already", detail="Nothing was changed.", action="")
        end_override(session, services.keys, at, name, who.reference)

    do(act)
    flash("It has ended. The bridge is told now.", "override")
    return redirect(f"/doors/{door_id}", 303)


def _require_here(door_id: int) -> None:
    with current().database.reading() as session:
        _door(session, door_id)


def _door(session: Session, door_id: int) -> Door:
    """A door at which the endpoint's right holds."""
    door = found(get_door, session, door_id)
    require_at(place_of_door(door))
    return door


def _now(session: Session, door: Door) -> dict[str, Any]:
    at, zone = current().clock(), frame().school.zone
    limit_s = float(school_settings(session).proof_limit_s)
    heard = heard_of(session, door, at, limit_s)
    said = heard.said if heard.fresh else None
    rows = slot_rows(session, door, at, zone, said, names=may(Permission.PERSON_VIEW))
    in_force = next((row for row in rows if row.result == "in force"), None)
    state = states(session, at)[door.id]
    return {
        "door": door,
        "state": state,
        "believed": heard.fresh and state.state != "unknown",
        "position": position_word(heard),
        "rows": rows,
        "unlocked": in_force is not None and in_force.unlocks,
        "heard": heard,
        "overrides": overrides_in_force(session, at, [door.id]),
    }


def _page(door_id: int, *, release: forms.ReleaseForm | None = None, override: forms.OverrideForm | None = None) -> str:
    at = current().clock()
    with current().database.reading() as session:
        door = _door(session, door_id)
        timing = DoorTiming(relock=door.relock, **door.timing)
        return render_template(
            "pages/door.html",
            **_now(session, door),
            **_asked_here(session, door_id),
            release=release or forms.ReleaseForm(formdata=None),
            override=override or forms.fresh(),
            effects=forms.EFFECT_WORDS,
            timing=timing,
            words=door_forms,
            week=_week(session, door, at),
            may_release=may_at_door(door, Permission.DOOR_UNLOCK_ONCE),
            may_override=may_at_door(door, Permission.DOOR_OVERRIDE),
            may_edit=may_at_door(door, Permission.DOOR_EDIT),
            may_edit_readers=may_at_door(door, Permission.READER_EDIT),
        )


def _week(session: Session, door: Door, at: datetime) -> dict[str, Any]:
    schedule = None if door.unlock_schedule_id is None else session.get(Schedule, door.unlock_schedule_id)
    if schedule is None:
        return {"name": "", "days": []}
    today = at.astimezone(frame().school.zone).date()
    return {"name": schedule.name, "days": preview(session, form_of(schedule), today)}


def _asked_here(session: Session, door_id: int) -> dict[str, Any]:
    name = request.args.get("asked", "")[:36].replace("\0", "")
    row = session.get(ActionRow, name) if name else None
    if row is None or row.target != door_id:
        return {"action": None, "late": False, "door_id": door_id}
    return _asked(session, door_id, name)


def _asked(session: Session, door_id: int, name: str) -> dict[str, Any]:
    row = session.get(ActionRow, name)
    if row is None or row.target != door_id:
        raise Problem(404)
    return {"action": row, "late": current().clock() > row.expires_at, "door_id": door_id}
