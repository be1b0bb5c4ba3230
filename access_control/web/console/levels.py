"""The form of an access level: a row a door, with the schedule by which it opens and by which it is forbidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import HiddenField

from access_control.people.permissions import Permission
from access_control.readers.levels import LevelForm
from access_control.readers.models import Door, Level
from access_control.readers.schedules import list_schedules
from access_control.web.console.fields import ConsoleForm, Line, Pick
from access_control.web.console.places import doors_for


@dataclass(frozen=True, slots=True)
class DoorRow:
    """A door and its two fields."""

    door: Door
    grant: Pick
    denial: Pick


class LevelPageForm(ConsoleForm):
    """The name; :func:`make` adds the doors' fields."""

    version = HiddenField()
    name = Line("Name", needed="Type the level's name.")


def make(session: Session, level: Level | None = None, *, typed: bool) -> FlaskForm:
    """The form with a row for each door that whoever looks may see, as it was typed or as the level is stored."""
    doors, schedules = (
        doors_for(session, Permission.LEVEL_VIEW),
        [(one.id, one.name) for one in list_schedules(session)],
    )
    fields: dict[str, Any] = {}
    for door in doors:
        place = f"Door {door.number}, {door.name}"
        fields[f"grant_{door.id}"] = Pick(f"{place}: opens", convert=int, needed=False)
        fields[f"denial_{door.id}"] = Pick(f"{place}: forbidden", convert=int, needed=False)
    kind = type("LevelDoorsForm", (LevelPageForm,), fields)
    form: FlaskForm = kind() if typed else kind(formdata=None, data=_stored(level))
    for door in doors:
        form[f"grant_{door.id}"].offer(schedules, nothing="Does not open")
        form[f"denial_{door.id}"].offer(schedules, nothing="Not forbidden")
    form.rows = [DoorRow(door, form[f"grant_{door.id}"], form[f"denial_{door.id}"]) for door in doors]
    return form


def said(form: FlaskForm, before: LevelForm | None = None) -> LevelForm:
    """What a valid form says; of doors that it does not show, what was so ``before``."""
    shown = {row.door.id for row in form.rows}
    kept = before or LevelForm("")
    grants = {door: schedule for door, schedule in kept.grants.items() if door not in shown}
    denials = {door: schedule for door, schedule in kept.denials.items() if door not in shown}
    grants |= {row.door.id: row.grant.picked for row in form.rows if row.grant.picked is not None}
    denials |= {row.door.id: row.denial.picked for row in form.rows if row.denial.picked is not None}
    return LevelForm(form.name.data or "", grants, denials)


def _stored(level: Level | None) -> dict[str, str]:
    if level is None:
        return {}
    rows = {f"{'denial' if row.deny else 'grant'}_{row.door_id}": str(row.schedule_id) for row in level.doors}
    return {"version": str(level.version), "name": level.name, **rows}
