"""The event log, page by page, without losing one between pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from access_control.core.decision.model import HolderClass
from access_control.people.models import Cardholder
from access_control.readers.records import EventRow
from access_control.web.pages import events
from access_control.web.services import Services
from tests.building.tiny_school import BRIDGE

STREAM = "01935c00-0000-7000-8000-0000000000c1"


def add(
    session: Session, seq: int, at: datetime, code: str = "ACCESS_GRANTED", door: int = 1, severity: str = "info"
) -> None:
    session.add(
        EventRow(
            bridge_id=BRIDGE,
            stream=STREAM,
            seq=seq,
            id=f"01935c00-0000-7000-8000-{seq:012d}",
            at=at,
            received_at=at,
            code=code,
            severity=severity,
            door_id=door,
            reader_id=None,
            holder_ref=7,
            drill=False,
            flagged=False,
            detail={},
        )
    )


@pytest.fixture
def happened(services: Services) -> Services:
    now = services.clock()
    with services.database.writing() as session:
        session.add(
            Cardholder(
                ref=7, given_name="Jo", family_name="Abara", search_name="JO ABARA", holder_class=HolderClass.STAFF
            )
        )
        add(session, 1, now - timedelta(minutes=3))
        add(session, 2, now - timedelta(minutes=2), "DENIED_EXPIRED", door=2)
        add(session, 3, now - timedelta(days=3), "DOOR_FORCED", door=4, severity="alarm")
    return services


def rows(page: str) -> int:
    return page.count('class="when"')


@pytest.mark.usefixtures("happened")
def test_everything_newest_first_with_names(desk: FlaskClient) -> None:
    page = desk.get("/events").text
    assert rows(page) == 3
    assert page.index("refused") < page.index("admitted at")
    assert "Jo Abara" in page
    assert f"/why?event={BRIDGE}.{STREAM}.2" in page


@pytest.mark.usefixtures("happened")
@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("kind=refused", 1),
        ("kind=admitted", 1),
        ("kind=alarms", 1),
        ("door=4", 1),
        ("door=3", 0),
        ("kind=x&door=y&day=z&before=w&skip=-1", 3),
        ("door=99999999999999999999", 3),
        ("before=2026-01-01T00:00:00", 3),
    ],
)
def test_filters(desk: FlaskClient, asked: str, number: int) -> None:
    assert rows(desk.get(f"/events?{asked}").text) == number


def test_a_day_is_one_of_the_school(desk: FlaskClient, happened: Services) -> None:
    from zoneinfo import ZoneInfo

    day = (happened.clock() - timedelta(days=3)).astimezone(ZoneInfo("America/Chicago")).date()
    page = desk.get(f"/events?day={day}").text
    assert rows(page) == 1
    assert rows(desk.get(f"/events?day={day - timedelta(days=1)}").text) == 0


def test_pages_lose_and_repeat_nothing(desk: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PAGE", 3)
    at = services.clock() - timedelta(hours=1)
    with services.database.writing() as session:
        for seq in range(1, 12):
            code = "DENIED_EXPIRED"
            add(session, seq, at - timedelta(seconds=seq // 8), code)  # many at the very same time
    seen: list[str] = []
    address = "/events"
    while address:
        page = desk.get(address).text
        seen += re.findall(rf"event={BRIDGE}\.{STREAM}\.(\d+)", page)
        older = re.search(r'href="([^"]+)">Older', page)
        address = unescape(older[1]) if older else ""
    assert len(seen) == 11
    assert len(set(seen)) == 11


def test_nothing_found_says_what_to_do(desk: FlaskClient) -> None:
    assert "Nothing like this has happened." in desk.get("/events?kind=alarms").text


@pytest.mark.usefixtures("happened")
def test_installers_have_no_log(installer: FlaskClient) -> None:
    assert installer.get("/events").status_code == 403
    assert "Abara" not in installer.get("/").text


@pytest.mark.usefixtures("happened")
def test_live_shows_what_happened(desk: FlaskClient) -> None:
    page = desk.get("/").text
    assert "Jo Abara" in page
    assert "What happened" in page


@pytest.mark.parametrize(
    "asked",
    ["day=9999-12-31", "day=0001-01-01", "before=0001-01-01T00:00:00%2B14:00", "before=8999-12-31T23:59:59-14:00"],
)
def test_days_at_the_end_of_the_calendar_are_none(app: Flask, desk: FlaskClient, asked: str) -> None:
    app.testing = False
    assert desk.get(f"/events?{asked}").status_code == 200
