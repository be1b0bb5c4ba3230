"""Visits: expected, checked in, cancelled, signed out. docs/visitors.md tells the story of one."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from access_control.audit.record import record
from access_control.core.decision.model import PassRevocation
from access_control.database.changes import tell
from access_control.database.errors import ConflictError, expect_version
from access_control.database.ids import new_id
from access_control.people.actors import Local, reference, require
from access_control.people.models import Cardholder
from access_control.people.names import search_name
from access_control.people.permissions import Actor, Permission
from access_control.readers.keys import SchoolKeys
from access_control.visitors.arriving import admit
from access_control.visitors.errors import BadValueError, CheckInClosedError, NotThereError, WrongStateError
from access_control.visitors.looking_up import host_named
from access_control.visitors.models import ScreeningOutcome, Visit, Visitor, VisitorCategory, VisitState
from access_control.visitors.opening import is_closed
from access_control.visitors.passes import mint_pass, revoke_passes
from access_control.visitors.screening import matches_of, screen
from access_control.visitors.typed import typed_line

LONGEST: Final = timedelta(hours=10)
"""A visit lasts so long at most, and so does its pass."""

SHORTEST: Final = timedelta(minutes=5)
_AHEAD: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who comes: somebody known (``visitor_id``), or a new name."""

    visitor_id: str | None = None
    given_name: str = ""
    family_name: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class VisitDetails:
    """What the form about a visit holds.

    Attributes:
        host: Who is visited; a member of staff is recognised by the whole name.
        host_ref: That member of staff, if it was chosen from the list.
        stay: How long the visit is meant to last.
    """

    category: VisitorCategory = VisitorCategory.VISITOR
    host: str = ""
    host_ref: int | None = None
    reason: str = ""
    destination: str = ""
    escort_needed: bool = False
    stay: timedelta = timedelta(hours=1)


def get_visit(session: Session, visit_id: str) -> Visit:
    """A visit with its visitor and passes.

    Raises:
        NotThereError: There is none.
    """
    found = session.get(Visit, visit_id, options=[joinedload(Visit.visitor), selectinload(Visit.passes)])
    if found is None:
        raise NotThereError("There is no such visit.", "Look for the visitor by name.")
    return found


def expect_visit(
    session: Session, at: datetime, guest: Guest, details: VisitDetails, *, expected_at: datetime, by: Actor | Local
) -> Visit:
    """Write down that somebody is expected; the visit gets an invitation's code, which only the desk takes.

    Raises:
        NotAllowedError: ``by`` may not.
        BadValueError: Something in the form cannot be stored; ``field`` says what.
    """
    require(by, Permission.VISITOR_EXPECT)
    if not at - timedelta(hours=12) <= expected_at <= at + _AHEAD:
        raise BadValueError("This time lies too far away.", "Choose a time within the next year.", "expected_at")
    visit = Visit(id=new_id(at), state=VisitState.EXPECTED, invitation=secrets.token_hex(10).upper())
    visit.expected_at = expected_at
    _fill(session, visit, details)
    visit.visitor = _visitor(session, at, guest)
    session.add(visit)
    session.flush()
    _done(session, at, visit, "visit.expected", by)
    return visit


def check_in(
    session: Session,
    at: datetime,
    visit_id: str,
    guest: Guest,
    details: VisitDetails,
    *,
    by: Actor,
    version: int | None = None,
) -> Visit:
    """Check somebody in: an expected visit, or with a new ``visit_id`` somebody who just came.

    The same form twice is one visit; another form about a visitor who is in already is a conflict. If the name
    resembles one on the banned list the visit is held instead, and there is no pass.

    Raises:
        NotAllowedError: ``by`` may not.
        BadValueError: Something in the form cannot be stored; ``field`` says what.
        CheckInClosedError: Nobody is checked in during a lockdown, and only expected visitors while secured.
        WrongStateError: The visit is over, or the visitor is on site already.
        ConflictError: Somebody else changed the expected visit since ``version`` was read, or checked the visitor in.
    """
    require(by, Permission.VISITOR_CHECK_IN)
    visit = session.get(Visit, _uuid(visit_id), options=[joinedload(Visit.visitor), selectinload(Visit.passes)])
    if visit is not None and _is_in(session, visit, guest, details):
        return visit  # the form was sent twice
    if is_closed(session, expected=visit is not None and visit.announced):
        raise CheckInClosedError
    if visit is None:
        visit = Visit(id=visit_id, state=VisitState.EXPECTED, visitor=_visitor(session, at, guest))
        session.add(visit)
    elif version is not None:
        expect_version(visit.version, version)
    _fill(session, visit, details)
    _require_absent(session, visit)
    visit.arrived_at, visit.until_at = at, at + timedelta(seconds=visit.stay_s)
    visit.checked_in_by = by.reference
    visit.visitor.last_at = at
    session.flush()
    if screen(session, at, visit):
        visit.state = VisitState.HELD
        _done(session, at, visit, "visit.held", by)
    else:
        admit(session, at, visit)
        _done(session, at, visit, "visit.checked_in", by)
    return visit


def cancel_visit(session: Session, at: datetime, visit_id: str, *, by: Actor) -> Visit:
    """Give up a visit that has not begun: nobody comes, or whoever waited has left.

    Raises:
        NotThereError, NotAllowedError: There is none, or ``by`` may not.
        WrongStateError: The visitor is on site, or the visit is over.
    """
    require(by, Permission.VISITOR_CHECK_IN)
    visit = get_visit(session, visit_id)
    if visit.state is VisitState.CANCELLED:
        return visit
    if visit.state is VisitState.ON_SITE:
        raise WrongStateError(f"{visit.visitor.full_name} is on site.", "Sign the visitor out instead.")
    if visit.state not in {VisitState.EXPECTED, VisitState.HELD}:
        raise WrongStateError("This visit is over already.", "Nothing needs to be done.")
    visit.state = VisitState.CANCELLED
    _done(session, at, visit, "visit.cancelled", by)
    return visit


def sign_out(session: Session, keys: SchoolKeys, at: datetime, visit_id: str, *, by: Actor) -> Visit:
    """End a visit. Its passes are dead at once, also those that were never used; a second time changes nothing.

    Raises:
        NotThereError, NotAllowedError: There is none, or ``by`` may not.
        WrongStateError: The visitor is not on site.
    """
    require(by, Permission.VISITOR_SIGN_OUT)
    visit = get_visit(session, visit_id)
    if visit.state in {VisitState.SIGNED_OUT, VisitState.CLOSED_BY_SYSTEM}:
        return visit
    if visit.state is not VisitState.ON_SITE:
        raise WrongStateError(f"{visit.visitor.full_name} is not on site.", "There is nobody to sign out.")
    visit.state, visit.signed_out_at = VisitState.SIGNED_OUT, at
    revoke_passes(session, keys, at, visit, PassRevocation.SIGNED_OUT)
    _done(session, at, visit, "visit.signed_out", by)
    return visit


def new_pass(session: Session, keys: SchoolKeys, at: datetime, visit_id: str, *, by: Actor) -> Visit:
    """Make a new pass and kill the ones before it; counts as a reprint of the badge.

    The banned list may have changed since the check-in: a new resemblance holds the visit, and there is no new pass.

    Raises:
        NotThereError, NotAllowedError: There is none, or ``by`` may not.
        WrongStateError: The visitor is not on site.
    """
    require(by, Permission.VISITOR_CHECK_IN)
    visit = get_visit(session, visit_id)
    if visit.state is not VisitState.ON_SITE:
        raise WrongStateError(f"{visit.visitor.full_name} is not on site.", "Only visitors on site get a pass.")
    revoke_passes(session, keys, at, visit, PassRevocation.CANCELLED)
    if screen(session, at, visit):
        visit.state = VisitState.HELD
        _done(session, at, visit, "visit.held", by)
        return visit
    visit.reprints += 1
    mint_pass(session, at, visit)
    _done(session, at, visit, "pass.minted_again", by)
    return visit


def extend_visit(session: Session, at: datetime, visit_id: str, by_how_much: timedelta, *, by: Actor) -> Visit:
    """Let a visit last longer, from now if its time was over; 10 h after arrival at most.

    Raises:
        NotThereError, NotAllowedError: There is none, or ``by`` may not.
        WrongStateError: The visitor is not on site, or the visit has lasted for 10 h.
    """
    require(by, Permission.VISITOR_CHECK_IN)
    visit = get_visit(session, visit_id)
    if visit.state is not VisitState.ON_SITE or visit.arrived_at is None:
        raise WrongStateError(f"{visit.visitor.full_name} is not on site.", "Nothing can be extended.")
    last = visit.arrived_at + LONGEST
    if at >= last:
        raise WrongStateError("This visit has lasted for 10 h.", "Sign the visitor out, and check in again if need be.")
    visit.until_at = min(last, max(at, visit.until_at or at) + by_how_much)
    _done(session, at, visit, "visit.extended", by)
    return visit


def ask_office(session: Session, at: datetime, visit_id: str, *, by: Actor) -> Visit:
    """Remind the office that somebody waits at the desk.

    Raises:
        NotThereError, NotAllowedError: There is none, or ``by`` may not.
    """
    require(by, Permission.VISITOR_CHECK_IN)
    visit = get_visit(session, visit_id)
    if visit.state is VisitState.HELD:
        visit.asked_at, visit.asked_by = at, by.name
        session.flush()
        tell_desk(session, visit)
    return visit


def tell_desk(session: Session, visit: Visit) -> None:
    """Let every open desk know that a visit has changed."""
    tell(session, "live", json.dumps({"what": "desk", "visit": visit.id}))


def _done(session: Session, at: datetime, visit: Visit, action: str, by: Actor | Local) -> None:
    session.flush()
    tell_desk(session, visit)
    facts = {"state": visit.state.value, "category": visit.category.value}
    who = visit.visitor
    record(
        session,
        at,
        actor=reference(by),
        action=action,
        subject=f"visit:{visit.id}",
        facts=facts,
        text=who.full_name,
        person=who.id,
    )


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise BadValueError("This form is damaged.", "Open the front desk again, and check in from there.") from error


def _visitor(session: Session, at: datetime, guest: Guest) -> Visitor:
    if guest.visitor_id:
        known = session.get(Visitor, guest.visitor_id)
        if known is None:
            raise NotThereError("This visitor is not known any more.", "Type the name as for somebody new.")
        return known
    given = typed_line(guest.given_name, "given_name", "The first name", 80, required=False)
    family = typed_line(guest.family_name, "family_name", "The last name", 80)
    if not search_name(family):
        raise BadValueError("The last name has no letters.", "Type it as it is spoken.", "family_name")
    made = Visitor(
        id=new_id(at),
        given_name=given,
        family_name=family,
        search_name=search_name(given, family)[:170],
        company=typed_line(guest.company, "company", "The company", 80, required=False),
        last_at=at,
    )
    session.add(made)
    return made


def _fill(session: Session, visit: Visit, details: VisitDetails) -> None:
    for name, value in _content(session, details).items():
        setattr(visit, name, value)


def _content(session: Session, details: VisitDetails) -> dict[str, object]:
    """What a form says, as a visit keeps it."""
    host = typed_line(details.host, "host", "Who is visited", 120)
    person = session.get(Cardholder, details.host_ref) if details.host_ref else host_named(session, host)
    if person is not None and person.search_name != search_name(host):
        person = host_named(session, host)  # another name was typed after one was chosen
    return {
        "host_ref": None if person is None else person.ref,
        "host": host if person is None else person.full_name,
        "category": VisitorCategory(details.category),
        "reason": typed_line(details.reason, "reason", "The reason", 200, required=False),
        "destination": typed_line(details.destination, "destination", "Where to", 80, required=False),
        "escort_needed": details.escort_needed,
        "stay_s": int(min(max(details.stay, SHORTEST), LONGEST).total_seconds()),
    }


def _is_in(session: Session, visit: Visit, guest: Guest, details: VisitDetails) -> bool:
    """Whether somebody was checked in with this very form already.

    Raises:
        ConflictError: They were, with a form that says something else.
        WrongStateError: The visit is over.
    """
    if visit.state is VisitState.EXPECTED:
        return False
    if visit.state not in {VisitState.ON_SITE, VisitState.HELD}:
        raise WrongStateError("This visit is over already.", "Check the visitor in again as a new visit.")
    if not _says_the_same(session, visit, guest, details):
        raise ConflictError(visit.version)
    return True


def _says_the_same(session: Session, visit: Visit, guest: Guest, details: VisitDetails) -> bool:
    """Whether a form says of a visit what is kept of it already."""
    said = _content(session, details)
    if any(match.outcome is ScreeningOutcome.ESCORT_ONLY for match in matches_of(session, visit.id)):
        del said["escort_needed"]  # the office decided that since
    if guest.visitor_id:
        said["visitor_id"] = guest.visitor_id
    elif guest.family_name and search_name(guest.given_name, guest.family_name)[:170] != visit.visitor.search_name:
        return False
    return all(getattr(visit, name) == value for name, value in said.items())


def _require_absent(session: Session, visit: Visit) -> None:
    """See that the visitor is not here already, under another visit."""
    here = session.scalars(
        select(Visit).where(
            Visit.visitor_id == visit.visitor.id,
            Visit.id != visit.id,
            Visit.state.in_([VisitState.ON_SITE, VisitState.HELD]),
        )
    ).first()
    if here is not None:
        raise WrongStateError(
            f"{visit.visitor.full_name} is checked in already.", "Look at the list, or sign that visit out first."
        )
