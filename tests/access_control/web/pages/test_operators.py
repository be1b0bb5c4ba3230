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
from tests.building.tiny_school import OPERATORS, PASSWORD, SITE

DESK = OPERATORS[Role.FRONT_DESK][0]
SELF = OPERATORS[Role.ADMINISTRATOR][0]
NEW = {
    "name": "Kim Okafor",
    "login": "kim",
    "password": "correct horse staple",
    "role": "front_desk",
    "own_password": PASSWORD,
}
OTHER = "four other long words"


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
    form = {"grant-role": "administrator", "grant-scope": f"{SITE}/2", "grant-own_password": PASSWORD}
    given = post(administrator, f"{path}/roles", form)
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
    form = {"password-password": "dana", "password-own_password": PASSWORD}
    weak = post(administrator, f"/operators/{DESK}/password", form)
    assert weak.status_code == 422
    assert post(administrator, f"/operators/{DESK}/password", form, **{"password-password": OTHER}).status_code == 303


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


def test_ones_own_password_is_not_set_here(administrator: FlaskClient, database: Database) -> None:
    page = administrator.get(f"/operators/{SELF}").text
    assert "Set password" not in page
    assert 'href="/me"' in page
    before = hash_of(database, SELF)
    for given in ({}, {"password-own_password": PASSWORD}):
        answer = post(administrator, f"/operators/{SELF}/password", given, **{"password-password": OTHER})
        assert answer.status_code == 403
        assert "My settings" in answer.text
    assert hash_of(database, SELF) == before


def test_who_found_a_screen_open_makes_no_account_role_or_password(
    administrator: FlaskClient, database: Database
) -> None:
    before = hash_of(database, DESK)
    for wrong in ("", "maple syrup"):
        added = post(administrator, "/operators", NEW, own_password=wrong)
        given = post(
            administrator, f"/operators/{DESK}/roles", {"grant-role": "administrator", "grant-own_password": wrong}
        )
        form = {"password-password": OTHER, "password-own_password": wrong}
        changed = post(administrator, f"/operators/{DESK}/password", form)
        for answer in (added, given, changed):
            assert answer.status_code == 422
            assert "your" in refusals(answer)[0]
            assert "maple" not in answer.text
    with database.reading() as session:
        assert session.scalars(select(Operator).where(Operator.login == "kim")).one_or_none() is None
        assert len(session.scalars(select(Grant).where(Grant.operator_id == DESK)).all()) == 1
    assert hash_of(database, DESK) == before


def test_a_closed_account_is_opened_again_with_ones_own_password(
    administrator: FlaskClient, database: Database
) -> None:
    path, form = f"/operators/{DESK}", {"login": "dana", "name": "Dana W."}
    assert "own_password" not in account_panel(administrator)
    assert post(administrator, path, form, version="1").status_code == 303
    assert "own_password" in account_panel(administrator)
    version = str(version_of(database, DESK))
    for wrong in ("", "maple syrup"):
        answer = post(administrator, path, form, active="y", version=version, own_password=wrong)
        assert answer.status_code == 422
    renamed = post(administrator, path, {**form, "name": "Dana Whitfield"}, version=version)
    assert renamed.status_code == 303
    stale = post(administrator, path, form, active="y", version=version, own_password=PASSWORD)
    assert stale.status_code == 409
    assert PASSWORD not in stale.text
    now = str(version_of(database, DESK))
    assert post(administrator, path, form, active="y", version=now, own_password=PASSWORD).status_code == 303


def test_guesses_of_ones_own_password_are_slowed_down(administrator: FlaskClient) -> None:
    path, form = f"/operators/{DESK}/roles", {"grant-role": "administrator"}
    for _ in range(5):
        post(administrator, path, form, **{"grant-own_password": "no"})
    answer = post(administrator, path, form, **{"grant-own_password": PASSWORD})
    assert "too many wrong passwords" in refusals(answer)[0]


def hash_of(database: Database, operator: str) -> str:
    with database.reading() as session:
        return session.get_one(Operator, operator).password_hash


def version_of(database: Database, operator: str) -> int:
    with database.reading() as session:
        return session.get_one(Operator, operator).version


def account_panel(client: FlaskClient) -> str:
    page = client.get(f"/operators/{DESK}").text
    return page[page.index('id="account-panel"') : page.index('id="password-panel"')]
