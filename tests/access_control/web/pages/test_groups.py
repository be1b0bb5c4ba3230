from __future__ import annotations

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.readers.levels import group_levels
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals


def test_groups_bring_levels(administrator: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    path = f"/groups/{furnished.group}"
    assert "Staff doors" in administrator.get("/groups").text
    assert post(administrator, path, name="Grade 4", version="1").status_code == 303
    with database.reading() as session:
        assert group_levels(session, furnished.group) == set()
    stale = post(administrator, path, name="Grade 4", version="1", levels=[str(furnished.level)])
    assert stale.status_code == 409
    assert post(administrator, "/groups", name="Kitchen", levels=[str(furnished.level)]).status_code == 303
    assert "is a group" in refusals(post(administrator, "/groups", name="Kitchen"))[0]


def test_who_may_not_does_not(desk: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool) -> None:
    assert desk.get("/groups").status_code == 200
    assert desk.get(f"/groups/{furnished.group}").status_code == 403
    assert installer.get("/groups").status_code == 403


def test_nonsense_is_refused(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    assert nonsense(administrator, "/groups", ["name", "levels"]) == []
    assert nonsense(administrator, f"/groups/{furnished.group}", ["name", "levels", "version"]) == []
    assert administrator.get("/groups/99").status_code == 404
