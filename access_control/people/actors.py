"""Who acts, and whether they may."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from access_control.people.errors import NotAllowedError, NotThereError
from access_control.people.models import Cardholder, Operator
from access_control.people.permissions import ActiveGrant, Actor, Permission, Place, Role

Local: TypeAlias = Literal["cli", "demo"]
"""Who works on the machine itself: set-up and rescue, which nobody has to allow."""


def actor_of(session: Session, operator_id: str, at: datetime) -> Actor | None:
    """Who acts and what they may at this moment; ``None`` if there is no such account or it is inactive."""
    operator = session.get(Operator, operator_id, options=[selectinload(Operator.grants)])
    return None if operator is None or not operator.active else actor_from(operator, at)


def actor_from(operator: Operator, at: datetime) -> Actor:
    """Who an account is, with the grants that have not ended; roles that this version does not know allow nothing."""
    grants = tuple(
        ActiveGrant(Role(grant.role), Place.of(grant.scope), grant.ends_at)
        for grant in operator.grants
        if grant.role in set(Role) and (grant.ends_at is None or at < grant.ends_at)
    )
    return Actor(operator.id, operator.name, operator.login, grants, dict(operator.settings), operator.session_salt)


def reference(by: Actor | Local) -> str:
    """As the audit names them."""
    return by.reference if isinstance(by, Actor) else by


def operator_names(session: Session, references: Iterable[str]) -> dict[str, str]:
    """The names behind those references that are of accounts, by reference; of those that are gone there is none."""
    wanted = {said.removeprefix("operator:") for said in references if said.startswith("operator:")}
    found = session.execute(select(Operator.id, Operator.name).where(Operator.id.in_(wanted))) if wanted else ()
    return {f"operator:{id_}": name for id_, name in found}


def require(by: Actor | Local, permission: Permission, place: Place | None = None) -> None:
    """See that somebody may do something.

    Raises:
        NotAllowedError: They may not.
    """
    if isinstance(by, Actor) and not by.may(permission, place):
        raise NotAllowedError("Your account may not do this.", "Ask an administrator to do it.")


def require_release(by: Actor | Local) -> None:
    """See that somebody may decide who ends emergencies, which is done at every marked reader of the school.

    Raises:
        NotAllowedError: They may not end one themselves everywhere.
    """
    if isinstance(by, Actor) and not by.may_site_wide(Permission.EMERGENCY_RELEASE):
        raise NotAllowedError("Your account may not do this.", "Ask an administrator of the whole school to do it.")


def require_release_for(session: Session, at: datetime, person: Cardholder, by: str) -> None:
    """See that whoever gives somebody a badge that counts could end emergencies themselves, if that person may.

    Args:
        session: A transaction.
        at: Now.
        person: Whose badge it is.
        by: Who gives it, as the audit names them.

    Raises:
        NotAllowedError: They may not.
    """
    kind, _, id_ = by.partition(":")
    if not person.may_release or kind != "operator":
        return
    actor = actor_of(session, id_, at)
    if actor is None:
        raise NotAllowedError("Your account may not do this.", "Ask an administrator of the whole school to do it.")
    require_release(actor)


def manageable(session: Session, at: datetime, operator_id: str, by: Actor | Local) -> Operator:
    """An account that ``by`` may change: their own, or one that holds nothing that they do not hold.

    Raises:
        NotThereError: There is no such account.
        NotAllowedError: They may not.
    """
    operator = get_operator(session, operator_id)
    if not isinstance(by, Actor) or by.id == operator.id:
        return operator
    require(by, Permission.OPERATOR_EDIT)
    if not all(by.holds(grant) for grant in actor_from(operator, at).grants):
        raise NotAllowedError(
            f"{operator.name} may do more than you, so you cannot change this account.",
            "Ask somebody with at least the same rights.",
        )
    return operator


def get_operator(session: Session, operator_id: str) -> Operator:
    """An account with its grants.

    Raises:
        NotThereError: There is none.
    """
    found = session.get(Operator, operator_id, options=[selectinload(Operator.grants)])
    if found is None:
        raise NotThereError("There is no such account.", "It may have been removed; look at the list of operators.")
    return found
