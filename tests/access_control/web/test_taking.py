"""Bodies of every kind at every address: refused in plain words, never an error of ours."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from access_control.web.taking import TAKES_JSON

BODIES = {
    "a text": b'"x"',
    "a number": b"7",
    "a huge number": b"1e9999",
    "a list": b"[]",
    "nothing": b"null",
    "a deep list": b"[" * 100_000,
    "a deep object": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "numbers for texts": b'{"name": 7, "login": 7, "password": 7, "theme": [1], "id": {}, "scope": 7, "drill": true}',
    "half a letter": b'{"action": "lockdown", "id": "\\ud800", "scope": "\\ud800", "drill": false}',
    "no JSON": b"\xff\xfe",
}
FORMS = ["/people", "/me/settings", "/groups", "/desk/check-in", "/sign-in"]


def send(client: FlaskClient, path: str, body: bytes) -> int:
    token = {"X-CSRFToken": client.token}  # type: ignore[attr-defined]  # the fixture sets it
    return client.post(path, data=body, content_type="application/json", headers=token).status_code


@pytest.mark.parametrize("kind", BODIES)
def test_a_form_is_not_read_from_json(app: Flask, administrator: FlaskClient, kind: str) -> None:
    app.testing = False
    assert {path: send(administrator, path, BODIES[kind]) for path in FORMS} == dict.fromkeys(FORMS, 400)


@pytest.mark.parametrize("kind", BODIES)
def test_what_takes_json_refuses_nonsense(app: Flask, administrator: FlaskClient, kind: str) -> None:
    app.testing = False
    assert send(administrator, "/emergency/start", BODIES[kind]) == 400
    assert send(administrator, "/why.json", BODIES[kind]) == 400


def test_what_takes_json_is_there(app: Flask) -> None:
    assert app.view_functions.keys() >= TAKES_JSON


def test_a_file_is_no_text(app: Flask, administrator: FlaskClient) -> None:
    app.testing = False
    sent = {"csrf_token": administrator.token, "name": (io.BytesIO(b"x"), "name.txt")}  # type: ignore[attr-defined]  # as above
    assert administrator.post("/groups", data=sent, content_type="multipart/form-data").status_code == 400


def test_who_is_signed_out_is_told_that_first(anonymous: FlaskClient) -> None:
    assert anonymous.post("/people", data=b"7", content_type="application/json").status_code == 401
