"""Ending an emergency: the row on the incident screen, the preview, the wait and its Cancel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from access_control.database.ids import new_id
from access_control.emergency.board import by_number
from access_control.emergency.errors import EmergencyError, MayNotError
from access_control.emergency.models import PendingRelease
from access_control.emergency.preview import After, after_release
from access_control.emergency.releasing import (
    ALONE_S,
    REASON_LEAST,
    Wanted,
    ask_release,
    cancel_release,
    doors_of_part,
    may_release,
)
from access_control.emergency.school import Running, School
from access_control.people.permissions import Permission
from access_control.web.console.own_password import password_problem
from access_control.web.emergencies import Choice, emergencies
from access_control.web.guard import actor, may, needs
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("release", __name__, url_prefix="/emergency/release")


@dataclass(frozen=True, slots=True)
class Row:
    """The release row.

    Attributes:
        id: Of the release that its form would ask for.
        parts: Everything, and building by building; ``doors`` one by one, as responders clear rooms.
        pending: The release that waits, if one does.
        alone: Nobody else has to agree, so that it waits first.
    """

    id: str
    parts: tuple[Choice, ...]
    doors: tuple[Choice, ...]
    pending: PendingRelease | None
    alone: bool
    wait_s: int = ALONE_S
    reason_least: int = REASON_LEAST


def release_row(school: School, running: Running, pending: PendingRelease | None) -> Row | None:
    """The row for whoever looks; ``None`` if they may release nothing of it."""
    parts = _parts(school, running)
    if not parts:
        return None
    doors = _doors(school, running)
    return Row(new_id(current().clock()), parts, doors, pending, alone=not running.directive.drill)


@blueprint.get("/preview")
@needs(Permission.EMERGENCY_RELEASE)
def preview() -> str:
    """What each door will do after a release, as the order stack says at this moment."""
    directive, part = request.args.get("directive", ""), request.args.get("part", "all")
    return render_template("emergency/preview.html", after=_preview(directive, part))


@blueprint.post("")
@needs(Permission.EMERGENCY_RELEASE)
def release() -> AnyResponse | tuple[str, int]:
    """Release, or begin the wait; with the password again and a reason."""
    form = request.form
    directive = form.get("directive", "")
    problem, field = password_problem(form.get("password", ""), "Nothing was released."), "password"
    if not problem:
        problem, field = _ask(form.get("id", ""), directive, form.get("part", "all"), form.get("why", ""))
    if problem:
        return (
            render_template(
                "emergency/release_again.html",
                directive=directive,
                part=form.get("part", "all"),
                why=form.get("why", ""),
                id=form.get("id", ""),
                problem=problem,
                field=field,
                least=REASON_LEAST,
            ),
            400,
        )
    emergencies().refresh()
    return redirect(url_for("incident.show", directive=directive), 303)


@blueprint.post("/cancel")
@needs(Permission.EMERGENCY_RELEASE)
def cancel() -> AnyResponse:
    """Take a waiting release back."""
    with current().database.writing() as session:
        try:
            cancel_release(session, current().clock(), _school(), request.form.get("id", ""), actor())
        except MayNotError as error:
            raise Problem(403, title=error.sentence, detail="Nothing was taken back.", action=error.action) from error
        except EmergencyError as error:
            raise Problem(409, title=error.sentence, action=error.action) from error
    return redirect(url_for("incident.show", directive=request.form.get("directive", "")), 303)


def _ask(id_: str, directive: str, part: str, why: str) -> tuple[str, str]:
    services, school = current(), _school()
    try:
        with services.database.writing() as session:
            at = services.clock()
            running = next((one for one in school.running if one.directive.id == directive), None)
            alone = running is None or not running.directive.drill  # a drill ends at once
            ask_release(session, services.keys, at, school, Wanted(id_, directive, part, why, alone), actor())
    except MayNotError as error:
        raise Problem(403, title=error.sentence, detail="Nothing was released.", action=error.action) from error
    except EmergencyError as error:
        return f"{error.sentence} {error.action}", error.field
    return "", ""


def _preview(directive: str, part: str) -> list[After]:
    services, school = current(), _school()
    running = next((one for one in school.running if one.directive.id == directive), None)
    if running is None:
        raise Problem(404)
    try:
        doors = doors_of_part(school, running, part, actor())
    except EmergencyError as error:
        raise Problem(400, title=error.sentence, action=error.action) from error
    with services.database.reading() as session:
        return after_release(session, services.keys, services.clock(), school, running, doors)


def _parts(school: School, running: Running) -> tuple[Choice, ...]:
    left = school.in_scope(running.directive) - running.released
    buildings = sorted({school.doors[door].building for door in left})
    allowed = [
        number for number in buildings if may(Permission.EMERGENCY_RELEASE, school.place_of(f"building:{number}"))
    ]
    parts = [Choice(f"building:{number}", f"{school.buildings[number]} only") for number in allowed]
    if may_release(school, running, None, actor()):
        parts = [Choice("all", "Everything"), *(parts if len(parts) > 1 else [])]
    return tuple(parts)


def _doors(school: School, running: Running) -> tuple[Choice, ...]:
    left = [school.doors[door] for door in school.in_scope(running.directive) - running.released]
    allowed = [door for door in left if may(Permission.EMERGENCY_RELEASE, school.place_of(f"building:{door.building}"))]
    if len(left) < 2:
        return ()
    return tuple(
        Choice(f"door:{door.id}", f"Door {door.number}, {door.name}") for door in sorted(allowed, key=by_number)
    )


def _school() -> School:
    school = emergencies().school()
    if school is None:
        raise Problem(404)
    return school


def seconds_left(pending: PendingRelease, at: datetime) -> int:
    """How long a release still waits."""
    return max(0, round((pending.due_at - at).total_seconds()))
