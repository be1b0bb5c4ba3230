"""The demo makes its school once, goes on with it, and touches no other database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from access_control.core.wire.signing import Kind
from access_control.database.engine import open_database
from access_control.database.schema import upgrade
from access_control.demo.accounts import accounts_in
from access_control.demo.errors import StageError
from access_control.demo.making import confirm_bridges, is_ready, open_school, require_mark
from access_control.demo.places import Places
from access_control.demo.plan import Side
from access_control.demo.population import everybody
from access_control.people.permissions import Role
from access_control.people.sign_in import sign_in
from access_control.readers.enrolment import enroll
from access_control.readers.models import Bridge, BridgeState, CalendarDay, PublishedDocument, Site
from access_control.visitors.models import Visit, VisitState

AT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
ZONE = "America/Chicago"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.under(tmp_path / "demo")


def test_a_school_with_accounts_and_two_bridges_that_may_enrol(places: Places) -> None:
    school = open_school(places, AT, ZONE)
    try:
        assert set(school.codes) == set(Side)
        accounts = accounts_in(places.sign_in)
        assert {account.role for account in accounts.values()} == set(Role)
        for account in accounts.values():
            found = sign_in(
                school.database,
                AT,
                login=account.login,
                password=account.password,
                address="127.0.0.1",
                device_token=None,
            )
            assert found.actor.name == account.name
        assert places.sign_in.stat().st_mode & 0o077 == 0
        assert places.database.stat().st_mode & 0o077 == 0
    finally:
        school.database.close()


def test_its_bridges_get_policies_as_soon_as_they_are_confirmed(places: Places) -> None:
    school = open_school(places, AT, ZONE)
    try:
        with school.database.writing() as session:
            for number, code in enumerate(school.codes.values(), 1):
                enroll(session, school.keys, AT, code=code, public_key=bytes([number]) * 32, address="127.0.0.1")
        confirm_bridges(school, AT)
        with school.database.reading() as session:
            bridges = session.scalars(select(Bridge)).all()
            assert {bridge.state for bridge in bridges} == {BridgeState.CONFIRMED}
            assert [bridge.policy_error for bridge in bridges] == [None, None]
            documents = session.scalars(select(PublishedDocument)).all()
            assert sum(document.kind == Kind.POLICY for document in documents) == len(Side)
    finally:
        school.database.close()


def test_no_name_and_no_card_number_is_in_the_published_policies(places: Places) -> None:
    school = open_school(places, AT, ZONE)
    try:
        with school.database.writing() as session:
            for number, code in enumerate(school.codes.values(), 1):
                enroll(session, school.keys, AT, code=code, public_key=bytes([number]) * 32, address="127.0.0.1")
        confirm_bridges(school, AT)
        with school.database.reading() as session:
            policies = session.scalars(select(PublishedDocument).where(PublishedDocument.kind == Kind.POLICY)).all()
        assert len(policies) == len(Side)
        for policy in policies:
            for person in everybody():
                for text in (person.family, person.badge.key, person.label):
                    # Shorter ones may stand in the letters of a digest by chance.
                    assert len(text) < 7 or text.encode() not in policy.sealed, person.name
    finally:
        school.database.close()


def test_what_was_not_finished_is_made_again_and_what_was_is_kept(places: Places) -> None:
    def site() -> str:
        school = open_school(places, AT, ZONE)
        try:
            with school.database.reading() as session:
                return session.scalars(select(Site.id)).one()
        finally:
            school.database.close()

    first, second = site(), site()
    assert first != second
    is_ready(places)
    assert site() == second


def test_another_day_has_its_own_visitors_and_an_open_house_if_needed(places: Places) -> None:
    open_school(places, AT, ZONE).database.close()
    is_ready(places)
    saturday = datetime(2026, 11, 28, 20, tzinfo=UTC)
    school = open_school(places, saturday, ZONE)
    try:
        assert school.codes == {}
        with school.database.reading() as session:
            assert session.get_one(CalendarDay, saturday.date()).day_type.name == "Open house"
            expected = session.scalars(select(Visit.expected_at).where(Visit.state == VisitState.EXPECTED)).all()
            assert expected
            assert all(at is not None and abs(at - saturday) < timedelta(hours=4) for at in expected)
            assert {bridge.policy_stale for bridge in session.scalars(select(Bridge))} == {True}
    finally:
        school.database.close()


def test_a_real_school_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "school.db"
    require_mark(file)
    database = open_database(f"sqlite:///{file}")
    upgrade(database)
    require_mark(file)
    with database.writing() as session:
        session.add(Site(id="01939a5e-7c00-7000-8000-00000000c001", code=1, name="A real one", timezone=ZONE))
    database.close()
    with pytest.raises(StageError, match="has no demo mark"):
        require_mark(file)


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    file = tmp_path / "school.db"
    file.write_text("This is a letter, and no database at all. " * 100)
    with pytest.raises(StageError):
        require_mark(file)
