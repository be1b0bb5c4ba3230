"""Errors of any part as the page or the JSON that its reader gets."""

from __future__ import annotations

import structlog
from flask import Flask, Response, json, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from access_control.database.errors import ConflictError, DatabaseError
from access_control.people.errors import NotAllowedError, NotThereError
from access_control.web.problems import Problem
from access_control.web.resume import sign_in_page

log = structlog.get_logger(__name__)


def install(app: Flask) -> None:
    """Answer every error of an app."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ConflictError, _conflict)
    app.register_error_handler(DatabaseError, _database)
    app.register_error_handler(NotThereError, lambda error: answer(_said(404, error)))
    app.register_error_handler(NotAllowedError, lambda error: answer(_said(403, error)))
    app.register_error_handler(Exception, _fault)


def wants_json() -> bool:
    """Whether a program asks, or a script of a page."""
    if request.path.startswith(("/bridge/", "/api/")) or request.path.endswith((".json", "/stream")) or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best.startswith("application/")


def answer(problem: Problem) -> Response:
    """The page or the JSON that says so."""
    if wants_json():
        response = make_response(json.dumps(problem.as_json()), problem.status)
        response.mimetype = "application/problem+json"
    elif problem.status == 401:
        response = make_response(sign_in_page(), 401)
    else:
        response = make_response(render_template("frame/problem.html", problem=problem), problem.status)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Session"
    wait_s = problem.fields.get("wait_s")
    if isinstance(wait_s, int) and wait_s > 0:
        response.headers["Retry-After"] = str(wait_s)
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error, Problem):
        return answer(error)
    if isinstance(error, CSRFError):
        return answer(
            Problem(
                400,
                code="stale_form",
                title="This form is from an earlier sign-in",
                detail="Somebody signed in or out on this computer after the form was opened. Nothing was changed.",
                action="Go back, load the page again and send the form once more.",
            )
        )
    if error.code is None or error.code < 400:  # a redirect that werkzeug makes
        return make_response(error.get_response())
    return answer(Problem(error.code))


def _conflict(error: ConflictError) -> Response:
    fields = {"current_version": error.current_version}
    return answer(Problem(409, detail=error.sentence, action=error.action, fields=fields))


def _database(error: DatabaseError) -> Response:
    log.warning("the database could not be used", problem=error.sentence)
    return answer(Problem(503, code="database", title=error.sentence, action=error.action))


def _said(status: int, error: NotThereError | NotAllowedError) -> Problem:
    return Problem(status, title=error.sentence, detail="Nothing was changed.", action=error.action)


def _fault(error: Exception) -> Response:
    log.error("a request failed", path=request.path, method=request.method, exc_info=error)
    return answer(Problem(500))
