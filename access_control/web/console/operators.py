"""The forms of an operator's account and roles."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField, PasswordField
from wtforms.validators import InputRequired

from access_control.people.models import Operator
from access_control.people.passwords import LEAST
from access_control.people.permissions import DISTRICT, ROLE_NAMES, Place, Role
from access_control.readers.models import Building, Site, Zone
from access_control.web.console.fields import Day, Line, Pick
from access_control.web.console.own_password import WithOwnPassword


class OperatorForm(WithOwnPassword):
    """A new account with its first role."""

    name = Line("Name", needed="Type the name.")
    login = Line("Login", needed="Type a login, such as an e-mail address.")
    password = PasswordField(
        f"First password, at least {LEAST} characters", validators=[InputRequired("Type a first password.")]
    )
    role = Pick("Role", convert=Role)
    scope = Pick("Where", needed=False)
    ends_on = Day("Last day")


class AccountForm(WithOwnPassword):
    """What is changed about an account; one's own password is for opening a closed one again."""

    version = HiddenField()
    name = Line("Name", needed="Type the name.")
    login = Line("Login", needed="Type a login.")
    active = BooleanField("May sign in")
    own_password = PasswordField("Your own password")


class GrantForm(WithOwnPassword):
    """Another role."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="grant-", **more)

    role = Pick("Role", convert=Role)
    scope = Pick("Where", needed=False)
    ends_on = Day("Last day")


class PasswordForm(WithOwnPassword):
    """A new password for somebody who forgot theirs."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="password-", **more)

    password = PasswordField(
        f"New password, at least {LEAST} characters", validators=[InputRequired("Type a new password.")]
    )


def places(session: Session) -> list[tuple[str, str]]:
    """Everywhere that a role can reach, as paths and words."""
    found = [(DISTRICT.path, "Everywhere")]
    site = session.scalar(select(Site).limit(1))
    if site is None:
        return found
    found.append((Place(site.id).path, site.name))
    names = {building.id: building.name for building in session.scalars(select(Building).order_by(Building.name))}
    found += [(Place(site.id, number).path, name) for number, name in names.items()]
    zones = session.scalars(select(Zone).order_by(Zone.building_id, Zone.name))
    return found + [
        (Place(site.id, zone.building_id, zone.id).path, f"{names[zone.building_id]}, {zone.name}") for zone in zones
    ]


def offer(form: OperatorForm | GrantForm, where: list[tuple[str, str]]) -> None:
    """Fill the lists of roles and places."""
    form.role.offer(ROLE_NAMES.items())
    form.scope.offer(where[1:], nothing=where[0][1])


def stored(operator: Operator) -> AccountForm:
    """The form of an account as it is stored."""
    data = {
        "version": str(operator.version),
        "name": operator.name,
        "login": operator.login,
        "active": operator.active,
    }
    return AccountForm(formdata=None, data=data)
