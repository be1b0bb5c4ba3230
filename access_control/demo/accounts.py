"""Who can sign in to the demo's console: an account for each role, with random passwords."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.people.grants import grant_role
from access_control.people.models import Operator
from access_control.people.operators import add_operator
from access_control.people.passwords import random_password
from access_control.people.permissions import DISTRICT, Place, Role

INSTALLER_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Account:
    """An account and what it may."""

    login: str
    name: str
    role: Role
    password: str = field(repr=False)


_ACCOUNTS: Final[Mapping[str, tuple[str, Role]]] = {
    "desk": ("Diane Kowalski", Role.FRONT_DESK),
    "admin": ("Hannah Whitfield", Role.ADMINISTRATOR),
    "installer": ("Sam Installer", Role.INSTALLER),
}


def add_accounts(session: Session, at: datetime, site: str, file: Path) -> None:
    """Add the accounts, and keep their passwords in a file that only its owner may read."""
    passwords = {login: random_password() for login in _ACCOUNTS}
    for login, (name, role) in _ACCOUNTS.items():
        made = add_operator(session, at, login=login, name=name, password=passwords[login], by="demo")
        # An administrator of the whole district may change everything; the others belong to this school.
        scope = DISTRICT if role is Role.ADMINISTRATOR else Place(site)
        ends = at + timedelta(days=INSTALLER_DAYS) if role is Role.INSTALLER else None
        grant_role(session, at, operator_id=made.id, role=role, scope=scope, ends_at=ends, by="demo")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as kept:
        json.dump(passwords, kept)


def renew_installer(session: Session, at: datetime, site: str) -> None:
    """An installer's grant ends by itself; in a demo that is opened again it begins anew."""
    found = session.scalar(select(Operator).where(Operator.login == "installer"))
    if found is not None:
        ends = at + timedelta(days=INSTALLER_DAYS)
        grant_role(session, at, operator_id=found.id, role=Role.INSTALLER, scope=Place(site), ends_at=ends, by="demo")


def accounts_in(file: Path) -> Mapping[str, Account]:
    """The accounts by login, as the demo made them."""
    passwords = json.loads(file.read_text())
    return {
        login: Account(login, name, role, passwords[login])
        for login, (name, role) in _ACCOUNTS.items()
        if login in passwords
    }
