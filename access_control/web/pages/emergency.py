"""Starting an emergency from any page, and the bands that every page shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from access_control.core.decision.model import EmergencyAction
from access_control.database.ids import new_id
from access_control.emergency.errors import EmergencyError, MayNotError
from access_control.emergency.starting import Start, Started
from access_control.emergency.words import DOES, NAMES, SAID
from access_control.people.permissions import Permission
from access_control.web.answers import wants_json
from access_control.web.emergencies import context, emergencies, now, scopes_for, set_up
from access_control.web.guard import actor, needs
from access_control.web.problems import Problem
from access_control.web.services import current
from access_control.web.sessions import by_itself
from access_control.web.taking import json_object

blueprint = Blueprint("emergency", __name__, url_prefix="/emergency")
blueprint.record(set_up)
blueprint.app_context_processor(context)


@blueprint.get("/new")
@needs(Permission.EMERGENCY_START)
def new() -> str:
    """The second step: where, drill or real, and one button."""
    return _form(_action(request.args.get("action", "")), request.args.get("scope", ""))


@blueprint.post("/start")
@needs(Permission.EMERGENCY_START)
def start() -> AnyResponse | tuple[str, int]:
    """Start it. Answers also while the database is locked or dead; sending it twice starts one emergency."""
    said: dict[str, Any] = json_object() if request.is_json else request.form.to_dict()
    action = _action(str(said.get("action", "")))
    drill = _drill(said.get("drill"))
    if drill is None:
        return _again(said, action, "Say whether it is a drill or real.", "drill")
    wanted = Start(str(said.get("id", "")), action, str(said.get("scope", "")), drill, _on_the_way(said))
    try:
        started = emergencies().start(current().clock(), wanted, actor())
    except MayNotError as error:
        raise Problem(403, title=error.sentence, detail="Nothing was started.", action=error.action) from error
    except EmergencyError as error:
        return _again(said, action, f"{error.sentence} {error.action}", error.field)
    return _answer(started)


@blueprint.get("/bands.json")
@needs(Permission.EMERGENCY_VIEW)
@by_itself
def bands() -> Response:
    """What is in force, for pages to see whether their bands still say so; from memory."""
    return jsonify(bands=now().signature)


@blueprint.get("/bands")
@needs(Permission.EMERGENCY_VIEW)
@by_itself
def bands_part() -> str:
    """The bands and the emergency sections, to take the place of those that a page shows."""
    return render_template("frame/in_force.html")


def _form(action: EmergencyAction, scope: str, problem: str = "", field: str = "", id_: str = "") -> str:
    school = emergencies().school()
    if school is None:
        raise Problem(503, title="There is no school here yet", action="Set the site up first.")
    return render_template(
        "emergency/new.html",
        action=action,
        name=NAMES[action],
        said=SAID[action],
        does=DOES[action],
        scopes=scopes_for(school),
        scope=scope or "site",
        problem=problem,
        field=field,
        id=id_ or new_id(current().clock()),
    )


def _again(said: dict[str, Any], action: EmergencyAction, problem: str, field: str) -> AnyResponse | tuple[str, int]:
    if wants_json():
        raise Problem(400, title="Nothing was started", detail=problem, action="", fields={"field": field})
    return _form(action, str(said.get("scope", "")), problem, field, str(said.get("id", ""))), 400


def _answer(started: Started) -> AnyResponse:
    url = url_for("incident.show", directive=started.directive.id)
    if not wants_json():
        return redirect(url, 303)
    answer = jsonify(
        id=started.directive.id,
        url=url,
        saved=started.saved,
        sentence=started.sentence,
        bridges=list(started.bridges),
        doors=len(started.directive.doors),
        started_at=started.directive.started_at.isoformat(),
    )
    answer.status_code = 201 if started.saved else 202
    return answer


def _action(word: str) -> EmergencyAction:
    try:
        return EmergencyAction(word)
    except ValueError:
        raise Problem(400, title="There is no such action", action="Use the buttons of the page.") from None


def _drill(said: object) -> bool | None:
    if isinstance(said, bool):
        return said
    return {"drill": True, "real": False}.get(str(said))


def _on_the_way(said: dict[str, Any]) -> timedelta:
    ms = said.get("on_the_way_ms", 0)
    return timedelta(milliseconds=min(ms, 60_000)) if isinstance(ms, int) and ms > 0 else timedelta()
