"""Signing in, and what a session that ended keeps."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from access_control.web.resume import own_path
from tests.access_control.web.conftest import MovedClock
from tests.building.tiny_school import PASSWORD


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def sign_in(client: FlaskClient, page: str, password: str = PASSWORD, **more: str) -> tuple[int, str, str]:
    form = {"csrf_token": hidden(page, "csrf_token"), "next": hidden(page, "next"), "login": "dana", **more}
    response = client.post("/sign-in", data={**form, "password": password})
    return response.status_code, response.headers.get("Location", ""), response.text


def test_signing_in_leads_to_the_page_that_was_asked_for(anonymous: FlaskClient) -> None:
    page = anonymous.get("/me").text
    status, location, _ = sign_in(anonymous, page)
    assert (status, location) == (303, "/me")
    assert anonymous.get("/me").status_code == 200


def test_a_wrong_password_is_said_in_plain_words(anonymous: FlaskClient) -> None:
    status, _, page = sign_in(anonymous, anonymous.get("/sign-in").text, password="wrong")
    assert status == 422
    assert "do not belong together" in page


def test_many_wrong_ones_say_how_long_to_wait(anonymous: FlaskClient) -> None:
    page = anonymous.get("/sign-in").text
    for _ in range(5):
        assert sign_in(anonymous, page, password="wrong")[0] == 422
    status, _, said = sign_in(anonymous, page)
    assert status == 429
    assert re.search(r"Wait \d+ seconds", said)


def test_what_was_typed_when_the_session_had_ended_is_kept(desk: FlaskClient, moved_clock: MovedClock) -> None:
    moved_clock.go_on(hours=13)
    sent = {"csrf_token": desk.token, "theme": "dark", "password": "secret"}  # type: ignore[attr-defined] # the fixture sets it
    page = desk.post("/me/settings", data=sent, headers={"Origin": "http://localhost"})
    assert page.status_code == 401
    assert "what you typed is kept" in page.text
    status, _, again = sign_in(desk, page.text, kept=hidden(page.text, "kept"))
    assert status == 200
    assert 'action="/me/settings"' in again
    assert hidden(again, "theme") == "dark"
    assert "secret" not in again
    form = {"csrf_token": hidden(again, "csrf_token"), "theme": "dark"}
    assert desk.post("/me/settings", data=form).status_code == 303


def test_what_another_site_sends_is_not_kept(desk: FlaskClient, moved_clock: MovedClock) -> None:
    moved_clock.go_on(hours=13)
    page = desk.post("/me/settings", data={"theme": "dark"}, headers={"Origin": "https://evil.example"})
    assert page.status_code == 401
    assert 'name="kept"' not in page.text


def test_a_form_of_an_earlier_session_of_the_same_person_can_be_sent(desk: FlaskClient, app: Flask) -> None:
    old = desk.token  # type: ignore[attr-defined] # the fixture sets it
    fresh = app.test_client()
    sign_in(fresh, fresh.get("/me").text)
    assert fresh.post("/me/settings", data={"csrf_token": old, "theme": "light"}).status_code == 303


def test_a_form_without_a_token_changes_nothing(desk: FlaskClient) -> None:
    response = desk.post("/me/settings", data={"theme": "dark"})
    assert response.status_code == 400
    assert "Nothing was changed" in response.text


def test_signing_out(desk: FlaskClient) -> None:
    assert desk.post("/sign-out", data={"csrf_token": desk.token}).status_code == 302  # type: ignore[attr-defined] # the fixture sets it
    assert desk.get("/").status_code == 401


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-out", "", None]
)
def test_nobody_is_led_elsewhere(path: str | None) -> None:
    assert own_path(path) == "/"


def test_own_paths_keep_their_question() -> None:
    assert own_path("/people?q=a") == "/people?q=a"


@pytest.mark.parametrize("header", ["Origin", "Referer"])
def test_a_header_that_is_no_address_is_ignored(app: Flask, anonymous: FlaskClient, header: str) -> None:
    app.testing = False
    page = anonymous.get("/sign-in").text
    form = {"csrf_token": hidden(page, "csrf_token"), "login": "dana", "password": "wrong"}
    assert anonymous.post("/sign-in", data=form, headers={header: "http://[abc"}).status_code == 422
