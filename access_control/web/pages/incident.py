"""The incident screen: band, walk list, counts, ruler, board, and the record of emergencies that have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from access_control.database.engine import Database
from access_control.database.errors import DatabaseError
from access_control.emergency.board import Board, make_board, read_board
from access_control.emergency.errors import EmergencyError, MayNotError, NoSuchDirectiveError
from access_control.emergency.models import Going, PendingRelease
from access_control.emergency.released import released_by
from access_control.emergency.releasing import not_carried_out, releases_of, waiting_releases
from access_control.emergency.ruler import Ruler, make_ruler
from access_control.emergency.school import Running, School, directive_of
from access_control.emergency.walking import say_going, who_goes
from access_control.emergency.words import SAID
from access_control.people.permissions import Permission, Place
from access_control.readers.records import DirectiveRow, ReleaseRow
from access_control.typed_numbers import read_number
from access_control.web.emergencies import Band, band_of, emergencies
from access_control.web.guard import actor, may, needs
from access_control.web.pages.release import Row, release_row
from access_control.web.problems import Problem
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("incident", __name__, url_prefix="/emergency")


@dataclass(frozen=True, slots=True)
class View:
    """What the incident screen shows.

    Attributes:
        known: Whether the database answered; if not, the doors are shown as commanded only.
        going: For each door, who said last that they go.
        released_by: Who made each release, by its id.
        release: The release row; ``None`` for whoever may not release and for what has ended.
        failed: The release that was asked for last, if the service could not carry it out.
    """

    band: Band
    board: Board
    ruler: Ruler
    going: dict[int, Going]
    releases: list[ReleaseRow]
    released_by: Mapping[str, str]
    release: Row | None
    known: bool
    at: datetime
    failed: PendingRelease | None = None


@blueprint.get("/")
@needs(Permission.EMERGENCY_VIEW)
def overview() -> str:
    """Every emergency and drill there was, the newest first."""
    school = _school()
    with current().database.reading() as session:
        rows = session.scalars(select(DirectiveRow).order_by(DirectiveRow.started_at.desc()).limit(200)).all()
        listed = [(row, band_of(school, Running(directive_of(row), row.by_name))) for row in rows]
    return render_template("emergency/list.html", listed=listed)


@blueprint.get("/<uuid:directive>")
@needs(Permission.EMERGENCY_VIEW)
def show(directive: UUID) -> str:
    """The incident screen."""
    return render_template("emergency/incident.html", view=_view(str(directive)), said=SAID)


@blueprint.get("/<uuid:directive>/now")
@needs(Permission.EMERGENCY_VIEW)
@by_itself
def part(directive: UUID) -> str:
    """The parts of the incident screen that change, each under its key."""
    return render_template("emergency/now.html", view=_view(str(directive)))


@blueprint.get("/<uuid:directive>/walk-list")
@needs(Permission.EMERGENCY_VIEW)
def walk_list(directive: UUID) -> str:
    """The walk list on paper."""
    return render_template("emergency/walk_list.html", view=_view(str(directive)))


@blueprint.post("/<uuid:directive>/going")
@needs(Permission.EMERGENCY_GO)
def going(directive: UUID) -> AnyResponse:
    """Somebody goes to a door."""
    door = request.form.get("door", type=read_number)
    if door is None:
        raise Problem(400)
    school, at = _school(), current().clock()
    with current().database.writing() as session:
        try:
            say_going(session, at, school, directive=str(directive), door=door, by=actor())
        except MayNotError as error:
            raise Problem(403, title=error.sentence, action=error.action) from error
        except EmergencyError as error:
            raise Problem(409, title=error.sentence, action=error.action) from error
    return redirect(url_for("incident.show", directive=directive), 303)


def may_go(door_building: int, door_zone: int | None) -> bool:
    """Whether whoever looks may say that they go to a door there."""
    return may(Permission.EMERGENCY_GO, Place(_school().site, door_building, door_zone))


def _school() -> School:
    school = emergencies().school()
    if school is None:
        raise Problem(404)
    return school


def _view(directive: str) -> View:
    services, school = current(), _school()
    try:
        return _read(services.database, services.clock(), school, directive)
    except NoSuchDirectiveError:
        return _from_memory(services.clock(), school, directive, known=True)
    except DatabaseError:
        return _from_memory(services.clock(), school, directive, known=False)


def _read(database: Database, at: datetime, school: School, directive: str) -> View:
    with database.reading() as session:
        board = read_board(session, at, school, directive)
        releases = releases_of(session, directive)
        return View(
            band=band_of(school, board.running),
            board=board,
            ruler=make_ruler(board.cells),
            going=dict(who_goes(session, directive)),
            releases=releases,
            released_by=released_by(session, releases, names=may(Permission.PERSON_VIEW)),
            release=_release(session, school, board),
            known=True,
            at=at,
            failed=not_carried_out(session, directive) if board.ended_at is None else None,
        )


def _release(session: Session, school: School, board: Board) -> Row | None:
    if board.ended_at is not None:
        return None
    waiting = waiting_releases(session, board.running.directive.id)
    return release_row(school, board.running, waiting[0] if waiting else None)


def _from_memory(at: datetime, school: School, directive: str, *, known: bool) -> View:
    """An emergency that is on its way to the doors and not saved yet, or that cannot be read just now."""
    running = next((one for one in school.running if one.directive.id == directive), None)
    if running is None:
        raise Problem(404 if known else 503)
    board = make_board(at, school, running, None)
    return View(band_of(school, running), board, make_ruler(board.cells), {}, [], {}, None, known, at)
