"""What adding and changing a record have in common: refusals at the form, stale forms beside what is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, make_response, redirect
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.database.errors import ConflictError
from access_control.web.console.saving import RefusedError, attempt, differences
from access_control.web.services import current


def save(
    form: FlaskForm,
    act: Callable[[Session], object],
    *,
    page: Callable[..., str],
    path: Callable[[Any], str],
    done: tuple[str, str],
    stored: Callable[[Session], FlaskForm] | None = None,
) -> Response:
    """Save a form and answer.

    Args:
        form: As it was typed; its choices are filled.
        act: Saves it; what it returns goes into ``path``.
        page: Makes the page again, with the form, its differences and whether they are in conflict.
        path: Where to go when it is saved.
        done: A sentence, and where on that page it stands.
        stored: Makes the form of the record as it is stored now.
    """
    if not form.validate():
        return make_response(page(form), 422)
    try:
        made = attempt(form, act)
    except RefusedError:
        return make_response(page(form), 422)
    except ConflictError:
        if stored is None:
            raise
        with current().database.reading() as session:
            now = stored(session)
        form.version.data = now.version.data  # saving once more is on purpose
        return make_response(page(form, differences(form, now), conflict=True), 409)
    flash(*done)
    return redirect(path(made), 303)
