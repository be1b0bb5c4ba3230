from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from access_control.core.wire.actions import ActionKind
from access_control.database.engine import Database
from access_control.readers.records import ActionRow, OverrideRow
from tests.access_control.web.conftest import MovedClock
from tests.building.console_school import hear
from tests.building.pages import nonsense, post, refusals

pytestmark = pytest.mark.usefixtures("furnished")


def test_the_page_says_what_is_proved_and_why(administrator: FlaskClient) -> None:
    page = administrator.get("/doors/1").text
    assert "Why is this door unlocked?" in page
    assert "Schedule Arrival" in page
    assert "by Front bridge" in page
    assert "Why is this door locked?" in administrator.get("/doors/2").text


def test_what_is_not_proved_is_not_shown_as_true(administrator: FlaskClient, moved_clock: MovedClock) -> None:
    moved_clock.go_on(seconds=48)
    page = administrator.get("/doors/1/now").text
    assert "Unknown, not proved" in page
    assert "was unlocked" in page
    assert "Why is this door unlocked?" not in page
    assert 'class="unlocks"' not in page


def test_a_door_is_released_once_with_a_reason(desk: FlaskClient, database: Database, moved_clock: MovedClock) -> None:
    assert "The reason is missing" in refusals(post(desk, "/doors/2/release", {"release-why": " "}))[0]
    answer = post(desk, "/doors/2/release", {"release-why": "Delivery for the kitchen"})
    assert answer.status_code == 303
    with database.reading() as session:
        row = session.scalars(select(ActionRow)).one()
        assert (row.kind, row.target, row.why) == (ActionKind.UNLOCK_ONCE, 2, "Delivery for the kitchen")
    assert "Asked the bridge" in desk.get(answer.location).text
    moved_clock.go_on(seconds=30)
    assert "Nothing opens later" in desk.get(f"/doors/2/asked/{row.id}").text
    assert desk.get(f"/doors/3/asked/{row.id}").status_code == 404


def test_a_silent_bridge_releases_nothing(desk: FlaskClient, moved_clock: MovedClock) -> None:
    moved_clock.go_on(minutes=1)
    answer = post(desk, "/doors/2/release", {"release-why": "Delivery"})
    assert answer.status_code == 422
    assert "Front bridge is silent" in refusals(answer)[0]


def test_orders_by_hand_end_by_themselves_or_by_hand(administrator: FlaskClient, database: Database) -> None:
    forever = post(administrator, "/doors/2/override", effect="unlock", minutes="", why="Concert")
    assert "An unlock needs an end" in refusals(forever)[0]
    assert post(administrator, "/doors/2/override", effect="unlock", minutes="15", why="Concert").status_code == 303
    with database.reading() as session:
        row = session.scalars(select(OverrideRow)).one()
        assert row.expires_at is not None
    page = administrator.get("/doors/2").text
    assert "Concert" in page
    assert "on its way" in page
    assert post(administrator, f"/doors/2/override/{row.id}/end").status_code == 303
    assert post(administrator, f"/doors/2/override/{row.id}/end").status_code == 404
    assert "Concert" not in administrator.get("/doors/2").text


def test_an_order_that_the_bridge_follows_is_in_force(
    administrator: FlaskClient, database: Database, moved_clock: MovedClock
) -> None:
    post(administrator, "/doors/2/override", effect="lock", minutes="", why="Wet paint")
    with database.writing() as session:
        hear(session, moved_clock(), slot="manual_lock")
    page = administrator.get("/doors/2/now").text
    row = page[page.index("Manual lock") :]
    assert "Wet paint" in row[: row.index("</li>")]
    assert "in force" in row[: row.index("</li>")]


def test_installers_see_doors_and_no_people(administrator: FlaskClient, installer: FlaskClient) -> None:
    post(administrator, "/doors/2/override", effect="lock", minutes="60", why="Mrs Okafor asked")
    page = installer.get("/doors/2").text
    assert "West" in page
    for secret in ("Okafor", "Nair", "Thornton", "/why", "/people"):
        assert secret not in page
    assert post(installer, "/doors/2/override", effect="unlock", minutes="15", why="x").status_code == 403


@pytest.mark.parametrize("path", ["/doors/99", "/doors/99/now", "/doors/99999999999", "/doors/-1"])
def test_a_door_that_is_not_there(administrator: FlaskClient, path: str) -> None:
    assert administrator.get(path).status_code == 404


def test_nonsense_is_refused(administrator: FlaskClient) -> None:
    assert nonsense(administrator, "/doors/2/release", ["release-why"]) == []
    assert nonsense(administrator, "/doors/2/override", ["effect", "minutes", "why"]) == []
