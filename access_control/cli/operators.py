"""``access-control operator``: the first account, and rescue when nobody can sign in."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from access_control.cli.line import Commands, add_config, current_database
from access_control.clock import utc_now
from access_control.people.errors import PeopleError
from access_control.people.grants import grant_role
from access_control.people.operators import add_operator, change_password, find_operator
from access_control.people.passwords import random_password
from access_control.people.permissions import Role


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("operator", help="who may sign in: add, password")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    add = steps.add_parser(
        "add",
        help="add an account that may sign in",
        description="Asks for a password twice; where there is no terminal to ask at, prints a random one.",
    )
    add.add_argument("login", metavar="LOGIN", help="what they type, such as their e-mail address")
    add.add_argument("--name", required=True, help="as it stands in the audit and on the pages")
    add.add_argument(
        "--role",
        choices=[role.value for role in Role if role is not Role.INSTALLER],
        default=Role.ADMINISTRATOR.value,
        help="what they may do, everywhere (%(default)s)",
    )
    add.set_defaults(run=add_account)
    new = steps.add_parser(
        "password",
        help="set a new password for an account that cannot sign in any more",
        description="Asks for a password twice; where there is no terminal to ask at, prints a random one. Signs the "
        "account out everywhere.",
    )
    new.add_argument("login", metavar="LOGIN", help="what they type")
    new.set_defaults(run=new_password)
    for step in (add, new):
        step.add_argument("--random-password", action="store_true", help="do not ask: print a random password")
        add_config(step)


def add_account(asked: argparse.Namespace) -> int:
    """Add the account with its role."""

    def add(session: Session, at: datetime, password: str) -> str:
        made = add_operator(session, at, login=asked.login, name=asked.name, password=password, by="cli")
        grant_role(session, at, operator_id=made.id, role=Role(asked.role), by="cli")
        return made.login

    return _with_password(asked, add)


def new_password(asked: argparse.Namespace) -> int:
    """Set the password of an account."""

    def change(session: Session, at: datetime, password: str) -> str:
        found = find_operator(session, asked.login)
        change_password(session, at, operator_id=found.id, password=password, by="cli")
        return found.login

    return _with_password(asked, change)


def _with_password(asked: argparse.Namespace, do: Callable[[Session, datetime, str], str]) -> int:
    """Do it with a password that was typed or made up, and say so."""
    made_up = asked.random_password or not sys.stdin.isatty()
    try:
        with current_database(asked) as database:
            password = random_password() if made_up else _ask()
            with database.writing() as session:
                login = do(session, utc_now(), password)
    except PeopleError as refused:
        print(refused, file=sys.stderr)
        return 1
    print(f"{login} can sign in now.")
    if made_up:
        print(f"The password is {password} and is shown only now.")
    return 0


def _ask() -> str:
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise PeopleError("These were two different passwords.", "Start again.")
    return password
