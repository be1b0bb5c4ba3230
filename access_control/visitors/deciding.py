"""A named person decides whether a visitor is somebody on the banned list; the reason is kept with their name."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.locks import hold
from access_control.people.actors import require
from access_control.people.permissions import Actor, Permission
from access_control.visitors.arriving import admit
from access_control.visitors.errors import NotThereError, WrongStateError
from access_control.visitors.models import PossibleMatch, ScreeningOutcome, Visit, VisitState
from access_control.visitors.opening import is_closed
from access_control.visitors.screening import matches_of, screen
from access_control.visitors.typed import typed_line
from access_control.visitors.visits import get_visit, tell_desk

MOST_REASON: Final = 300


def decide_match(
    session: Session, at: datetime, match_id: str, outcome: ScreeningOutcome, reason: str, *, by: Actor
) -> Visit:
    """Decide one possible match. When nothing is left to decide the check-in goes on, or ends.

    Raises:
        NotAllowedError: ``by`` may not.
        NotThereError: There is no such match.
        BadValueError: There is no reason.
        WrongStateError: It was decided already, or the visit is over.
    """
    require(by, Permission.SCREENING_DECIDE)
    match = session.get(PossibleMatch, match_id, with_for_update=True)
    if match is None:
        raise NotThereError("There is no such comparison.", "Look at the front desk again.")
    why = typed_line(reason, "reason", "The reason", MOST_REASON)
    hold(session, f"deciding {match.visit_id}")  # who decides another comparison of it sees this one decided
    visit = get_visit(session, match.visit_id)
    if match.outcome is not None:
        raise WrongStateError(f"{match.decided_by} has decided this already.", "Your answer was not needed.")
    if visit.state is not VisitState.HELD:
        raise WrongStateError("This visit does not wait any more.", "Nothing needs to be decided.")
    match.outcome, match.reason, match.decided_by, match.decided_at = outcome, why, by.name, at
    if outcome is ScreeningOutcome.ESCORT_ONLY:
        visit.escort_needed = True
    session.flush()
    _go_on(session, at, visit)
    session.flush()
    tell_desk(session, visit)
    record(
        session,
        at,
        actor=by.reference,
        action="screening.decided",
        subject=f"visit:{visit.id}",
        facts={"outcome": outcome.value, "entry": match.banned_id, "points": match.points, "compared": match.compared},
        text=why,
        person=visit.visitor_id,
    )
    return visit


def _go_on(session: Session, at: datetime, visit: Visit) -> None:
    """Turn the visitor away, wait for the next comparison, or finish the check-in."""
    if any(match.outcome is ScreeningOutcome.SAME_PERSON for match in matches_of(session, visit.id)):
        visit.state = VisitState.TURNED_AWAY
    elif screen(session, at, visit):  # also what was put on the list meanwhile
        return
    elif visit.badge_number is None and is_closed(session, expected=visit.announced):
        visit.state = VisitState.EXPECTED  # check in again when it is over; what was decided stays decided
        visit.expected_at = visit.expected_at or visit.arrived_at
    else:
        admit(session, at, visit)
