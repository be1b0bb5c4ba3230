"""Missing events as a bridge's page shows them, and closing them there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.events import take_events
from access_control.readers.records import EventGap
from access_control.web.console.bridge_gaps import gap_views
from access_control.web.services import Services
from tests.building.pages import post
from tests.building.said import OTHER_STREAM, STREAM, raw_event
from tests.building.tiny_school import BRIDGE, OPERATORS

PATH = f"/bridges/{BRIDGE}"


def lose(session: Session, at: datetime) -> None:
    """Events 3 to 8 of the bridge, for certain."""
    raw = [raw_event(BRIDGE, n, "DOOR_CLOSED", at + timedelta(seconds=n), door=1) for n in (1, 2, 9)]
    take_events(session, at, BRIDGE, STREAM, 1, raw)
    for gap in session.scalars(select(EventGap)):
        gap.confirmed_at = at


@pytest.fixture
def lost(services: Services) -> datetime:
    at = services.clock()
    with services.database.writing() as session:
        lose(session, at)
    return at


def test_a_run_says_between_which_moments_it_was_lost(services: Services, lost: datetime) -> None:
    with services.database.reading() as session:
        (gap,) = gap_views(session, lost, BRIDGE)
    assert gap.what == "Events 3 to 8"
    assert gap.before is not None
    assert gap.after is not None
    assert (gap.after - gap.before, gap.closed_by) == (timedelta(seconds=7), "")


@pytest.mark.usefixtures("lost")
def test_the_page_names_it_and_an_administrator_closes_it(
    administrator: FlaskClient, installer: FlaskClient, services: Services
) -> None:
    assert "6 events are missing" in administrator.get("/bridges").text
    assert "Close this gap" not in installer.get(PATH).text
    assert post(installer, f"{PATH}/gap", stream=STREAM, first="3").status_code == 403
    shown = administrator.get(PATH).text
    assert "Events 3 to 8" in shown
    assert "Close this gap" in shown
    assert post(administrator, f"{PATH}/gap", stream=STREAM, first="3").status_code == 303
    shown = administrator.get(PATH).text
    assert "Events 3 to 8: closed." in shown
    assert f"Closed by {next(name for _, login, name in OPERATORS.values() if login == 'rivera')}" in shown
    assert "are missing" not in administrator.get("/bridges").text
    with services.database.reading() as session:
        assert session.scalars(select(EventGap)).one().closed_at is not None


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize("first", ["", "4", "-3", "\u0663", "9" * 40, "3.0"])
def test_nonsense_closes_nothing(administrator: FlaskClient, services: Services, first: str) -> None:
    assert post(administrator, f"{PATH}/gap", stream=STREAM, first=first).status_code == 404
    with services.database.reading() as session:
        assert session.scalars(select(EventGap)).one().closed_at is None


@pytest.mark.usefixtures("lost")
def test_a_stream_that_is_none_closes_nothing(administrator: FlaskClient) -> None:
    for stream in ("", "\0", "x" * 5000, "{}", OTHER_STREAM):
        assert post(administrator, f"{PATH}/gap", stream=stream, first="3").status_code == 404


def test_a_bridge_that_lacks_nothing_shows_nothing(administrator: FlaskClient) -> None:
    assert "Missing events" not in administrator.get(PATH).text
