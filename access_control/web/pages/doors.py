"""Doors: the list, and a form for each."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.doors import add_door, edit_door, get_door
from access_control.web.console import doors as forms
from access_control.web.console.door_states import states
from access_control.web.console.editing import save
from access_control.web.console.places import doors_for, place_of_door
from access_control.web.console.saving import Difference, found, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, needs, place_of, require_at
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("doors", __name__)


@blueprint.get("/doors")
@needs(Permission.DOOR_VIEW)
def show() -> str:
    """Every door by the number on its frame."""
    return _list("pages/doors.html")


@blueprint.get("/doors/part")
@needs(Permission.DOOR_VIEW)
@by_itself
def part() -> str:
    """The list alone, to take the place of the one that the page shows."""
    return _list("pages/doors_part.html")


@blueprint.get("/doors/new")
@needs(Permission.DOOR_EDIT)
def new() -> str:
    """An empty form."""
    with current().database.reading() as session:
        return _form(forms.door_form(session, typed=False))


@blueprint.post("/doors")
@needs(Permission.DOOR_EDIT)
def add() -> Response:
    """Add a door."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.door_form(session, typed=True)

    def act(session: Session) -> int:
        door = add_door(session, at, forms.said_of_door(form), who.reference)
        require_at(place_of_door(door))
        return door.id

    done = ("Saved. Add its readers next.", "door")
    return save(form, act, page=_form, path=lambda made: f"/doors/{made}", done=done)


@blueprint.get("/doors/<int(max=2147483647):door_id>/edit")
@needs(Permission.DOOR_EDIT)
def edit(door_id: int) -> str:
    """The form of a door."""
    with current().database.reading() as session:
        door = found(get_door, session, door_id)
        require_at(place_of_door(door))
        return _form(forms.door_form(session, door, typed=False), door_id=door_id)


@blueprint.post("/doors/<int(max=2147483647):door_id>/edit")
@needs(Permission.DOOR_EDIT)
def keep(door_id: int) -> Response:
    """Save a door."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        require_at(place_of_door(found(get_door, session, door_id)))
        form = forms.door_form(session, get_door(session, door_id), typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_door(form)
        require_at(place_of(frame().school.id, said.building_id, said.zone_id))
        return edit_door(session, at, door_id, said, version_of(form), who.reference).id

    def page(typed: forms.DoorPageForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        return _form(typed, differ, conflict=conflict, door_id=door_id)

    return save(
        form,
        act,
        page=page,
        path=lambda made: f"/doors/{made}",
        done=("Saved. The bridge gets it within seconds.", "door"),
        stored=lambda session: forms.door_form(session, get_door(session, door_id), typed=False),
    )


def _list(template: str) -> str:
    services = current()
    with services.database.reading() as session:
        shown = states(session, services.clock())
        return render_template(
            template, doors=doors_for(session, Permission.DOOR_VIEW), states=shown, classes=forms.CLASS_WORDS
        )


def _form(
    form: forms.DoorPageForm,
    differ: Sequence[Difference] = (),
    *,
    conflict: bool = False,
    door_id: int | None = None,
) -> str:
    return render_template("pages/door_form.html", form=form, door_id=door_id, differences=differ, in_conflict=conflict)
