"""What may come in a request's body: forms, and JSON only where a page's script or a program sends it.

The library of the forms would also read a form from JSON, where a name may be a number, or from an uploaded file.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, request

from access_control.web.guard import OPEN_PATHS
from access_control.web.problems import Problem

TAKES_JSON: Final = frozenset({"emergency.start", "why.raw"})
"""Endpoints that read JSON themselves. Bridges' calls do, too."""

_LOOKING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def install(app: Flask) -> None:
    """Refuse everything else in an app, once it is known who asks."""
    app.before_request(_require_form)


def json_object() -> dict[str, Any]:
    """The JSON object that was sent.

    Raises:
        Problem: 400, it is none.
    """
    try:
        said = request.get_json()
    except RecursionError as error:  # nested a thousand times
        raise Problem(400) from error
    if not isinstance(said, dict):
        raise Problem(400)
    return said


def _require_form() -> None:
    if request.method in _LOOKING or request.path.startswith(OPEN_PATHS) or request.endpoint in TAKES_JSON:
        return
    if request.is_json or request.files:
        raise Problem(400)
