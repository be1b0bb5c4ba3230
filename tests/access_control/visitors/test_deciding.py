"""What a decision does beyond its own comparison: what came meanwhile still counts."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive
from access_control.database.ids import new_id
from access_control.readers.orders import add_directive
from access_control.visitors.banned import BannedDetails, add_banned
from access_control.visitors.deciding import decide_match
from access_control.visitors.errors import CheckInClosedError, NotThereError, WrongStateError
from access_control.visitors.models import ScreeningOutcome, VisitState
from access_control.visitors.screening import matches_of
from access_control.visitors.visits import Guest, VisitDetails, check_in
from tests.building.tiny_school import SITE
from tests.building.visits import AT, BANNED, DeskSchool

LATER = AT + timedelta(minutes=5)


def decide(school: DeskSchool, visit_id: str, outcome: ScreeningOutcome) -> VisitState:
    with school.database.writing() as session:
        match = next(one for one in matches_of(session, visit_id) if one.outcome is None)
        return decide_match(session, LATER, match.id, outcome, "I know them", by=school.principal).state


def test_an_entry_that_came_meanwhile_is_compared_before_anybody_goes_in(school: DeskSchool) -> None:
    visit_id = school.check_in(*BANNED)
    with school.database.writing() as session:
        add_banned(session, AT + timedelta(minutes=1), BannedDetails(*BANNED, source="District"), by=school.principal)
    assert decide(school, visit_id, ScreeningOutcome.NOT_THE_SAME) is VisitState.HELD
    assert decide(school, visit_id, ScreeningOutcome.SAME_PERSON) is VisitState.TURNED_AWAY
    with school.database.reading() as session:
        assert school.visit(session, visit_id).passes == []


def test_a_decision_about_a_visit_that_does_not_wait_any_more_changes_nothing(school: DeskSchool) -> None:
    visit_id = school.check_in(*BANNED)
    with school.database.writing() as session:
        school.visit(session, visit_id).state = VisitState.CLOSED_BY_SYSTEM
    with pytest.raises(WrongStateError, match="does not wait any more"):
        decide(school, visit_id, ScreeningOutcome.NOT_THE_SAME)
    with school.database.reading() as session:
        assert school.visit(session, visit_id).state is VisitState.CLOSED_BY_SYSTEM
        assert {match.outcome for match in matches_of(session, visit_id)} == {None}


def test_a_comparison_that_never_was_is_not_there(school: DeskSchool) -> None:
    with school.database.writing() as session, pytest.raises(NotThereError):
        decide_match(session, AT, "none", ScreeningOutcome.NOT_THE_SAME, "I know them", by=school.principal)


def test_two_who_decide_the_last_two_comparisons_at_the_same_moment_leave_nobody_waiting_for_ever(
    school: DeskSchool,
) -> None:
    with school.database.writing() as session:
        add_banned(session, AT - timedelta(days=1), BannedDetails(*BANNED, source="District"), by=school.principal)
    visit_id = school.check_in(*BANNED)
    with school.database.reading() as session:
        first, second = [match.id for match in matches_of(session, visit_id)]

    def answer(match_id: str) -> None:
        with school.database.writing() as session:
            decide_match(session, LATER, match_id, ScreeningOutcome.NOT_THE_SAME, "I know them", by=school.principal)

    other = threading.Thread(target=answer, args=(second,))
    with school.database.writing() as session:
        decide_match(session, LATER, first, ScreeningOutcome.NOT_THE_SAME, "I know them", by=school.principal)
        other.start()
        other.join(0.5)  # on PostgreSQL it is in the middle of its own by now
    other.join(60)
    with school.database.reading() as session:
        assert school.visit(session, visit_id).state is VisitState.ON_SITE


def test_a_held_walk_in_waits_until_secure_is_over_and_an_expected_visitor_does_not(school: DeskSchool) -> None:
    walk_in = school.check_in(*BANNED)
    expected = school.expect("Vic", "Hale")
    with school.database.writing() as session:
        check_in(session, AT, expected, Guest(), VisitDetails(host="Office"), by=school.clerk)
    start(school, EmergencyAction.SECURE)
    assert decide(school, walk_in, ScreeningOutcome.NOT_THE_SAME) is VisitState.EXPECTED
    assert decide(school, expected, ScreeningOutcome.NOT_THE_SAME) is VisitState.ON_SITE
    with school.database.reading() as session:
        assert school.visit(session, walk_in).passes == []
    with pytest.raises(CheckInClosedError), school.database.writing() as session:  # nor by the form once more
        check_in(session, LATER, walk_in, Guest(), VisitDetails(host="Office"), by=school.clerk)


def start(school: DeskSchool, action: EmergencyAction) -> None:
    by = school.principal.reference
    doors = frozenset({1, 2, 3, 4})
    directive = Directive(new_id(AT), action, "site", doors, "service", by, drill=False, started_at=AT)
    with school.database.writing() as session:
        sealed = seal_directive(directive, school.keys.document, site=SITE)
        add_directive(session, school.keys, AT, directive, [sealed], by_name="A. Rivera")
