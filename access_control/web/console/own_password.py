"""A form that asks for one's own password again, because what it does hands out something that opens or ends things."""

from __future__ import annotations

from typing import Any

from wtforms import PasswordField
from wtforms.validators import InputRequired

from access_control.people.errors import SignInRefused
from access_control.people.sign_in import verify_password
from access_control.web.console.fields import ConsoleForm, refuse
from access_control.web.guard import actor
from access_control.web.services import current


class WithOwnPassword(ConsoleForm):
    """A form that has another password too, or more than a password: a screen left open gives nobody an account."""

    own_password = PasswordField("Your own password", validators=[InputRequired("Type your own password.")])


class PasswordAgain(ConsoleForm):
    """One's own password; ``prefix`` tells the forms of one page apart."""

    def __init__(self, prefix: str, **more: Any) -> None:
        super().__init__(prefix=f"{prefix}-", **more)

    password = PasswordField("Your password", validators=[InputRequired("Type your password.")])


def is_own_password(form: PasswordAgain | WithOwnPassword, nothing: str) -> bool:
    """Whether the form was filled in with the password of whoever sends it; else the form says so.

    Args:
        form: As it was sent.
        nothing: What was not done then, as "No codes were made."
    """
    if not form.validate():
        return False
    field = form.own_password if isinstance(form, WithOwnPassword) else form.password
    problem = password_problem(field.data, nothing) if field.data else "Type your own password."
    if problem:
        refuse(form, problem, field.short_name)
    return not problem


def password_problem(given: str, nothing: str) -> str:
    """What to say to whoever gave this as their own password; empty if it is that."""
    services = current()
    try:
        right = verify_password(services.database, services.clock(), operator_id=actor().id, password=given)
    except SignInRefused as error:
        return f"{error.sentence} {error.action}"
    return "" if right else f"That is not your password. {nothing} Type it again."
