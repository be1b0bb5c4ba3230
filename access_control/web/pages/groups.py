"""Groups of people and the access levels that everybody in one gets."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.groups import add_group, get_group, list_groups, rename_group
from access_control.people.models import Group
from access_control.people.permissions import Permission
from access_control.readers.levels import group_levels, list_levels, set_group_levels
from access_control.web.console.editing import save
from access_control.web.console.people import GroupForm
from access_control.web.console.places import require_at_levels
from access_control.web.console.saving import Difference, version_of
from access_control.web.guard import actor, needs
from access_control.web.services import current

blueprint = Blueprint("groups", __name__)


@blueprint.get("/groups")
@needs(Permission.PERSON_VIEW)
def show() -> str:
    """Every group."""
    return _list()


@blueprint.post("/groups")
@needs(Permission.PERSON_EDIT)
def add() -> Response:
    """Add a group."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        form = _offer(session, GroupForm())

    def act(session: Session) -> int:
        made = add_group(session, at, name=form.name.data or "", by=who)
        require_at_levels(session, form.levels.picked)
        set_group_levels(session, at, made.id, form.levels.picked, who.reference)
        return made.id

    return save(form, act, page=_list, path=lambda _made: "/groups", done=("The group is added.", "groups"))


@blueprint.get("/groups/<int(max=2147483647):group_id>")
@needs(Permission.PERSON_EDIT)
def group(group_id: int) -> str:
    """The form of a group."""
    with current().database.reading() as session:
        return _form(_stored(session, get_group(session, group_id)), group_id=group_id)


@blueprint.post("/groups/<int(max=2147483647):group_id>")
@needs(Permission.PERSON_EDIT)
def keep(group_id: int) -> Response:
    """Save a group."""
    at, who = current().clock(), actor()
    with current().database.reading() as session:
        get_group(session, group_id)
        form = _offer(session, GroupForm())

    def act(session: Session) -> None:
        seen, before = version_of(form), group_levels(session, group_id)
        row = rename_group(session, at, group_id=group_id, name=form.name.data or "", version=seen, by=who)
        require_at_levels(session, before ^ set(form.levels.picked))
        set_group_levels(session, at, group_id, form.levels.picked, who.reference)
        if group_levels(session, group_id) != before and row.version == seen:
            row.version += 1  # levels are rows of their own and do not count it up

    def page(typed: GroupForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        return _form(typed, differ, conflict=conflict, group_id=group_id)

    return save(
        form,
        act,
        page=page,
        path=lambda _made: "/groups",
        done=("The group is saved. The bridges get it within seconds.", "groups"),
        stored=lambda session: _stored(session, get_group(session, group_id)),
    )


def _offer(session: Session, form: GroupForm) -> GroupForm:
    form.levels.offer((level.id, level.name) for level in list_levels(session))
    return form


def _stored(session: Session, row: Group) -> GroupForm:
    levels = [str(level) for level in sorted(group_levels(session, row.id))]
    data = {"version": str(row.version), "name": row.name, "levels": levels}
    return _offer(session, GroupForm(formdata=None, data=data))


def _list(form: GroupForm | None = None, _differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
    del conflict  # a new group is never stale
    with current().database.reading() as session:
        names = {level.id: level.name for level in list_levels(session)}
        groups = [
            (row, count, sorted(names[level] for level in group_levels(session, row.id)))
            for row, count in list_groups(session)
        ]
        return render_template(
            "pages/groups.html", groups=groups, form=form or _offer(session, GroupForm(formdata=None))
        )


def _form(form: GroupForm, differ: Sequence[Difference] = (), *, conflict: bool = False, group_id: int) -> str:
    return render_template("pages/group.html", form=form, group_id=group_id, differences=differ, in_conflict=conflict)
