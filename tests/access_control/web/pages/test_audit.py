from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import update

from access_control.audit.models import AuditRecord
from access_control.audit.record import record
from access_control.database.engine import Database
from access_control.people.permissions import Role
from access_control.web.pages.audit import PAGE
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


def test_days_are_those_of_the_school(administrator: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    del furnished
    late, early = datetime(2026, 11, 24, 5, 59, tzinfo=UTC), datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    with database.writing() as session:  # Chicago is six hours behind: the first is still on Monday the 23rd
        record(session, late, actor="cli", action="door.edited", subject="door:1")
        record(session, early, actor="cli", action="door.edited", subject="door:2")

    def shown(query: str) -> tuple[bool, bool]:
        page = administrator.get(f"/audit?action=door.edited&{query}").text
        return 'href="/doors/1"' in page, 'href="/doors/2"' in page

    assert shown("from=2026-11-23&to=2026-11-24") == (True, True)
    assert shown("from=2026-11-23&to=2026-11-23") == (True, False)
    assert shown("from=2026-11-24") == (False, True)
    assert shown("to=2026-11-22") == (False, False)
    assert shown("from=yesterday&to=") == (True, True)
    page = administrator.get("/audit?from=2026-11-24&to=2026-11-23").text
    assert "The first day lies after the last one." in page
    assert 'value="2026-11-24"' in page


def test_older_records_are_of_the_same_days(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    del furnished
    at = datetime(2025, 3, 3, 18, 0, tzinfo=UTC)
    with database.writing() as session:
        for number in range(PAGE + 5):
            record(session, at, actor="cli", action="door.edited", subject=f"door:{number}")
    page = administrator.get("/audit?from=2025-03-03&to=2025-03-03&who=cli").text
    older = re.search(r'href="(/audit\?[^"]*)" rel="next"', page)
    assert older is not None
    rest = administrator.get(unescape(older[1])).text
    assert rest.count("<tr>") == 5 + 1  # and the heads
    assert 'value="2025-03-03"' in rest
    assert 'rel="next"' not in rest


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
    strange = (
        "before=x",
        "before=-5",
        "before=99999999999999",
        "action=%00",
        "from=9999-12-31&to=0001-01-01",
        "to=%00",
    )
    for query in strange:
        assert administrator.get(f"/audit?{query}").status_code == 200, query
