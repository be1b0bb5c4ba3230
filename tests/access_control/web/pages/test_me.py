"""One's own settings."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.building.tiny_school import PASSWORD

NEW = "four words nobody guesses"


def send(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    response = client.post(path, data={"csrf_token": client.token, **form})  # type: ignore[attr-defined] # the fixture sets it
    return response.status_code, response.text


def test_what_is_chosen_is_kept_and_said(desk: FlaskClient) -> None:
    assert send(desk, "/me/settings", theme="dark", two_step_lockdown="y")[0] == 303
    page = desk.get("/me").text
    assert 'data-theme="dark"' in page
    assert "Your settings are kept." in page
    assert "data-shortcuts" not in page


def test_nonsense_is_refused(desk: FlaskClient) -> None:
    status, page = send(desk, "/me/settings", theme="pink")
    assert status == 422
    assert 'data-theme="system"' in page


def test_a_new_password_needs_the_present_one(desk: FlaskClient) -> None:
    status, page = send(desk, "/me/password", present="wrong", password=NEW, again=NEW)
    assert status == 422
    assert "not your present password" in page


def test_a_weak_one_is_refused_in_plain_words(desk: FlaskClient) -> None:
    status, page = send(desk, "/me/password", present=PASSWORD, password="short", again="short")
    assert status == 422
    assert "too short" in page


def test_two_that_differ_are_refused(desk: FlaskClient) -> None:
    status, page = send(desk, "/me/password", present=PASSWORD, password=NEW, again=NEW + "x")
    assert status == 422
    assert "differ" in page


def test_changing_it_keeps_this_session(desk: FlaskClient) -> None:
    assert send(desk, "/me/password", present=PASSWORD, password=NEW, again=NEW)[0] == 303
    assert "Your password is changed." in desk.get("/me").text


def test_signing_out_everywhere_ends_this_session_too(desk: FlaskClient) -> None:
    assert send(desk, "/me/sign-out-everywhere")[0] == 303
    assert desk.get("/").status_code == 401
