"""Every endpoint names one permission, and is refused to whoever does not hold it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from access_control.people.permissions import Permission, Place, Role
from access_control.web import app as web_app
from access_control.web import guard
from access_control.web.problems import Problem
from access_control.web.routes import BLUEPRINTS
from access_control.web.services import Services
from tests.building.tiny_school import SITE


def with_page(monkeypatch: pytest.MonkeyPatch, services: Services, view: Callable[[], str], path: str) -> Flask:
    blueprint = Blueprint("extra", __name__)
    blueprint.get(path)(view)
    monkeypatch.setattr(web_app, "BLUEPRINTS", (*BLUEPRINTS, blueprint))
    return web_app.make_app(services)


def test_a_page_without_a_permission_fails_at_start(monkeypatch: pytest.MonkeyPatch, services: Services) -> None:
    with pytest.raises(RuntimeError, match="extra"):
        with_page(monkeypatch, services, lambda: "", "/extra")


def test_a_page_for_everybody_names_no_permission(monkeypatch: pytest.MonkeyPatch, services: Services) -> None:
    view = guard.needs(Permission.LIVE_VIEW)(lambda: "")
    with pytest.raises(RuntimeError, match="extra"):
        with_page(monkeypatch, services, view, "/bridge/v1/extra")


def test_a_view_has_one_permission() -> None:
    with pytest.raises(TypeError):
        guard.needs(Permission.LIVE_VIEW)(guard.needs(Permission.SELF)(lambda: ""))


def test_whoever_does_not_hold_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, services: Services, signed_in: Callable[[Role], FlaskClient]
) -> None:
    made = with_page(monkeypatch, services, guard.needs(Permission.PERSON_VIEW)(lambda: "names"), "/extra")
    clients = {role: signed_in(role) for role in Role}
    for role, status in {Role.ADMINISTRATOR: 200, Role.FRONT_DESK: 200, Role.INSTALLER: 403}.items():
        client = made.test_client()
        found = clients[role].get_cookie("session")
        assert found is not None
        client.set_cookie("session", found.value)
        response = client.get("/extra")
        assert response.status_code == status, role
        assert ("names" in response.text) == (status == 200)


def test_a_place_is_judged_too(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(Problem) as refused:
        guard.require_at(Place(SITE), Permission.DOOR_VIEW)
    assert refused.value.status == 401


def test_figures_are_for_this_machine_and_for_who_may_see_them(anonymous: FlaskClient, desk: FlaskClient) -> None:
    assert anonymous.get("/metrics").status_code == 200
    assert anonymous.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 401
    elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
    assert anonymous.get("/metrics", environ_overrides=elsewhere).status_code == 401
    assert desk.get("/metrics", environ_overrides=elsewhere).status_code == 403
