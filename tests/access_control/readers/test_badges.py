from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.credentials.canonical import Credential
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.badges import BadgeForm, badges_of, credential_of, edit_badge, issue_badge
from access_control.readers.errors import BadValueError, NotThereError, ReadersError
from tests.building.sites import AT, BY, build_school, fresh, stale

CARD = BadgeForm("H10301", "20381", "114", "A-17")


def test_a_badge_is_given_by_its_printed_number(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        fresh(session)
        badge = issue_badge(session, AT, school.person, CARD, BY)
        assert (badge.canonical, badge.number, badge.facility_code) == ("H10301:114:20381", "20381", 114)
        assert credential_of(badge) == Credential("H10301", 114, 20381)
        assert stale(session) == {"North bridge", "South bridge"}
        session.commit()
        audited = session.scalars(select(AuditRecord)).one()
        assert audited.action == "badge.issued"
        assert "20381" not in str(audited.facts)


def test_a_uid_is_hexadecimal(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        badge = issue_badge(session, AT, school.person, BadgeForm("RAW32", "04 a1:B2-c3"), BY)
        assert (badge.canonical, badge.number) == ("RAW32::04A1B2C3", "04A1B2C3")
        assert credential_of(badge).key == badge.canonical


def test_a_number_is_given_once_and_names_stay_with_those_who_may_read_them(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        issue_badge(session, AT, school.person, CARD, BY)
        with pytest.raises(BadValueError, match="already given to Priya Nair and is active"):
            issue_badge(session, AT, school.person, CARD, BY, names_allowed=True)
        with pytest.raises(BadValueError, match="already given to somebody else") as caught:
            issue_badge(session, AT, school.person, CARD, BY)
        assert "Priya" not in str(caught.value)
        # the same number under another facility code is another card
        issue_badge(session, AT, school.person, BadgeForm("H10301", "20381", "115"), BY)
        assert len(badges_of(session, school.person)) == 2


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (BadgeForm("H10301", "65536", "114"), "number"),
        (BadgeForm("H10301", "1", "256"), "facility_code"),
        (BadgeForm("H10301", "1"), "facility_code"),
        (BadgeForm("H10301", "1", "-5"), None),
        (BadgeForm("H10301", "", "1"), "number"),
        (BadgeForm("H10301", "12a", "1"), "number"),
        (BadgeForm("H10301", "1\u0663", "1"), "number"),
        (BadgeForm("H10301", "9" * 5000, "1"), "number"),
        (BadgeForm("H10302", "1", "3"), "facility_code"),
        (BadgeForm("H10302", str(2**35)), "number"),
        (BadgeForm("RAW32", "04A1B2"), "number"),
        (BadgeForm("RAW32", "04A1B2G3"), "number"),
        (BadgeForm("RAW32", "00000000"), "number"),
        (BadgeForm("RAW32", "FFFFFFFF"), "number"),
        (BadgeForm("RAW26", "FFFFFFF"), "number"),
        (BadgeForm("H99", "1", "1"), "format"),
        (BadgeForm("H10301", "1", "1", "x" * 41), "label"),
        (BadgeForm("H10301", "1", "1", valid_from=AT, valid_until=AT), "valid_until"),
    ],
)
def test_what_is_no_card_is_refused_at_its_field(database: Database, form: BadgeForm, field: str | None) -> None:
    with database.writing() as session:
        school = build_school(session)
        if field is None:  # a dash between digits does not count
            assert issue_badge(session, AT, school.person, form, BY).facility_code == 5
            return
        with pytest.raises(BadValueError) as caught:
            issue_badge(session, AT, school.person, form, BY)
        assert caught.value.field == field


def test_nobody_gets_no_badge(database: Database) -> None:
    with database.writing() as session:
        build_school(session)
        with pytest.raises(NotThereError):
            issue_badge(session, AT, 99, CARD, BY)


def test_a_badge_can_be_extended(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        badge = issue_badge(session, AT, school.person, CARD, BY)
        fresh(session)
        until = AT + timedelta(days=30)
        edit_badge(session, AT, badge.id, 1, BY, label="A-18", valid_from=None, valid_until=until)
        assert (badge.label, badge.valid_until, badge.version) == ("A-18", until, 2)
        assert stale(session) == {"North bridge", "South bridge"}
        with pytest.raises(ConflictError):
            edit_badge(session, AT, badge.id, 1, BY, label="", valid_from=None, valid_until=None)
        with pytest.raises(ReadersError):
            edit_badge(session, AT, "nobody's", 1, BY, label="", valid_from=None, valid_until=None)
