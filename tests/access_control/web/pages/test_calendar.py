from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals


def test_days_are_marked_and_made_regular_again(
    administrator: FlaskClient, furnished: ConsoleSchool, services: Services
) -> None:
    first = services.clock().date() + timedelta(days=20)
    form = {"first": first.isoformat(), "day_type_id": str(furnished.holiday), "name": "Snow"}
    assert post(administrator, "/calendar", form).status_code == 303
    assert "Snow" in administrator.get("/calendar").text
    assert post(administrator, "/calendar/clear", day=first.isoformat()).status_code == 303
    assert "Snow" not in administrator.get("/calendar").text
    assert post(administrator, "/calendar/clear", day=first.isoformat()).status_code == 404
    backwards = {**form, "last": (first - timedelta(days=1)).isoformat()}
    assert "before the first" in refusals(post(administrator, "/calendar", backwards))[0]


def test_a_kind_of_day_has_one_name(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert post(administrator, "/calendar/kinds", {"kind-name": "Early release"}).status_code == 303
    assert "already a kind of day" in refusals(post(administrator, "/calendar/kinds", {"kind-name": "Holiday"}))[0]


def test_installers_look_and_do_not_touch(installer: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert "Thanksgiving" in installer.get("/calendar").text
    for path in ("/calendar", "/calendar/clear", "/calendar/kinds"):
        assert post(installer, path).status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    del furnished
    assert nonsense(administrator, "/calendar", ["first", "last", "day_type_id", "name"]) == []
    assert nonsense(administrator, "/calendar/clear", ["day"]) == []
    assert nonsense(administrator, "/calendar/kinds", ["kind-name"]) == []
