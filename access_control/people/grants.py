"""Grants: a role for an operator within a scope. Nobody grants what they do not hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.database.ids import new_id
from access_control.database.locks import hold
from access_control.people.actors import Local, actor_from, get_operator, manageable, reference, require
from access_control.people.errors import BadValueError, NotAllowedError, NotThereError
from access_control.people.models import Grant, Operator
from access_control.people.permissions import DISTRICT, ROLE_NAMES, ActiveGrant, Actor, Permission, Place, Role

INSTALLER_DAYS: Final = 90
"""An installer's grant ends by itself after so many days at most."""


def grant_role(
    session: Session,
    at: datetime,
    *,
    operator_id: str,
    role: Role,
    scope: Place = DISTRICT,
    ends_at: datetime | None = None,
    by: Actor | Local,
) -> Grant:
    """Give an operator a role within a scope; the same role there again changes only when it ends.

    Raises:
        NotThereError: There is no such account.
        NotAllowedError: ``by`` may not change this account, or does not hold all that the role allows there for as
            long.
        BadValueError: It would have ended already, or an installer's would not end within 90 days.
    """
    require(by, Permission.OPERATOR_EDIT)
    operator = manageable(session, at, operator_id, by)
    _check_end(role, at, ends_at)
    asked = ActiveGrant(role, scope, ends_at)
    if isinstance(by, Actor) and not by.holds(asked):
        raise NotAllowedError(
            f"You cannot give the role {ROLE_NAMES[role]} there, because you do not hold all that it allows.",
            "Choose a smaller role or place, or an earlier end, or ask somebody who holds it.",
        )
    found = next((grant for grant in operator.grants if (grant.role, grant.scope) == (role, scope.path)), None)
    if found is None:
        found = Grant(id=new_id(at), role=role.value, scope=scope.path)
        operator.grants.append(found)
    elif ends_at is not None:
        keep_one_manager(session, at, without_grant=found.id)
    found.granted_by, found.granted_at, found.ends_at = reference(by), at, ends_at
    session.flush()
    facts = {"role": role.value, "scope": scope.path, "ends_at": None if ends_at is None else ends_at.isoformat()}
    record(session, at, actor=reference(by), action="operator.granted", subject=f"operator:{operator.id}", facts=facts)
    return found


def end_grant(session: Session, at: datetime, *, operator_id: str, grant_id: str, by: Actor | Local) -> None:
    """Take a role away from an operator.

    Raises:
        NotThereError: There is no such account or grant.
        NotAllowedError: ``by`` may not change this account, or nobody could manage operators afterwards.
    """
    require(by, Permission.OPERATOR_EDIT)
    operator = manageable(session, at, operator_id, by)
    found = next((grant for grant in operator.grants if grant.id == grant_id), None)
    if found is None:
        raise NotThereError("This role was taken away already.", "Look at the list of roles again.")
    keep_one_manager(session, at, without_grant=found.id)
    operator.grants.remove(found)
    session.flush()
    facts = {"role": found.role, "scope": found.scope}
    record(
        session, at, actor=reference(by), action="operator.grant_ended", subject=f"operator:{operator.id}", facts=facts
    )


def holders_of(session: Session, at: datetime, permission: Permission) -> list[Operator]:
    """The active operators who may do something anywhere at this moment."""
    everybody = select(Operator).where(Operator.active).options(selectinload(Operator.grants)).order_by(Operator.name)
    return [one for one in session.scalars(everybody) if permission in actor_from(one, at).permissions]


def keep_one_manager(
    session: Session, at: datetime, *, without_operator: str | None = None, without_grant: str | None = None
) -> None:
    """See that somebody can still manage operators there, for good, when an account or a grant is gone.

    Raises:
        NotAllowedError: Nobody could.
    """
    hold(session, "operators")  # two administrators cannot remove each other at once
    left = [
        Place.of(grant.scope)
        for operator in holders_of(session, at, Permission.OPERATOR_EDIT)
        if operator.id != without_operator
        for grant in operator.grants
        if grant.id != without_grant and _manages_for_good(grant)
    ]
    gone = [Place.of(grant.scope) for grant in _gone(session, without_operator, without_grant)]
    if not all(any(place.contains(lost) for place in left) for lost in gone):
        raise NotAllowedError(
            "This is the last account that can manage operators, so it has to stay.",
            "Give somebody else the role Administrator first.",
        )


def _gone(session: Session, operator_id: str | None, grant_id: str | None) -> list[Grant]:
    if operator_id is not None:
        grants = get_operator(session, operator_id).grants
    else:
        grants = [grant] if grant_id is not None and (grant := session.get(Grant, grant_id)) else []
    return [grant for grant in grants if _manages_for_good(grant)]


def _manages_for_good(grant: Grant) -> bool:
    if grant.role not in set(Role) or grant.ends_at is not None:
        return False
    return Permission.OPERATOR_EDIT in ActiveGrant(Role(grant.role)).permissions


def _check_end(role: Role, at: datetime, ends_at: datetime | None) -> None:
    if ends_at is not None and ends_at <= at:
        raise BadValueError("That end has passed already.", "Choose a later day.", "ends_at")
    if role is Role.INSTALLER and (ends_at is None or ends_at > at + timedelta(days=INSTALLER_DAYS)):
        raise BadValueError(
            f"An installer's role has to end within {INSTALLER_DAYS} days.", "Choose an earlier day.", "ends_at"
        )
