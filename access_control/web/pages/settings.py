"""What the school chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from flask import Blueprint, render_template
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field, HiddenField

from access_control.people.permissions import Permission
from access_control.readers.settings import SchoolSettings, change_settings, settings_of
from access_control.readers.site import the_site
from access_control.web.console.editing import save
from access_control.web.console.fields import ConsoleForm, Pick, Whole
from access_control.web.console.saving import Difference, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, may, needs, place_of, require_at
from access_control.web.services import current

blueprint = Blueprint("settings", __name__)
DAYS: Final = (7, 14, 30, 60, 90, 180, 365)
"""What a school can choose from for how old its rules may get."""
NO_LIMIT: Final = 0


def _days(picked: str) -> int | None:
    return int(picked) or None


class SettingsForm(ConsoleForm):
    """The fields of :class:`access_control.readers.settings.SchoolSettings`."""

    version = HiddenField()
    lockdown_locks_perimeter = BooleanField("A Lockdown locks outside doors, too")
    drill_moves_doors = BooleanField("In a drill the locks really lock")
    pass_hours = Whole("A visitor's pass works for at most this many hours")
    proof_limit_s = Whole("A door's state is believed for this many seconds after it was proved")
    exterior_days = Pick("Outside doors", convert=_days)
    interior_days = Pick("Inside doors", convert=_days)
    room_days = Pick("Rooms", convert=_days)

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)
        for field in (self.exterior_days, self.interior_days, self.room_days):
            field.offer([*((days, f"{days} days") for days in DAYS), (NO_LIMIT, "No limit")])


@blueprint.get("/settings")
@needs(Permission.SETTING_VIEW)
def show() -> str:
    """The settings in force."""
    with current().database.reading() as session:
        return _page(_stored(session))


@blueprint.post("/settings")
@needs(Permission.SETTING_EDIT)
def keep() -> Response:
    """Choose."""
    require_at(place_of(frame().school.id))  # the doors of every building follow them
    at, who = current().clock(), actor()
    form = SettingsForm()

    def act(session: Session) -> None:
        chosen = SchoolSettings(**{one.name: _chosen(form[one.name]) for one in fields(SchoolSettings)})
        change_settings(session, at, chosen, version_of(form), who.reference)

    return save(form, act, page=_page, path=lambda _made: "/settings", done=("Saved.", "settings"), stored=_stored)


def _chosen(field: Field) -> Any:
    return field.picked if isinstance(field, Pick) else field.data


def _stored(session: Session) -> SettingsForm:
    site = the_site(session)
    chosen = {name: NO_LIMIT if value is None else value for name, value in asdict(settings_of(site)).items()}
    return SettingsForm(formdata=None, data={"version": str(site.version), **chosen})


def _page(form: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
    with current().database.reading() as session:
        site = the_site(session)
        return render_template(
            "pages/settings.html",
            form=form,
            site=site,
            editable=may(Permission.SETTING_EDIT, place_of(site.id)),
            differences=differ,
            in_conflict=conflict,
        )
