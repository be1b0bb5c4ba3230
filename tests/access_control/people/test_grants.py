"""Grants: nobody gives what they do not hold, and an installer's ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.database.engine import Database
from access_control.people.actors import actor_of, get_operator
from access_control.people.errors import BadValueError, NotAllowedError, NotThereError
from access_control.people.grants import INSTALLER_DAYS, end_grant, grant_role, holders_of
from access_control.people.models import Grant
from access_control.people.permissions import DISTRICT, Permission, Place, Role
from tests.building.accounts import AT, account

DAY = timedelta(days=1)
BUILDING = Place("site", 1)


def test_a_grant_allows_and_is_recorded(any_database: Database) -> None:
    admin, desk = account(any_database, "admin", Role.ADMINISTRATOR), account(any_database, "desk")
    with any_database.writing() as session:
        grant_role(session, AT, operator_id=desk.id, role=Role.FRONT_DESK, scope=BUILDING, by=admin)
    with any_database.reading() as session:
        actor = actor_of(session, desk.id, AT)
        last = session.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc())).first()
    assert actor is not None
    assert actor.may(Permission.VISITOR_CHECK_IN, BUILDING)
    assert not actor.may(Permission.VISITOR_CHECK_IN, Place("site", 2))
    assert last is not None
    assert (last.action, last.facts["scope"]) == ("operator.granted", "site/1")


@pytest.mark.parametrize(
    ("role", "scope", "days"),
    [
        (Role.ADMINISTRATOR, DISTRICT, None),
        (Role.FRONT_DESK, Place("site"), None),
        (Role.FRONT_DESK, Place("site", 2), None),
        (Role.FRONT_DESK, Place("other", 1), None),
        (Role.FRONT_DESK, BUILDING, None),
        (Role.FRONT_DESK, BUILDING, 11),
    ],
)
def test_nobody_grants_what_they_do_not_hold(
    any_database: Database, role: Role, scope: Place, days: int | None
) -> None:
    head = account(any_database, "head", Role.ADMINISTRATOR, BUILDING, ends_at=AT + 10 * DAY)
    desk = account(any_database, "desk")
    ends_at = None if days is None else AT + days * DAY
    with any_database.writing() as session:
        for target in (desk, head):
            with pytest.raises(NotAllowedError):
                grant_role(session, AT, operator_id=target.id, role=role, scope=scope, ends_at=ends_at, by=head)
        inner = Place("site", 1, 7)
        grant_role(session, AT, operator_id=desk.id, role=role, scope=inner, ends_at=AT + 10 * DAY, by=head)
        assert session.scalars(select(Grant.scope).where(Grant.operator_id == desk.id)).all() == [inner.path]


def test_who_may_not_manage_operators_grants_nothing_even_of_their_own(database: Database) -> None:
    desk, other = account(database, "desk", Role.FRONT_DESK), account(database, "other")
    with database.writing() as session:
        for target in (desk, other):
            with pytest.raises(NotAllowedError):
                grant_role(session, AT, operator_id=target.id, role=Role.FRONT_DESK, by=desk)


def test_a_grant_that_has_ended_allows_nothing(any_database: Database) -> None:
    admin = account(any_database, "admin", Role.ADMINISTRATOR)
    installer = account(any_database, "installer")
    with any_database.writing() as session:
        grant_role(session, AT, operator_id=installer.id, role=Role.INSTALLER, ends_at=AT + DAY, by=admin)
    with any_database.reading() as session:
        before = actor_of(session, installer.id, AT + DAY - timedelta(microseconds=1))
        after = actor_of(session, installer.id, AT + DAY)
    assert before is not None
    assert after is not None
    assert before.may(Permission.DOOR_EDIT)
    assert not before.may(Permission.PERSON_VIEW)
    assert after.permissions == {Permission.SELF}


@pytest.mark.parametrize("days", [None, -1, 0, INSTALLER_DAYS + 1])
def test_an_installer_is_not_for_ever(database: Database, days: int | None) -> None:
    admin, installer = account(database, "admin", Role.ADMINISTRATOR), account(database, "installer")
    ends_at = None if days is None else AT + days * DAY
    with database.writing() as session, pytest.raises(BadValueError) as refused:
        grant_role(session, AT, operator_id=installer.id, role=Role.INSTALLER, ends_at=ends_at, by=admin)
    assert refused.value.field == "ends_at"


def test_the_same_role_again_changes_its_end(any_database: Database) -> None:
    admin, installer = account(any_database, "admin", Role.ADMINISTRATOR), account(any_database, "installer")
    with any_database.writing() as session:
        for days in (1, 5):
            ends_at = AT + days * DAY
            grant_role(session, AT, operator_id=installer.id, role=Role.INSTALLER, ends_at=ends_at, by=admin)
    with any_database.reading() as session:
        (grant,) = get_operator(session, installer.id).grants
        assert grant.ends_at == AT + 5 * DAY


def test_a_role_is_taken_away(any_database: Database) -> None:
    admin, desk = account(any_database, "admin", Role.ADMINISTRATOR), account(any_database, "desk", Role.FRONT_DESK)
    with any_database.writing() as session:
        (grant,) = get_operator(session, desk.id).grants
        end_grant(session, AT, operator_id=desk.id, grant_id=grant.id, by=admin)
        with pytest.raises(NotThereError):
            end_grant(session, AT, operator_id=desk.id, grant_id=grant.id, by=admin)
    with any_database.reading() as session:
        actor = actor_of(session, desk.id, AT)
    assert actor is not None
    assert not actor.may(Permission.DOOR_VIEW)


def test_the_last_administrators_role_stays_and_gets_no_end(any_database: Database) -> None:
    admin = account(any_database, "admin", Role.ADMINISTRATOR)
    account(any_database, "head", Role.ADMINISTRATOR, BUILDING)
    with any_database.writing() as session:
        (grant,) = get_operator(session, admin.id).grants
        with pytest.raises(NotAllowedError, match="last account"):
            end_grant(session, AT, operator_id=admin.id, grant_id=grant.id, by=admin)
        with pytest.raises(NotAllowedError, match="last account"):
            grant_role(session, AT, operator_id=admin.id, role=Role.ADMINISTRATOR, ends_at=AT + DAY, by=admin)


def test_a_role_of_a_later_version_allows_nothing(database: Database) -> None:
    desk = account(database, "desk", Role.FRONT_DESK)
    with database.writing() as session:
        get_operator(session, desk.id).grants[0].role = "superintendent"
    with database.reading() as session:
        actor = actor_of(session, desk.id, AT)
    assert actor is not None
    assert actor.permissions == {Permission.SELF}


def test_who_holds_a_permission_is_found(any_database: Database) -> None:
    account(any_database, "admin", Role.ADMINISTRATOR)
    account(any_database, "desk", Role.FRONT_DESK)
    account(any_database, "late", Role.ADMINISTRATOR, ends_at=AT + DAY)
    with any_database.reading() as session:
        assert [one.login for one in holders_of(session, AT, Permission.EMERGENCY_RELEASE)] == ["admin", "late"]
        assert [one.login for one in holders_of(session, AT + DAY, Permission.EMERGENCY_RELEASE)] == ["admin"]
