"""Saving a form: what the use case refuses is shown at its field, and a stale form is shown beside what is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectField

from access_control.database.errors import ConflictError
from access_control.people.errors import NotAllowedError, PeopleError
from access_control.people.errors import NotThereError as NoSuchPersonError
from access_control.readers.errors import NotThereError, ReadersError
from access_control.typed_numbers import number_or_none
from access_control.web.console.fields import Pick, PickMany, refuse
from access_control.web.problems import Problem
from access_control.web.services import current

Done = TypeVar("Done")
Key = TypeVar("Key", int, str)


class RefusedError(Exception):
    """The form was not taken; it says itself why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which what was typed and what is stored differ, both as people read them."""

    label: str
    stored: str
    typed: str


def attempt(form: FlaskForm, act: Callable[[Session], Done]) -> Done:
    """Do it in a transaction of its own.

    Raises:
        RefusedError: The use case refused it; the form says why.
        ConflictError: Somebody else changed the record meanwhile.
        Problem: The record itself is not there (404).
    """
    try:
        with current().database.writing() as session:
            return act(session)
    except (NotAllowedError, NoSuchPersonError):
        raise
    except (ReadersError, PeopleError) as error:
        if isinstance(error, NotThereError) and error.field is None:
            raise missing(error) from error
        refuse(form, f"{error.sentence} {error.action}".strip(), error.field)
        raise RefusedError from error


def do(act: Callable[[Session], Done]) -> Done:
    """Do something that has no form, in a transaction of its own.

    Raises:
        Problem: It cannot be done now (409), or what it is about is not there (404).
        ConflictError: Somebody else changed the record meanwhile.
    """
    form = FlaskForm()
    try:
        return attempt(form, act)
    except RefusedError as error:
        raise Problem(409, title="That cannot be done now", detail=form.form_errors[0], action="") from error


def found(get: Callable[[Session, Key], Done], session: Session, key: Key) -> Done:
    """The record that an address names.

    Raises:
        Problem: It is not there (404).
    """
    try:
        return get(session, key)
    except NotThereError as error:
        raise missing(error) from error


def missing(error: ReadersError) -> Problem:
    """The page that says that a record is not there."""
    return Problem(404, title=error.sentence, detail="Nothing was changed.", action=error.action)


def version_of(form: FlaskForm) -> int:
    """The version that the form was made from.

    Raises:
        ConflictError: It says none that could be one, which no page of ours sends.
    """
    version = number_or_none(str(form.version.data or ""))
    if version is None:
        raise ConflictError
    return version


def differences(typed: FlaskForm, stored: FlaskForm) -> list[Difference]:
    """Where two forms of one record differ; what was typed as a password is shown nowhere."""
    found = []
    for field in typed:
        if isinstance(field, (HiddenField, PasswordField)) or field.name not in stored:
            continue
        pair = shown(stored[field.name]), shown(field)
        if pair[0] != pair[1]:
            found.append(Difference(field.label.text, *pair))
    return found


def shown(field: Field) -> str:
    """What a field holds, as people read it."""
    value: Any = field.data
    if isinstance(field, (Pick, PickMany)):
        return field.word or "Nothing chosen"
    if isinstance(field, SelectField):
        offered: Any = field.iter_choices()
        return next((str(one.label) for one in offered if one.selected), "Nothing chosen")
    if isinstance(field, BooleanField):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:g}"
    return "Empty" if value is None or value == "" else str(value)
