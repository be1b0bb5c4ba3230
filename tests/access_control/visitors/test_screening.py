from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.visitors.banned import BannedDetails, edit_banned, end_banned
from access_control.visitors.deciding import decide_match
from access_control.visitors.errors import BadValueError, NotAllowedError, WrongStateError
from access_control.visitors.models import PossibleMatch, ScreeningOutcome, VisitState
from access_control.visitors.screening import matches_of, resemblance, waiting_matches
from access_control.visitors.visits import get_visit, sign_out
from tests.building.visits import AT, DeskSchool

SAME, ESCORT, OTHER = (
    ScreeningOutcome.SAME_PERSON,
    ScreeningOutcome.ESCORT_ONLY,
    ScreeningOutcome.NOT_THE_SAME,
)


def _decide(school: DeskSchool, visit_id: str, outcome: ScreeningOutcome, reason: str = "I know them") -> None:
    with school.database.writing() as session:
        match = matches_of(session, visit_id)[0]
        decide_match(session, AT + timedelta(minutes=2), match.id, outcome, reason, by=school.principal)


@pytest.mark.parametrize(
    ("given", "family", "held"),
    [
        ("Victor", "Hale", True),
        ("VÍCTOR", "hale", True),
        ("Vic", "Hale", True),
        ("V.", "Hale", True),
        ("Viktor", "Hale", True),
        ("Victor", "Halle", True),
        ("Victor James", "Hale", True),
        ("Victor", "Hale-Smith", True),
        ("Hale", "Victor", True),
        ("Victoria", "Whitehall", False),
        ("Marcus", "Hale", False),
        ("Victor", "Nguyen", False),
    ],
)
def test_the_same_and_near_names_are_held_and_others_are_not(
    school: DeskSchool, given: str, family: str, *, held: bool
) -> None:
    visit_id = school.check_in(given, family)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        assert (visit.state is VisitState.HELD) is held
        assert (visit.passes == []) is held


def test_not_the_same_person_goes_on_and_is_not_asked_again_for_this_pair_only(school: DeskSchool) -> None:
    first = school.check_in("Victor", "Hale")
    _decide(school, first, OTHER)
    with school.database.writing() as session:
        visit = get_visit(session, first)
        assert (visit.state, visit.escort_needed, len(visit.passes)) == (VisitState.ON_SITE, False, 1)
        sign_out(session, school.keys, AT, first, by=school.clerk)
        visitor = visit.visitor_id
    again = school.check_in("", "", visitor=visitor)
    namesake = school.check_in("Victor", "Hale")
    with school.database.reading() as session:
        assert get_visit(session, again).state is VisitState.ON_SITE
        assert get_visit(session, namesake).state is VisitState.HELD


@pytest.mark.parametrize("what", ["changed", "year"])
def test_a_cleared_pair_is_compared_again_when_the_entry_changed_or_after_a_year(school: DeskSchool, what: str) -> None:
    first = school.check_in("Victor", "Hale")
    _decide(school, first, OTHER)
    with school.database.writing() as session:
        visitor = get_visit(session, first).visitor_id
        sign_out(session, school.keys, AT, first, by=school.clerk)
        if what == "changed":
            details = BannedDetails("Victor", "Hale", source="Court order", note="New photo")
            edit_banned(session, AT, school.banned, details, version=1, by=school.principal)
    at = AT + timedelta(days=400 if what == "year" else 1)
    again = school.check_in("", "", at, visitor=visitor)
    with school.database.reading() as session:
        assert get_visit(session, again).state is VisitState.HELD


def test_who_cannot_be_told_apart_is_let_in_with_an_escort(school: DeskSchool) -> None:
    visit_id = school.check_in("Victor", "Hale")
    _decide(school, visit_id, ESCORT)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        assert (visit.state, visit.escort_needed) == (VisitState.ON_SITE, True)


def test_the_same_person_is_turned_away_without_a_pass(school: DeskSchool) -> None:
    visit_id = school.check_in("Victor", "Hale")
    _decide(school, visit_id, SAME)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        assert (visit.state, visit.passes) == (VisitState.TURNED_AWAY, [])


def test_a_decision_needs_the_right_and_a_reason_and_is_made_once_by_a_named_person(school: DeskSchool) -> None:
    visit_id = school.check_in("Victor", "Hale")
    with school.database.writing() as session:
        match = matches_of(session, visit_id)[0]
        assert [one.id for one in waiting_matches(session)] == [match.id]
        for clerk in (school.clerk, school.installer):
            with pytest.raises(NotAllowedError):
                decide_match(session, AT, match.id, OTHER, "I know them", by=clerk)
        with pytest.raises(BadValueError):
            decide_match(session, AT, match.id, OTHER, " ", by=school.principal)
    _decide(school, visit_id, OTHER)
    with pytest.raises(WrongStateError, match=r"A\. Rivera has decided"):
        _decide(school, visit_id, SAME)
    with school.database.reading() as session:
        kept = session.scalars(select(PossibleMatch)).one()
        assert (kept.decided_by, kept.reason, kept.outcome) == ("A. Rivera", "I know them", OTHER)
        done = session.scalars(select(AuditRecord).where(AuditRecord.action == "screening.decided")).one()
        assert done.actor == school.principal.reference


def test_strength_is_words_and_names_alone_are_weak(school: DeskSchool) -> None:
    visit_id = school.check_in("Vic", "Hale")
    known = school.check_in("Victor", "Hale", company="Hale Roofing")
    named = school.check_in("Victor", "Hale")
    with school.database.reading() as session:
        weak = matches_of(session, visit_id)[0]
        strong = matches_of(session, known)[0]
        found = resemblance(get_visit(session, visit_id).visitor, weak.banned)
        exact = resemblance(get_visit(session, known).visitor, strong.banned)
        nothing_else = resemblance(get_visit(session, named).visitor, strong.banned)
    assert found is not None
    assert exact is not None
    assert nothing_else is not None
    assert nothing_else.strength == "Weak, only the name could be compared"
    assert found.strength == "Weak, 1 of 2 points agree"
    assert exact.strength == "Strong, 3 of 3 points agree"
    assert (weak.exact, strong.exact) == (False, True)


def test_an_entry_that_has_ended_holds_nobody(school: DeskSchool) -> None:
    with school.database.writing() as session:
        end_banned(session, AT, school.banned, version=1, by=school.principal)
    visit_id = school.check_in("Victor", "Hale", AT + timedelta(seconds=1))
    with school.database.reading() as session:
        assert get_visit(session, visit_id).state is VisitState.ON_SITE
