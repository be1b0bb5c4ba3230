"""Alarm inputs: the list, and one form."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.alarm_inputs import (
    AlarmInputForm,
    add_alarm_input,
    edit_alarm_input,
    get_alarm_input,
    list_alarm_inputs,
    remove_alarm_input,
)
from access_control.readers.status import site_overview
from access_control.web.bridge_alarms import INPUT_WORDS
from access_control.web.console import alarm_inputs as forms
from access_control.web.console.editing import save
from access_control.web.console.places import bridges_for, require_at_bridge
from access_control.web.console.saving import Difference, do, found, version_of
from access_control.web.guard import actor, needs, require_at
from access_control.web.services import current

blueprint = Blueprint("alarm_inputs", __name__)


@blueprint.get("/inputs")
@needs(Permission.BRIDGE_VIEW)
def inputs() -> str:
    """Every alarm input, and what its bridge says of it now."""
    with current().database.reading() as session:
        bridges = site_overview(session, current().clock()).bridges
        said = {given.input: given for bridge in bridges if not bridge.silent for given in bridge.inputs}
        names = {one.bridge.id: one.bridge.name for one in bridges_for(session, Permission.BRIDGE_VIEW)}
        return render_template(
            "pages/inputs.html",
            inputs=[row for row in list_alarm_inputs(session) if row.bridge_id in names],
            names=names,
            kinds=INPUT_WORDS,
            actions=forms.ACTION_WORDS,
            scopes={scope: word for scope, (word, _) in forms.scope_words(session).items()},
            said=said,
        )


@blueprint.get("/inputs/new")
@needs(Permission.READER_EDIT)
def new_input() -> str:
    """An empty form."""
    with current().database.reading() as session:
        return _page(forms.alarm_input_form(session, typed=False))


@blueprint.post("/inputs")
@needs(Permission.READER_EDIT)
def put_input() -> Response:
    """Add an alarm input."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.alarm_input_form(session, typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_alarm_input(form)
        _require_reach(session, said)
        return add_alarm_input(session, at, said, who.reference).id

    return save(form, act, page=_page, path=lambda _made: "/inputs", done=("The alarm input is added.", "inputs"))


@blueprint.get("/inputs/<int(max=2147483647):input_id>")
@needs(Permission.READER_EDIT)
def one_input(input_id: int) -> str:
    """The form of an alarm input."""
    with current().database.reading() as session:
        row = found(get_alarm_input, session, input_id)
        require_at_bridge(session, row.bridge_id)
        return _page(forms.alarm_input_form(session, row, typed=False), input_id=input_id)


@blueprint.post("/inputs/<int(max=2147483647):input_id>")
@needs(Permission.READER_EDIT)
def keep_input(input_id: int) -> Response:
    """Save an alarm input."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        row = found(get_alarm_input, session, input_id)
        require_at_bridge(session, row.bridge_id)
        form = forms.alarm_input_form(session, row, typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_alarm_input(form)
        _require_reach(session, said)
        return edit_alarm_input(session, at, input_id, said, version_of(form), who.reference).id

    def page(typed: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        return _page(typed, differ, conflict=conflict, input_id=input_id)

    return save(
        form,
        act,
        page=page,
        path=lambda _made: "/inputs",
        done=("The alarm input is saved. The bridge gets it within seconds.", "inputs"),
        stored=lambda session: forms.alarm_input_form(session, get_alarm_input(session, input_id), typed=False),
    )


@blueprint.post("/inputs/<int(max=2147483647):input_id>/remove")
@needs(Permission.READER_EDIT)
def take_input_off(input_id: int) -> Response:
    """Remove an alarm input."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        require_at_bridge(session, found(get_alarm_input, session, input_id).bridge_id)
        form = forms.alarm_input_form(session, typed=True)
    do(lambda session: remove_alarm_input(session, at, input_id, version_of(form), who.reference))
    flash("The alarm input is removed. Nothing that it started has ended.", "inputs")
    return redirect("/inputs", 303)


def _require_reach(session: Session, said: AlarmInputForm) -> None:
    """A button that locks the whole school is set up by somebody whose right reaches the whole school."""
    require_at_bridge(session, said.bridge_id)
    place = forms.scope_words(session).get(said.scope or "")
    if place is not None:
        require_at(place[1])


def _page(
    form: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False, input_id: int | None = None
) -> str:
    return render_template(
        "pages/input_form.html", form=form, input_id=input_id, differences=differ, in_conflict=conflict
    )
