"""The app as a whole: every page in every frame."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_live_shows_the_school_and_who_is_signed_in(desk: FlaskClient) -> None:
    page = desk.get("/").text
    assert "Maple Hollow" in page
    assert "Dana Whitfield" in page
    assert "Front desk" in page


def test_a_stranger_gets_the_sign_in_page_in_its_place(anonymous: FlaskClient) -> None:
    response = anonymous.get("/me?x=1")
    assert response.status_code == 401
    assert 'name="next" value="/me?x=1"' in response.text
