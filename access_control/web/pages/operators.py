"""Operators: who may sign in, in which roles, where and until when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, make_response, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.database.errors import ConflictError
from access_control.people.actors import get_operator
from access_control.people.errors import BadValueError, NotAllowedError
from access_control.people.grants import end_grant, grant_role
from access_control.people.operators import (
    add_operator,
    change_password,
    edit_operator,
    list_operators,
    sign_out_everywhere,
)
from access_control.people.permissions import ROLE_NAMES, Actor, Permission, Place, Role
from access_control.web.console import operators as forms
from access_control.web.console.editing import save
from access_control.web.console.fields import ConsoleForm, end_of_day
from access_control.web.console.own_password import WithOwnPassword, is_own_password
from access_control.web.console.saving import Difference, RefusedError, attempt, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, needs
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("operators", __name__)


@blueprint.get("/operators")
@needs(Permission.OPERATOR_VIEW)
def show() -> str:
    """Every account."""
    return _list()


@blueprint.post("/operators")
@needs(Permission.OPERATOR_EDIT)
def add() -> Response:
    """Add an account with its first role."""
    at, who = current().clock(), actor()
    form = forms.OperatorForm()
    _offer(form)

    def act(session: Session) -> str:
        made = add_operator(
            session,
            at,
            login=form.login.data or "",
            name=form.name.data or "",
            password=form.password.data or "",
            by=who,
        )
        _grant(session, made.id, form, who)
        return made.id

    if not is_own_password(form, "No account was added."):
        return make_response(_list(form), 422)

    def page(typed: forms.OperatorForm, _differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        del conflict
        return _list(typed)

    return save(form, act, page=page, path=lambda made: f"/operators/{made}", done=("The account is added.", "account"))


@blueprint.get("/operators/<uuid:operator_id>")
@needs(Permission.OPERATOR_VIEW)
def operator(operator_id: object) -> str:
    """One account."""
    return _page(str(operator_id))


@blueprint.post("/operators/<uuid:operator_id>")
@needs(Permission.OPERATOR_EDIT)
def keep(operator_id: object) -> Response:
    """Save name, login and whether it may sign in; opening a closed account again asks for one's own password."""
    name, at, who = str(operator_id), current().clock(), actor()
    form = forms.AccountForm()
    with current().database.reading() as session:
        opening = form.active.data and not get_operator(session, name).active
    if opening and not is_own_password(form, "Nothing was changed."):
        return make_response(_page(name, account=form), 422)

    def act(session: Session) -> str:
        if form.active.data and not opening and not get_operator(session, name).active:
            raise ConflictError  # it was closed a moment ago, so nobody was asked for a password
        return edit_operator(
            session,
            at,
            operator_id=name,
            login=form.login.data or "",
            name=form.name.data or "",
            active=form.active.data,
            version=version_of(form),
            by=who,
        ).id

    def page(typed: forms.AccountForm, differ: Sequence[Difference] = (), *, conflict: bool = False) -> str:
        return _page(name, account=typed, differ=differ, conflict=conflict)

    answer = save(
        form,
        act,
        page=page,
        path=lambda made: f"/operators/{made}",
        done=("Saved.", "account"),
        stored=lambda session: forms.stored(get_operator(session, name)),
    )
    current().actors.forget(name)
    return answer


@blueprint.post("/operators/<uuid:operator_id>/roles")
@needs(Permission.OPERATOR_EDIT)
def add_role(operator_id: object) -> Response:
    """Give a role."""
    name, who = str(operator_id), actor()
    form = forms.GrantForm()
    _offer(form)
    return _small(name, form, lambda session: _grant(session, name, form, who), "The role is given.", "roles", "grant")


@blueprint.post("/operators/<uuid:operator_id>/roles/<uuid:grant_id>/end")
@needs(Permission.OPERATOR_EDIT)
def end_role(operator_id: object, grant_id: object) -> Response:
    """Take a role away."""
    name, at, who = str(operator_id), current().clock(), actor()

    def act(session: Session) -> None:
        end_grant(session, at, operator_id=name, grant_id=str(grant_id), by=who)

    return _small(name, ConsoleForm(), act, "The role is taken away.", "roles", "")


@blueprint.post("/operators/<uuid:operator_id>/password")
@needs(Permission.OPERATOR_EDIT)
def new_password(operator_id: object) -> Response:
    """Set a new password for somebody else; every session of the account ends."""
    name, at, who = str(operator_id), current().clock(), actor()
    if name == who.id:  # who finds a screen open would know the password that a release asks for
        raise NotAllowedError("This is your own account.", "Change your own password in My settings.")
    form = forms.PasswordForm()

    def act(session: Session) -> None:
        change_password(session, at, operator_id=name, password=form.password.data or "", by=who)

    return _small(
        name, form, act, "The password is changed. Every screen of the account is signed out.", "password", "password"
    )


@blueprint.post("/operators/<uuid:operator_id>/sign-out")
@needs(Permission.OPERATOR_EDIT)
def sign_out(operator_id: object) -> Response:
    """End every session of an account."""
    name, at, who = str(operator_id), current().clock(), actor()

    def act(session: Session) -> None:
        sign_out_everywhere(session, at, operator_id=name, by=who)

    return _small(name, ConsoleForm(), act, "Every screen of the account is signed out.", "password", "")


def _small(
    name: str, form: ConsoleForm, act: Callable[[Session], None], said: str, where: str, shown_as: str
) -> Response:
    """Do one thing to an account; ``shown_as`` says which form of the page shows a refusal."""
    asked = isinstance(form, WithOwnPassword)
    if is_own_password(form, "Nothing was changed.") if asked else form.validate():
        try:
            attempt(form, act)
        except RefusedError:
            if not shown_as:
                raise Problem(409, title="That cannot be done", detail=form.form_errors[0], action="") from None
        else:
            current().actors.forget(name)
            flash(said, where)
            return redirect(f"/operators/{name}", 303)
    grant = form if isinstance(form, forms.GrantForm) else None
    password = form if isinstance(form, forms.PasswordForm) else None
    return make_response(_page(name, grant=grant, password=password), 422)


def _grant(session: Session, operator_id: str, form: forms.OperatorForm | forms.GrantForm, who: Actor) -> None:
    ends_at = end_of_day(form.ends_on.data, frame().school.zone)
    at, role, scope = current().clock(), form.role.picked, Place.of(form.scope.data or "")
    try:
        grant_role(session, at, operator_id=operator_id, role=role, scope=scope, ends_at=ends_at, by=who)
    except BadValueError as wrong:
        wrong.field = "ends_on" if wrong.field == "ends_at" else wrong.field
        raise


def _offer(form: forms.OperatorForm | forms.GrantForm) -> None:
    with current().database.reading() as session:
        forms.offer(form, forms.places(session))


def _list(form: forms.OperatorForm | None = None) -> str:
    if form is None:
        form = forms.OperatorForm(formdata=None)
        _offer(form)
    with current().database.reading() as session:
        return render_template(
            "pages/operators.html",
            operators=list_operators(session),
            form=form,
            roles=_role_names(),
            places=dict(forms.places(session)),
        )


def _page(
    operator_id: str,
    *,
    account: forms.AccountForm | None = None,
    grant: forms.GrantForm | None = None,
    password: forms.PasswordForm | None = None,
    differ: Sequence[Difference] = (),
    conflict: bool = False,
) -> str:
    if grant is None:
        grant = forms.GrantForm(formdata=None)
        _offer(grant)
    with current().database.reading() as session:
        row = get_operator(session, operator_id)
        return render_template(
            "pages/operator.html",
            operator=row,
            own=row.id == actor().id,
            form=account or forms.stored(row),
            grant=grant,
            password=password or forms.PasswordForm(formdata=None),
            roles=_role_names(),
            places=dict(forms.places(session)),
            differences=differ,
            in_conflict=conflict,
        )


def _role_names() -> dict[str, str]:
    return {role.value: ROLE_NAMES[role] for role in Role}
