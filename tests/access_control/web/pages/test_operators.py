from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from access_control.database.engine import Database
from access_control.people.models import Grant, Operator
from access_control.people.permissions import Role
from access_control.web.services import Services
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import OPERATORS, SITE

DESK = OPERATORS[Role.FRONT_DESK][0]
SELF = OPERATORS[Role.ADMINISTRATOR][0]
NEW = {"name": "Kim Okafor", "login": "kim", "password": "correct horse staple", "role": "front_desk"}


def test_an_account_is_added_with_its_first_role(administrator: FlaskClient, database: Database) -> None:
    assert post(administrator, "/operators", NEW, scope=f"{SITE}/1").status_code == 303
    with database.reading() as session:
        row = session.scalars(select(Operator).where(Operator.login == "kim")).one()
        assert [(one.role, one.scope) for one in row.grants] == [("front_desk", f"{SITE}/1")]
    page = administrator.get("/operators").text
    assert "Kim Okafor" in page
    assert "staple" not in page
    assert "is taken" in refusals(post(administrator, "/operators", NEW))[0]


def test_an_installers_role_ends_by_itself(administrator: FlaskClient, services: Services) -> None:
    form = {**NEW, "role": "installer"}
    assert "has to end within 90 days" in refusals(post(administrator, "/operators", form))[0]
    end = services.clock().date() + timedelta(days=30)
    assert post(administrator, "/operators", form, ends_on=end.isoformat()).status_code == 303


def test_roles_are_given_and_taken_away(administrator: FlaskClient, database: Database) -> None:
    path = f"/operators/{DESK}"
    given = post(administrator, f"{path}/roles", {"grant-role": "administrator", "grant-scope": f"{SITE}/2"})
    assert given.status_code == 303
    with database.reading() as session:
        grants = {one.role: one.id for one in session.scalars(select(Grant).where(Grant.operator_id == DESK))}
    assert post(administrator, f"{path}/roles/{grants['administrator']}/end").status_code == 303
    assert post(administrator, f"{path}/roles/{grants['administrator']}/end").status_code == 404


def test_the_last_manager_stays(administrator: FlaskClient) -> None:
    answer = post(administrator, f"/operators/{SELF}", name="A. Rivera", login="rivera", version="1")
    assert answer.status_code == 403
    assert "last account that can manage operators" in answer.text


def test_an_account_is_signed_out_everywhere(administrator: FlaskClient, desk: FlaskClient) -> None:
    assert desk.get("/people").status_code == 200
    assert post(administrator, f"/operators/{DESK}/sign-out").status_code == 303
    assert desk.get("/people").status_code == 401
    weak = post(administrator, f"/operators/{DESK}/password", {"password-password": "dana"})
    assert weak.status_code == 422


def test_two_people_edit_one_account(administrator: FlaskClient) -> None:
    form = {"login": "dana", "active": "y", "version": "1"}
    assert post(administrator, f"/operators/{DESK}", form, name="Dana W.").status_code == 303
    answer = post(administrator, f"/operators/{DESK}", form, name="D. Whitfield")
    assert answer.status_code == 409
    assert re.search(r"Dana W\..*D\. Whitfield", answer.text, re.DOTALL)


def test_who_may_not_does_not(desk: FlaskClient, installer: FlaskClient) -> None:
    for client in (desk, installer):
        assert client.get("/operators").status_code == 403
        assert post(client, "/operators", NEW).status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient) -> None:
    assert nonsense(administrator, "/operators", ["name", "login", "password", "role", "scope", "ends_on"]) == []
    assert nonsense(administrator, f"/operators/{DESK}", ["name", "login", "version"]) == []
    assert nonsense(administrator, f"/operators/{DESK}/roles", ["grant-role", "grant-scope", "grant-ends_on"]) == []
    assert administrator.get(f"/operators/{DESK[:-1]}0").status_code == 404
