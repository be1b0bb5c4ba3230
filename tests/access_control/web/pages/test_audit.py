from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import update

from access_control.audit.models import AuditRecord
from access_control.database.engine import Database
from access_control.people.permissions import Role
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import ConsoleSchool
from tests.building.pages import post
from tests.building.tiny_school import OPERATORS


def test_deeds_are_listed_with_who_did_them(
    administrator: FlaskClient, desk: FlaskClient, furnished: ConsoleSchool
) -> None:
    post(desk, f"/badges/{furnished.badge}/status", status="lost", version="1")
    page = administrator.get("/audit?action=badge.status").text
    assert "Dana Whitfield marked lost the badge " in page
    assert f'<a href="/badges/{furnished.badge}">20381</a>' in page
    assert "<code>badge.status</code>" in page
    theirs = f"/audit?who=operator:{OPERATORS[Role.FRONT_DESK][0]}"
    assert "marked lost the badge" in administrator.get(theirs).text
    assert "marked lost the badge" not in administrator.get("/audit?who=cli").text.partition("<table")[2]
    assert "The audit is whole" in page
    assert desk.get("/audit").status_code == 403


def test_a_changed_record_shows(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database, moved_clock: MovedClock
) -> None:
    del furnished
    assert "The audit is whole" in administrator.get("/audit").text
    with database.writing() as session:
        session.execute(update(AuditRecord).where(AuditRecord.seq == 2).values(actor="operator:nobody"))
    moved_clock.go_on(minutes=2)
    assert "The audit is broken after record 1" in administrator.get("/audit").text


def test_strange_addresses_show_a_list(administrator: FlaskClient) -> None:
    for path in ("/audit?before=x", "/audit?before=-5", "/audit?before=99999999999999", "/audit?action=%00"):
        assert administrator.get(path).status_code == 200
