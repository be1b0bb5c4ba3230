"""Errors are pages in plain words for people and RFC 9457 for programs."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from access_control.database.errors import ConflictError, DatabaseBusyError
from access_control.people.errors import NotAllowedError, NotThereError
from access_control.web.answers import answer
from access_control.web.problems import WORDS, Problem
from access_control.web.services import EXTENSION

ERRORS: dict[type[Exception], tuple[Exception, int, str]] = {
    ConflictError: (ConflictError(7), 409, "Somebody else changed this"),
    DatabaseBusyError: (DatabaseBusyError(), 503, "busy"),
    NotThereError: (NotThereError("No such door.", "Look at the list."), 404, "No such door."),
    NotAllowedError: (NotAllowedError("You may not.", "Ask."), 403, "You may not."),
    ZeroDivisionError: (ZeroDivisionError("secret detail"), 500, "Something went wrong"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_each_error_is_a_page_and_a_problem(
    app: Flask, monkeypatch: pytest.MonkeyPatch, desk: FlaskClient, kind: type[Exception]
) -> None:
    error, status, said = ERRORS[kind]

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setitem(app.view_functions, "me.show", fail)
    fail._permission = "self"  # type: ignore[attr-defined]  # as the guard marks it
    app.testing = False
    page = desk.get("/me")
    assert page.status_code == status
    assert said in page.text
    assert "secret detail" not in page.text
    problem = desk.get("/me", headers={"Accept": "application/json"})
    assert problem.status_code == status
    assert problem.mimetype == "application/problem+json"
    body = problem.get_json()
    assert {"code", "detail", "action", "fields", "status", "title"} <= body.keys()


def test_a_page_that_is_not_there_keeps_the_frame(desk: FlaskClient) -> None:
    page = desk.get("/nowhere")
    assert page.status_code == 404
    assert "There is no such page" in page.text
    assert "Dana Whitfield" in page.text


def test_strangers_learn_nothing_from_it(anonymous: FlaskClient) -> None:
    page = anonymous.get("/nowhere")
    assert page.status_code == 404
    assert "Dana" not in page.text


def test_programs_are_told_that_nobody_is_signed_in(anonymous: FlaskClient) -> None:
    response = anonymous.get("/live/state.json")
    assert response.status_code == 401
    assert response.get_json()["code"] == "signed_out"


def test_how_long_to_wait_is_a_header_too(app: Flask) -> None:
    with app.test_request_context("/x.json"):
        assert answer(Problem(429, fields={"wait_s": 30})).headers["Retry-After"] == "30"


@pytest.mark.parametrize("status", WORDS)
def test_words_end_as_sentences(status: int) -> None:
    words = WORDS[status]
    assert words.detail.endswith(".")
    assert words.action.endswith(".")


def test_the_frame_stands_while_the_database_is_gone(app: Flask, desk: FlaskClient) -> None:
    assert desk.get("/").status_code == 200
    app.extensions[EXTENSION].database.reader.dispose()
    path = app.extensions[EXTENSION].config.state_dir / "school.db"
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    page = desk.get("/nowhere")
    assert page.status_code == 404
    assert "Maple Hollow" in page.text
    assert "The database does not answer" in page.text
