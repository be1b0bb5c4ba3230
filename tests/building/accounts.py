"""Accounts for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from access_control.database.engine import Database
from access_control.people.actors import actor_of
from access_control.people.grants import grant_role
from access_control.people.operators import add_operator
from access_control.people.permissions import DISTRICT, Actor, Place, Role

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


def account(
    database: Database,
    login: str,
    role: Role | None = None,
    scope: Place = DISTRICT,
    ends_at: datetime | None = None,
) -> Actor:
    """An account with one grant, made on the machine itself."""
    with database.writing() as session:
        made = add_operator(session, AT, login=login, name=login.title(), password=PASSWORD, by="cli")
        if role is not None:
            grant_role(session, AT, operator_id=made.id, role=role, scope=scope, ends_at=ends_at, by="cli")
        actor = actor_of(session, made.id, AT)
    assert actor is not None
    return actor
