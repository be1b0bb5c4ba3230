"""The form of an alarm input."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import HiddenField

from access_control.core.decision.model import EmergencyAction, InputKind, InputNormal
from access_control.people.permissions import Permission, Place
from access_control.readers.alarm_inputs import AlarmInputForm, form_of
from access_control.readers.input_models import AlarmInput
from access_control.readers.models import Building, Zone
from access_control.web.bridge_alarms import INPUT_WORDS
from access_control.web.console.fields import ConsoleForm, Line, Pick
from access_control.web.console.places import bridges_for
from access_control.web.frame import frame
from access_control.web.guard import may, place_of

NORMAL_WORDS: Final = {
    InputNormal.NORMALLY_OPEN: "Open at rest, closes for an alarm",
    InputNormal.NORMALLY_CLOSED: "Closed at rest, opens for an alarm",
}
ACTION_WORDS: Final = {
    EmergencyAction.LOCKDOWN: "Lockdown",
    EmergencyAction.SECURE: "Secure",
    EmergencyAction.HOLD: "Hold",
    EmergencyAction.EVACUATE: "Evacuate",
    EmergencyAction.SHELTER: "Shelter",
}


class AlarmInputPageForm(ConsoleForm):
    """A wire that says something about a building."""

    version = HiddenField()
    name = Line("Name", needed="Type the input's name.")
    kind = Pick("What it reports", convert=InputKind)
    bridge_id = Pick("Bridge")
    point = Line("Input it is wired to", needed="Name the input, as “board 1.3”.")
    normal = Pick("Contact", convert=InputNormal)
    action = Pick("A panic button starts", convert=EmergencyAction, needed=False)
    scope = Pick("Where", needed=False)


def alarm_input_form(session: Session, row: AlarmInput | None = None, *, typed: bool) -> AlarmInputPageForm:
    """The form of an alarm input, as it was typed or as it is stored."""
    form = AlarmInputPageForm() if typed else AlarmInputPageForm(formdata=None, data=_data(row))
    form.kind.offer((kind.value, INPUT_WORDS[kind.value]) for kind in InputKind)
    form.bridge_id.offer(
        (one.bridge.id, one.bridge.name) for one in bridges_for(session, Permission.READER_EDIT, revoked=False)
    )
    form.normal.offer((normal.value, word) for normal, word in NORMAL_WORDS.items())
    form.action.offer(((action.value, word) for action, word in ACTION_WORDS.items()), nothing="Nothing")
    reached = (
        (scope, word)
        for scope, (word, place) in scope_words(session).items()
        if may(Permission.READER_EDIT, place) or (row is not None and row.scope == scope)
    )
    form.scope.offer(reached, nothing="Nowhere")
    return form


def said_of_alarm_input(form: AlarmInputPageForm) -> AlarmInputForm:
    """What a valid form says."""
    return AlarmInputForm(
        bridge_id=form.bridge_id.picked,
        name=form.name.data or "",
        kind=form.kind.picked,
        point=form.point.data or "",
        normal=form.normal.picked,
        action=form.action.picked,
        scope=form.scope.picked,
    )


def scope_words(session: Session) -> dict[str, tuple[str, Place]]:
    """What each scope is called, and where it is: the whole school, its buildings, their parts."""
    site = frame().school.id
    found = {"site": ("Whole school", Place(site))}
    for building in session.scalars(select(Building).order_by(Building.name)):
        found[f"building:{building.id}"] = building.name, place_of(site, building.id)
    for zone in session.scalars(select(Zone).order_by(Zone.name)):
        found[f"zone:{zone.id}"] = zone.name, place_of(site, zone.building_id, zone.id)
    return found


def _data(row: AlarmInput | None) -> dict[str, Any]:
    if row is None:
        return {"scope": "site", "action": "lockdown"}
    kept = {name: "" if value is None else str(value) for name, value in asdict(form_of(row)).items()}
    return {**kept, "version": str(row.version)}
