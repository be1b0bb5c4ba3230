"""Readers at doors, and boards of bridges: lists and forms."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.readers.boards import add_board, edit_board, get_board, list_boards
from access_control.readers.door_readers import add_reader, edit_reader, get_reader
from access_control.readers.status import site_overview
from access_control.typed_numbers import number_or_none
from access_control.web.console import doors as forms
from access_control.web.console.editing import save
from access_control.web.console.places import bridges_for, require_at_bridge, require_at_doors
from access_control.web.console.saving import Difference, RefusedError, found, version_of
from access_control.web.guard import actor, needs
from access_control.web.services import current

blueprint = Blueprint("devices", __name__)


@blueprint.get("/readers/new")
@needs(Permission.READER_EDIT)
def new_reader() -> str:
    """An empty form; ``door`` chooses the door."""
    door = request.args.get("door", "")
    with current().database.reading() as session:
        number = number_or_none(door) or 0
        return _reader(forms.reader_form(session, typed=False, door_id=number))


@blueprint.post("/readers")
@needs(Permission.READER_EDIT)
def put_reader() -> Response:
    """Add a reader."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.reader_form(session, typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_reader(form)
        if said is None:
            raise RefusedError
        require_at_doors(session, [said.door_id])
        return add_reader(session, at, said, who.reference).door_id

    return save(form, act, page=_reader, path=lambda door: f"/doors/{door}", done=("The reader is added.", "door"))


@blueprint.get("/readers/<int(max=2147483647):reader_id>")
@needs(Permission.READER_EDIT)
def reader(reader_id: int) -> str:
    """The form of a reader."""
    with current().database.reading() as session:
        row = found(get_reader, session, reader_id)
        require_at_doors(session, [row.door_id])
        return _reader(forms.reader_form(session, row, typed=False), reader_id=reader_id)


@blueprint.post("/readers/<int(max=2147483647):reader_id>")
@needs(Permission.READER_EDIT)
def keep_reader(reader_id: int) -> Response:
    """Save a reader."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        require_at_doors(session, [found(get_reader, session, reader_id).door_id])
        form = forms.reader_form(session, typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_reader(form)
        if said is None:
            raise RefusedError
        require_at_doors(session, [said.door_id])
        return edit_reader(session, at, reader_id, said, version_of(form), who.reference).door_id

    def page(typed: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        return _reader(typed, differ, conflict=conflict, reader_id=reader_id)

    return save(
        form,
        act,
        page=page,
        path=lambda door: f"/doors/{door}",
        done=("The reader is saved. The bridge gets it within seconds.", "door"),
        stored=lambda session: forms.reader_form(session, get_reader(session, reader_id), typed=False),
    )


@blueprint.get("/boards")
@needs(Permission.BRIDGE_VIEW)
def boards() -> str:
    """The boards of the bridges that whoever looks may see, and what these say of them now."""
    with current().database.reading() as session:
        names = {one.bridge.id: one.bridge.name for one in bridges_for(session, Permission.BRIDGE_VIEW)}
        bridges = site_overview(session, current().clock()).bridges
        said = {given.board: given for bridge in bridges if not bridge.silent for given in bridge.boards}
        shown = [row for row in list_boards(session) if row.bridge_id in names]
        return render_template("pages/boards.html", boards=shown, names=names, said=said)


@blueprint.get("/boards/new")
@needs(Permission.READER_EDIT)
def new_board() -> str:
    """An empty form."""
    with current().database.reading() as session:
        return _board(forms.board_form(session, typed=False))


@blueprint.post("/boards")
@needs(Permission.READER_EDIT)
def put_board() -> Response:
    """Add a board."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = forms.board_form(session, typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_board(form)
        require_at_bridge(session, said.bridge_id)
        return add_board(session, at, said, who.reference).id

    return save(form, act, page=_board, path=lambda _made: "/boards", done=("The board is added.", "boards"))


@blueprint.get("/boards/<int(max=2147483647):board_id>")
@needs(Permission.READER_EDIT)
def board(board_id: int) -> str:
    """The form of a board."""
    with current().database.reading() as session:
        row = found(get_board, session, board_id)
        require_at_bridge(session, row.bridge_id)
        return _board(forms.board_form(session, row, typed=False), board_id=board_id)


@blueprint.post("/boards/<int(max=2147483647):board_id>")
@needs(Permission.READER_EDIT)
def keep_board(board_id: int) -> Response:
    """Save a board."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        row = found(get_board, session, board_id)
        require_at_bridge(session, row.bridge_id)
        form = forms.board_form(session, typed=True)

    def act(session: Session) -> int:
        said = forms.said_of_board(form)
        require_at_bridge(session, said.bridge_id)
        return edit_board(session, at, board_id, said, version_of(form), who.reference).id

    def page(typed: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        return _board(typed, differ, conflict=conflict, board_id=board_id)

    return save(
        form,
        act,
        page=page,
        path=lambda _made: "/boards",
        done=("The board is saved. The bridge gets it within seconds.", "boards"),
        stored=lambda session: forms.board_form(session, get_board(session, board_id), typed=False),
    )


def _reader(
    form: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False, reader_id: int | None = None
) -> str:
    return render_template(
        "pages/reader_form.html", form=form, reader_id=reader_id, differences=differ, in_conflict=conflict
    )


def _board(
    form: FlaskForm, differ: Sequence[Difference] = (), *, conflict: bool = False, board_id: int | None = None
) -> str:
    return render_template(
        "pages/board_form.html", form=form, board_id=board_id, differences=differ, in_conflict=conflict
    )
