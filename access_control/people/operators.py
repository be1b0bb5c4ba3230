"""Operators: who may sign in, what they may do, and what another may change about them.

Nobody grants what they do not hold, and nobody changes the account of someone who holds more, for that would be the
same by another way.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.database.errors import expect_version
from access_control.database.ids import new_id
from access_control.people.actors import Local, actor_from, get_operator, manageable, reference, require
from access_control.people.errors import BadValueError, NotThereError
from access_control.people.grants import keep_one_manager
from access_control.people.models import KnownDevice, Operator, Theme
from access_control.people.passwords import check_password, hash_password
from access_control.people.permissions import Actor, Permission
from access_control.people.values import line

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._+@-]{1,118}[a-z0-9]")


def add_operator(
    session: Session, at: datetime, *, login: str, name: str, password: str, by: Actor | Local
) -> Operator:
    """Add an account without any grant.

    Raises:
        NotAllowedError: ``by`` may not.
        BadValueError: The login is taken or not one, the name is missing, or the password is weak.
    """
    require(by, Permission.OPERATOR_EDIT)
    login, name = proper_login(session, login), line(name, "name", "The name", 120)
    check_password(password, login, name)
    made = Operator(
        id=new_id(at),
        login=login,
        name=name,
        password_hash=hash_password(password),
        session_salt=new_salt(),
        settings={},
        created_at=at,
    )
    session.add(made)
    session.flush()
    record(session, at, actor=reference(by), action="operator.added", subject=f"operator:{made.id}", text=name)
    return made


def edit_operator(
    session: Session,
    at: datetime,
    *,
    operator_id: str,
    login: str,
    name: str,
    active: bool,
    version: int,
    by: Actor | Local,
) -> Operator:
    """Change an account; one that is made inactive is signed out at once.

    Raises:
        NotThereError: There is no such account.
        NotAllowedError: ``by`` may not, or it is the last that can manage operators.
        BadValueError: The login is taken or not one, or the name is missing.
        ConflictError: Somebody else changed it meanwhile.
    """
    operator = manageable(session, at, operator_id, by)
    expect_version(operator.version, version)
    if operator.active and not active:
        keep_one_manager(session, at, without_operator=operator.id)
        operator.session_salt = new_salt()
    operator.login = proper_login(session, login, operator)
    operator.name = line(name, "name", "The name", 120)
    operator.active = active
    session.flush()
    facts = {"active": active}
    subject = f"operator:{operator.id}"
    record(session, at, actor=reference(by), action="operator.edited", subject=subject, facts=facts, text=operator.name)
    return operator


def change_password(session: Session, at: datetime, *, operator_id: str, password: str, by: Actor | Local) -> Actor:
    """Set a new password, one's own or somebody else's; signs the account out everywhere and forgets its devices.

    Returns:
        The account as it is now, so that whoever changed their own can stay signed in.

    Raises:
        NotThereError: There is no such account.
        NotAllowedError: ``by`` may not.
        WeakPasswordError: The password is.
    """
    operator = manageable(session, at, operator_id, by)
    check_password(password, operator.login, operator.name)
    operator.password_hash = hash_password(password)
    _sign_out(session, operator)
    session.flush()
    subject = f"operator:{operator.id}"
    record(session, at, actor=reference(by), action="operator.password_changed", subject=subject)
    return actor_from(operator, at)


def sign_out_everywhere(session: Session, at: datetime, *, operator_id: str, by: Actor | Local) -> None:
    """End every session of an account, and forget the browsers it was used from.

    Raises:
        NotThereError: There is no such account.
        NotAllowedError: ``by`` may not.
    """
    operator = manageable(session, at, operator_id, by)
    _sign_out(session, operator)
    session.flush()
    record(session, at, actor=reference(by), action="operator.signed_out", subject=f"operator:{operator.id}")


def edit_own_settings(session: Session, *, operator_id: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep what an operator chose for themselves: ``theme``, ``two_step_lockdown``, ``single_key_shortcuts``.

    Raises:
        NotThereError: There is no such account.
        BadValueError: There is no such choice.
    """
    operator = get_operator(session, operator_id)
    for key, value in settings.items():
        known = value in set(Theme) if key == "theme" else isinstance(value, bool)
        if key not in {"theme", "two_step_lockdown", "single_key_shortcuts"} or not known:
            raise BadValueError("There is no such choice.", "Choose one that the page shows.", key)
    operator.settings = {**operator.settings, **{key: str(v) if key == "theme" else v for key, v in settings.items()}}
    session.flush()
    return operator.settings


def list_operators(session: Session) -> list[Operator]:
    """Every account with its grants, by name."""
    return list(session.scalars(select(Operator).options(selectinload(Operator.grants)).order_by(Operator.name)))


def find_operator(session: Session, login: str) -> Operator:
    """An account by its login.

    Raises:
        NotThereError: There is none.
    """
    found = session.scalars(select(Operator).where(Operator.login == login.strip().lower())).one_or_none()
    if found is None:
        raise NotThereError(f"There is no account {login}.", "Check how the login is spelled.")
    return found


def proper_login(session: Session, login: str, of: Operator | None = None) -> str:
    """A login as it is stored: lower case, and nobody else's.

    Raises:
        BadValueError: It is not one, or it is taken.
    """
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise BadValueError(
            "The login is not one.", "Use 3 to 120 letters, digits and . _ + @ -, such as an e-mail address.", "login"
        )
    taken = session.scalar(select(Operator.id).where(Operator.login == login))
    if taken is not None and (of is None or taken != of.id):
        raise BadValueError(f"The login {login} is taken.", "Choose another.", "login")
    return login


def _sign_out(session: Session, operator: Operator) -> None:
    operator.session_salt = new_salt()
    session.execute(delete(KnownDevice).where(KnownDevice.operator_id == operator.id))


def new_salt() -> str:
    """What a session must carry; once it is changed, every session with the old one has ended."""
    return secrets.token_hex(16)
