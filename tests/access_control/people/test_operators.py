"""Accounts: added, changed by those who may, and never by those who hold less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord, AuditText
from access_control.audit.record import verify
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.people.actors import actor_of, get_operator
from access_control.people.errors import BadValueError, NotAllowedError, NotThereError, SignInRefused, WeakPasswordError
from access_control.people.grants import grant_role
from access_control.people.operators import (
    add_operator,
    change_password,
    edit_operator,
    edit_own_settings,
    list_operators,
    sign_out_everywhere,
)
from access_control.people.permissions import Actor, Permission, Place, Role
from access_control.people.sign_in import sign_in
from tests.building.accounts import AT, PASSWORD, account

NEW = "four other long words"


def edit(database: Database, target: Actor, by: Actor, version: int | None = None, **values: object) -> None:
    with database.writing() as session:
        now = get_operator(session, target.id)
        wanted = {"login": now.login, "name": now.name, "active": now.active, **values}
        seen = now.version if version is None else version
        edit_operator(session, AT, operator_id=target.id, version=seen, by=by, **wanted)  # type: ignore[arg-type] # any


def test_an_account_is_added_and_recorded(any_database: Database) -> None:
    admin = account(any_database, "admin", Role.ADMINISTRATOR)
    with any_database.writing() as session:
        made = add_operator(session, AT, login=" Desk@School.Example ", name="  Dee  Desk ", password=NEW, by=admin)
    assert (made.login, made.name, made.active) == ("desk@school.example", "Dee Desk", True)
    assert NEW not in made.password_hash
    with any_database.reading() as session:
        last = session.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc())).first()
        assert last is not None
        assert (last.actor, last.action, last.subject) == (admin.reference, "operator.added", f"operator:{made.id}")
        assert "Dee Desk" in session.scalars(select(AuditText.text))
        assert verify(session).whole
        actor = actor_of(session, made.id, AT)
    assert actor is not None
    assert actor.permissions == {Permission.SELF}


@pytest.mark.parametrize(
    ("login", "name", "field"),
    [("ad", "A", "login"), ("a b c", "A", "login"), ("x" * 121, "A", "login"), ("é@x.y", "A", "login"),
     ("admin", "A", "login"), ("ADMIN", "A", "login"), ("fine", " \n", "name"), ("fine", "x" * 121, "name")],
)  # fmt: skip
def test_what_cannot_be_an_account_names_its_field(database: Database, login: str, name: str, field: str) -> None:
    admin = account(database, "admin", Role.ADMINISTRATOR)
    with database.writing() as session, pytest.raises(BadValueError) as refused:
        add_operator(session, AT, login=login, name=name, password=NEW, by=admin)
    assert refused.value.field == field


def test_who_may_not_adds_nobody(database: Database) -> None:
    desk = account(database, "desk", Role.FRONT_DESK)
    with database.writing() as session, pytest.raises(NotAllowedError):
        add_operator(session, AT, login="other", name="Other", password=NEW, by=desk)


def test_an_edit_changes_and_counts(any_database: Database) -> None:
    admin, desk = account(any_database, "admin", Role.ADMINISTRATOR), account(any_database, "desk", Role.FRONT_DESK)
    edit(any_database, desk, admin, name="Dee", login="dee")
    with any_database.reading() as session:
        changed = get_operator(session, desk.id)
        assert (changed.name, changed.login) == ("Dee", "dee")
        version = changed.version
    with pytest.raises(ConflictError) as conflict:
        edit(any_database, desk, admin, version=version - 1, name="Late")
    assert conflict.value.current_version == version


def test_who_is_made_inactive_is_out_at_once(any_database: Database) -> None:
    admin, desk = account(any_database, "admin", Role.ADMINISTRATOR), account(any_database, "desk", Role.FRONT_DESK)
    edit(any_database, desk, admin, active=False)
    with any_database.reading() as session:
        assert actor_of(session, desk.id, AT) is None
        assert get_operator(session, desk.id).session_salt != desk.session_salt
    with pytest.raises(SignInRefused):
        sign_in(any_database, AT, login="desk", password=PASSWORD, address="192.0.2.1", device_token=None)


def test_the_last_administrator_stays(any_database: Database) -> None:
    admin, desk = account(any_database, "admin", Role.ADMINISTRATOR), account(any_database, "desk", Role.FRONT_DESK)
    with pytest.raises(NotAllowedError, match="last account"):
        edit(any_database, admin, admin, active=False)
    account(any_database, "second", Role.ADMINISTRATOR, ends_at=AT + timedelta(days=1))
    with pytest.raises(NotAllowedError, match="last account"):  # whose role ends does not count
        edit(any_database, admin, admin, active=False)
    with any_database.writing() as session:
        grant_role(session, AT, operator_id=desk.id, role=Role.ADMINISTRATOR, by=admin)
    edit(any_database, admin, admin, active=False)
    with any_database.reading() as session:
        assert actor_of(session, admin.id, AT) is None


def test_nobody_changes_an_account_that_holds_more(any_database: Database) -> None:
    admin = account(any_database, "admin", Role.ADMINISTRATOR)
    of_one_building = account(any_database, "head", Role.ADMINISTRATOR, Place("site", 1))
    desk = account(any_database, "desk", Role.FRONT_DESK, Place("site", 1, 2))
    elsewhere = account(any_database, "other", Role.FRONT_DESK, Place("site", 2))
    for target in (admin, elsewhere):
        with any_database.writing() as session, pytest.raises(NotAllowedError):
            change_password(session, AT, operator_id=target.id, password=NEW, by=of_one_building)
        with pytest.raises(NotAllowedError):
            edit(any_database, target, of_one_building, name="Mine")
        with any_database.writing() as session, pytest.raises(NotAllowedError):
            sign_out_everywhere(session, AT, operator_id=target.id, by=of_one_building)
    with any_database.writing() as session:
        change_password(session, AT, operator_id=desk.id, password=NEW, by=of_one_building)
        with pytest.raises(NotAllowedError):
            change_password(session, AT, operator_id=of_one_building.id, password=NEW, by=desk)


def test_a_new_password_ends_every_session(any_database: Database) -> None:
    desk = account(any_database, "desk", Role.FRONT_DESK)
    device = sign_in(any_database, AT, login="desk", password=PASSWORD, address="192.0.2.1", device_token=None)
    with any_database.writing() as session:
        now = change_password(session, AT, operator_id=desk.id, password=NEW, by=desk)
    assert now.session_salt != desk.session_salt
    again = sign_in(any_database, AT, login="desk", password=NEW, address="192.0.2.1", device_token=device.device_token)
    assert not again.known_device
    assert again.actor.session_salt == now.session_salt
    with pytest.raises(SignInRefused):
        sign_in(any_database, AT, login="desk", password=PASSWORD, address="192.0.2.1", device_token=None)


def test_a_weak_new_password_changes_nothing(database: Database) -> None:
    desk = account(database, "desk", Role.FRONT_DESK)
    with database.writing() as session, pytest.raises(WeakPasswordError):
        change_password(session, AT, operator_id=desk.id, password="desk", by=desk)
    sign_in(database, AT, login="desk", password=PASSWORD, address="192.0.2.1", device_token=None)


def test_signing_out_everywhere_changes_the_salt(any_database: Database) -> None:
    desk = account(any_database, "desk", Role.FRONT_DESK)
    with any_database.writing() as session:
        sign_out_everywhere(session, AT, operator_id=desk.id, by=desk)
    with any_database.reading() as session:
        assert get_operator(session, desk.id).session_salt != desk.session_salt


def test_ones_own_settings_are_kept_and_nonsense_is_not(any_database: Database) -> None:
    desk = account(any_database, "desk")
    with any_database.writing() as session:
        edit_own_settings(session, operator_id=desk.id, settings={"theme": "dark"})
        edit_own_settings(session, operator_id=desk.id, settings={"two_step_lockdown": True})
        for nonsense in ({"theme": "pink"}, {"two_step_lockdown": "yes"}, {"admin": True}):
            with pytest.raises(BadValueError):
                edit_own_settings(session, operator_id=desk.id, settings=nonsense)
    with any_database.reading() as session:
        actor = actor_of(session, desk.id, AT)
    assert actor is not None
    assert actor.settings == {"theme": "dark", "two_step_lockdown": True}


def test_the_list_is_by_name(database: Database) -> None:
    for login in ("zoe", "ada", "mia"):
        account(database, login, Role.FRONT_DESK)
    with database.reading() as session:
        assert [(one.name, len(one.grants)) for one in list_operators(session)] == [("Ada", 1), ("Mia", 1), ("Zoe", 1)]


def test_who_is_not_there_is_a_sentence(database: Database) -> None:
    with database.writing() as session, pytest.raises(NotThereError):
        sign_out_everywhere(session, AT, operator_id="nobody", by="cli")
