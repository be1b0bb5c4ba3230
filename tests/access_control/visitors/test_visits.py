from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.audit.record import verify
from access_control.core.credentials.passes import PassFlags, parse
from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction, PassRevocation
from access_control.core.wire.directives import seal_directive
from access_control.core.wire.orders import open_orders
from access_control.core.wire.signing import Kind
from access_control.database.errors import ConflictError
from access_control.database.ids import new_id
from access_control.people.models import Cardholder
from access_control.readers.orders import add_directive
from access_control.readers.publishing import published
from access_control.readers.records import PassRevocationRow
from access_control.visitors.banned import BannedDetails, add_banned
from access_control.visitors.deciding import decide_match
from access_control.visitors.errors import BadValueError, CheckInClosedError, NotAllowedError, WrongStateError
from access_control.visitors.models import ScreeningOutcome, Visitor, VisitorCategory, VisitState
from access_control.visitors.passes import good_pass, pass_text
from access_control.visitors.screening import matches_of
from access_control.visitors.visits import (
    Guest,
    VisitDetails,
    cancel_visit,
    check_in,
    expect_visit,
    extend_visit,
    get_visit,
    new_pass,
    sign_out,
)
from tests.building.tiny_school import BRIDGE, SITE
from tests.building.visits import AT, BANNED, DeskSchool


def test_somebody_new_gets_a_pass_for_one_entry_through_the_vestibule_until_the_end_of_the_visit(
    school: DeskSchool,
) -> None:
    visit_id = school.check_in("José", "Núñez")
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        kept = good_pass(visit, AT)
        assert visit.state is VisitState.ON_SITE
        assert visit.badge_number == 1
        assert visit.host_ref is not None
        assert kept is not None
        signed = parse(pass_text(session, school.keys, kept))
    assert signed is not None
    assert signed.genuine(school.keys.pass_public()[school.keys.pass_number])
    assert signed.content.site_code == 4711
    assert signed.content.group == kept.group_id
    assert signed.content.flags is PassFlags.NONE
    assert signed.content.not_before == int(AT.timestamp())
    assert signed.content.not_after == int((AT + timedelta(hours=1)).timestamp())


@pytest.mark.parametrize("hours", [0.01, 10, 48])
def test_a_pass_lasts_ten_hours_at_most_and_a_little_while_at_least(school: DeskSchool, hours: float) -> None:
    visit_id = school.check_in("Ana", "Silva", stay=timedelta(hours=hours))
    with school.database.reading() as session:
        kept = get_visit(session, visit_id).passes[0]
    assert timedelta(minutes=15) <= kept.not_after - kept.not_before <= timedelta(hours=10)


def test_signing_out_kills_a_pass_that_was_never_used_and_the_bridge_is_told_at_once(school: DeskSchool) -> None:
    visit_id = school.check_in("Ana", "Silva")
    with school.database.writing() as session:
        visit = sign_out(session, school.keys, AT + timedelta(minutes=5), visit_id, by=school.clerk)
        pass_id = visit.passes[0].pass_id
    with school.database.reading() as session:
        assert good_pass(get_visit(session, visit_id), AT) is None
        assert session.get_one(PassRevocationRow, pass_id).why is PassRevocation.SIGNED_OUT
        row = published(session, BRIDGE, Kind.ORDERS)
        assert row is not None
        orders = open_orders(row.sealed, school.keys.document_public(), site=SITE, bridge=BRIDGE)
    assert orders.revoked_passes[int(pass_id, 16)].why is PassRevocation.SIGNED_OUT
    with school.database.writing() as session:  # a second press is no mistake
        again = sign_out(session, school.keys, AT + timedelta(minutes=9), visit_id, by=school.clerk)
        assert again.signed_out_at == AT + timedelta(minutes=5)


def test_the_same_form_sent_twice_is_one_visit(school: DeskSchool) -> None:
    visit_id = new_id(AT)
    for _ in range(2):
        with school.database.writing() as session:
            check_in(session, AT, visit_id, Guest(None, "Ana", "Silva"), VisitDetails(host="Office"), by=school.clerk)
    with school.database.reading() as session:
        assert len(session.scalars(select(Visitor)).all()) == 1
        assert len(get_visit(session, visit_id).passes) == 1


def test_badges_are_numbered_from_one_in_each_day_of_the_school(school: DeskSchool) -> None:
    late = AT.replace(hour=5) + timedelta(days=1)  # 11 pm at the school: still the same day
    numbers = []
    for name, at in (("One", AT), ("Two", AT), ("Three", late), ("Four", late + timedelta(hours=2))):
        visit_id = school.check_in("X", name, at)
        with school.database.reading() as session:
            numbers.append(get_visit(session, visit_id).badge_number)
    assert numbers == [1, 2, 3, 1]


def test_who_is_on_site_cannot_be_checked_in_a_second_time(school: DeskSchool) -> None:
    with school.database.reading() as session:
        visitor = get_visit(session, school.check_in("Ana", "Silva")).visitor_id
    with pytest.raises(WrongStateError, match="Ana Silva is checked in already"):
        school.check_in("", "", visitor=visitor)


def test_an_expected_visit_goes_on_as_the_same_visit(school: DeskSchool) -> None:
    visit_id = school.expect("Ana", "Silva")
    with school.database.writing() as session:
        before = get_visit(session, visit_id)
        assert before.invitation
        details = VisitDetails(host="grace lindqvist")
        check_in(session, AT, visit_id, Guest(), details, by=school.clerk, version=before.version)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        host = session.get_one(Cardholder, visit.host_ref)
        assert (visit.state, visit.host, host.family_name) == (VisitState.ON_SITE, "Grace Lindqvist", "Lindqvist")


def test_a_stale_form_overwrites_nothing(school: DeskSchool) -> None:
    visit_id = school.expect("Ana", "Silva")
    with pytest.raises(ConflictError), school.database.writing() as session:
        check_in(session, AT, visit_id, Guest(), VisitDetails(host="Office"), by=school.clerk, version=99)
    with school.database.reading() as session:
        assert get_visit(session, visit_id).state is VisitState.EXPECTED


def test_how_long_somebody_shall_stay_is_kept_until_they_come(school: DeskSchool) -> None:
    with school.database.writing() as session:
        details = VisitDetails(host="Office", stay=timedelta(hours=8))
        guest, moment = Guest(None, "Ana", "Silva"), AT + timedelta(days=1)
        visit_id = expect_visit(session, AT, guest, details, expected_at=moment, by=school.clerk).id
    with school.database.reading() as session:
        assert get_visit(session, visit_id).stay_s == 8 * 3600
    with school.database.writing() as session:
        check_in(session, AT, visit_id, Guest(), VisitDetails(host="Office", stay=timedelta(days=2)), by=school.clerk)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        assert visit.stay_s == 10 * 3600
        assert visit.until_at == AT + timedelta(hours=10)


def test_a_form_of_somebody_else_about_a_visitor_who_is_on_site_is_a_conflict(school: DeskSchool) -> None:
    visit_id = school.expect("Ana", "Silva")
    first = VisitDetails(host="grace lindqvist ", reason="Meeting", stay=timedelta(hours=2))
    for _ in range(2):  # sent twice
        with school.database.writing() as session:
            check_in(session, AT, visit_id, Guest(), first, by=school.clerk, version=1)
    for change in ({"host": "Office"}, {"stay": timedelta(hours=1)}, {"escort_needed": True}, {"destination": "Gym"},
                   {"reason": "Delivery"}, {"category": VisitorCategory.VOLUNTEER}):  # fmt: skip
        with pytest.raises(ConflictError), school.database.writing() as session:
            check_in(session, AT, visit_id, Guest(), replace(first, **change), by=school.clerk, version=1)
    with school.database.reading() as session:
        assert get_visit(session, visit_id).host == "Grace Lindqvist"


def test_what_a_decision_or_more_time_changed_makes_no_conflict_of_a_form_sent_twice(school: DeskSchool) -> None:
    visit_id, guest, details = new_id(AT), Guest(None, *BANNED), VisitDetails(host="Office")
    with school.database.writing() as session:
        check_in(session, AT, visit_id, guest, details, by=school.clerk)
        match = matches_of(session, visit_id)[0]
        decide_match(session, AT, match.id, ScreeningOutcome.ESCORT_ONLY, "I know them", by=school.principal)
        extend_visit(session, AT, visit_id, timedelta(minutes=30), by=school.clerk)
    with school.database.writing() as session:
        assert check_in(session, AT, visit_id, guest, details, by=school.clerk).escort_needed


def test_a_new_pass_ends_the_one_before(school: DeskSchool) -> None:
    visit_id = school.check_in("Ana", "Silva")
    with school.database.writing() as session:
        new_pass(session, school.keys, AT, visit_id, by=school.clerk)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        first, second = sorted(visit.passes, key=lambda one: one.revoked_at is None)
        assert (first.revoked_at, second.revoked_at, visit.reprints) == (AT, None, 1)
        assert session.get_one(PassRevocationRow, first.pass_id).why is PassRevocation.CANCELLED


def test_a_new_pass_waits_when_the_visitor_was_put_on_the_list_meanwhile(school: DeskSchool) -> None:
    visit_id = school.check_in("Ana", "Silva")
    with school.database.writing() as session:
        add_banned(session, AT, BannedDetails("Ana", "Silva", source="Court order"), by=school.principal)
    with school.database.writing() as session:
        visit = new_pass(session, school.keys, AT, visit_id, by=school.clerk)
        assert (visit.state, visit.reprints) == (VisitState.HELD, 0)
        assert all(one.revoked_at for one in visit.passes), "no pass is good while somebody decides"
        (match,) = matches_of(session, visit_id)
    with school.database.writing() as session:
        decided = decide_match(
            session, AT, match.id, ScreeningOutcome.NOT_THE_SAME, "Other birth date", by=school.principal
        )
        assert (decided.state, decided.badge_number) == (VisitState.ON_SITE, 1)
        assert good_pass(decided, AT) is not None


def test_only_what_has_not_begun_is_cancelled(school: DeskSchool) -> None:
    expected, here = school.expect("Ana", "Silva"), school.check_in("Bo", "Lund")
    with school.database.writing() as session:
        assert cancel_visit(session, AT, expected, by=school.clerk).state is VisitState.CANCELLED
    with pytest.raises(WrongStateError, match="Sign the visitor out"), school.database.writing() as session:
        cancel_visit(session, AT, here, by=school.clerk)
    with pytest.raises(WrongStateError), school.database.writing() as session:
        sign_out(session, school.keys, AT, expected, by=school.clerk)


def test_a_visit_is_extended_from_now_and_never_beyond_ten_hours(school: DeskSchool) -> None:
    visit_id = school.check_in("Ana", "Silva")
    half = timedelta(minutes=30)
    with school.database.writing() as session:
        late = AT + timedelta(hours=2)
        assert extend_visit(session, late, visit_id, half, by=school.clerk).until_at == late + half
        last = AT + timedelta(hours=9, minutes=50)
        assert extend_visit(session, last, visit_id, half, by=school.clerk).until_at == AT + timedelta(hours=10)
    with pytest.raises(WrongStateError), school.database.writing() as session:
        extend_visit(session, AT + timedelta(hours=10), visit_id, half, by=school.clerk)


@pytest.mark.parametrize(
    ("guest", "host", "field"),
    [
        (Guest(None, "Ana", "  "), "Office", "family_name"),
        (Guest(None, "Ana", "\x00'--"), "Office", "family_name"),
        (Guest(None, "A" * 81, "Silva"), "Office", "given_name"),
        (Guest(None, "Ana", "Silva"), "", "host"),
    ],
)
def test_nonsense_is_refused_at_its_field_and_nothing_is_kept(
    school: DeskSchool, guest: Guest, host: str, field: str
) -> None:
    with pytest.raises(BadValueError) as refused, school.database.writing() as session:
        check_in(session, AT, new_id(AT), guest, VisitDetails(host=host), by=school.clerk)
    assert refused.value.field == field
    with school.database.reading() as session:
        assert session.scalars(select(Visitor)).all() == []


def test_installers_do_nothing_with_visitors(school: DeskSchool) -> None:
    visit_id = school.check_in("Ana", "Silva")
    guest, details = Guest(None, "A", "B"), VisitDetails(host="Office")
    with school.database.writing() as session:
        with pytest.raises(NotAllowedError):
            check_in(session, AT, new_id(AT), guest, details, by=school.installer)
        with pytest.raises(NotAllowedError):
            expect_visit(session, AT, guest, details, expected_at=AT, by=school.installer)
        with pytest.raises(NotAllowedError):
            sign_out(session, school.keys, AT, visit_id, by=school.installer)


def _start(school: DeskSchool, action: EmergencyAction, scope: str = "site") -> None:
    directive = Directive(
        id=new_id(AT),
        action=action,
        scope=scope,
        doors=frozenset({4}) if scope == "building:2" else frozenset({1, 2, 3, 4}),
        origin="service",
        by=school.principal.reference,
        drill=False,
        started_at=AT,
    )
    with school.database.writing() as session:
        sealed = seal_directive(directive, school.keys.document, site=SITE)
        add_directive(session, school.keys, AT, directive, [sealed], by_name="A. Rivera")


def test_nobody_is_checked_in_during_a_lockdown_and_no_reason_is_given(school: DeskSchool) -> None:
    expected = school.expect("Ana", "Silva")
    _start(school, EmergencyAction.LOCKDOWN)
    with pytest.raises(CheckInClosedError) as closed:
        school.check_in("Bo", "Lund")
    assert "lockdown" not in str(closed.value).lower()
    with pytest.raises(CheckInClosedError), school.database.writing() as session:
        check_in(session, AT, expected, Guest(), VisitDetails(host="Office"), by=school.clerk)


def test_while_secured_only_expected_visitors_are_checked_in(school: DeskSchool) -> None:
    expected = school.expect("Ana", "Silva")
    _start(school, EmergencyAction.SECURE)
    with pytest.raises(CheckInClosedError):
        school.check_in("Bo", "Lund")
    with school.database.writing() as session:
        visit = check_in(session, AT, expected, Guest(), VisitDetails(host="Office"), by=school.clerk)
        assert visit.state is VisitState.ON_SITE


def test_another_buildings_lockdown_does_not_close_the_desk(school: DeskSchool) -> None:
    _start(school, EmergencyAction.LOCKDOWN, "building:2")
    assert school.check_in("Bo", "Lund")


def test_every_step_is_in_the_audit_and_its_chain_is_whole(school: DeskSchool) -> None:
    visit_id = school.check_in("Ana", "Silva")
    with school.database.writing() as session:
        sign_out(session, school.keys, AT, visit_id, by=school.clerk)
    with school.database.reading() as session:
        found = session.scalars(select(AuditRecord).where(AuditRecord.subject == f"visit:{visit_id}")).all()
        assert [row.action for row in found] == ["visit.checked_in", "visit.signed_out"]
        assert {row.actor for row in found} == {school.clerk.reference}
        assert "Silva" not in str([row.facts for row in found])
        assert verify(session).whole
