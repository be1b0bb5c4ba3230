from __future__ import annotations

from flask.testing import FlaskClient

from access_control.database.engine import Database
from access_control.readers.settings import SchoolSettings, school_settings
from tests.building.pages import nonsense, post, refusals

CHOSEN = {
    "drill_moves_doors": "y",
    "pass_hours": "6",
    "proof_limit_s": "15",
    "exterior_days": "14",
    "interior_days": "60",
    "room_days": "0",
}


def test_the_school_chooses(administrator: FlaskClient, database: Database) -> None:
    assert post(administrator, "/settings", CHOSEN, version="1").status_code == 303
    with database.reading() as session:
        assert school_settings(session) == SchoolSettings(
            lockdown_locks_perimeter=False,
            drill_moves_doors=True,
            one_administrator=False,
            pass_hours=6,
            proof_limit_s=15,
            exterior_days=14,
            interior_days=60,
            room_days=None,
        )
    shown = administrator.get("/settings").text
    assert '<option selected value="14">14 days</option>' in shown
    assert '<option selected value="0">No limit</option>' in shown
    answer = post(administrator, "/settings", {**CHOSEN, "pass_hours": "7"}, version="1")
    assert answer.status_code == 409
    assert "Stored now" in answer.text


def test_numbers_have_limits(administrator: FlaskClient, desk: FlaskClient) -> None:
    answer = post(administrator, "/settings", {**CHOSEN, "proof_limit_s": "600"}, version="1")
    assert "must be 5 to 60" in refusals(answer)[0]
    answer = post(administrator, "/settings", {**CHOSEN, "room_days": "5000"}, version="1")
    assert "Choose one from the list." in refusals(answer)[0]
    assert nonsense(administrator, "/settings", [*CHOSEN, "version"]) == []
    assert desk.get("/settings").status_code == 403
