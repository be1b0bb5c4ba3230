"""Who walks to which door: *I am going*, with a name and since when, until the door is proved secured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.ids import new_id
from access_control.emergency.errors import MayNotError, NotUnderDirectiveError
from access_control.emergency.models import Going
from access_control.emergency.school import School
from access_control.people.permissions import Actor, Permission, Place


def say_going(session: Session, at: datetime, school: School, *, directive: str, door: int, by: Actor) -> Going:
    """Note that somebody goes to a door. Saying it again changes nothing; another person takes over.

    Raises:
        NotUnderDirectiveError: The directive has ended, or does not hold at the door.
        MayNotError: The person may not say so there.
    """
    running = next((one for one in school.running if one.directive.id == directive), None)
    if running is None or door not in school.in_scope(running.directive) - running.released:
        raise NotUnderDirectiveError
    known = school.doors[door]
    if not by.may(Permission.EMERGENCY_GO, Place(school.site, known.building, known.zone)):
        raise MayNotError("go to that door")
    newest = who_goes(session, directive).get(door)
    if newest is not None and newest.operator == by.reference:
        return newest
    going = Going(id=new_id(at), directive_id=directive, door_id=door, operator=by.reference, name=by.name, at=at)
    session.add(going)
    record(
        session,
        at,
        actor=by.reference,
        action="emergency.going",
        subject=f"directive:{directive}",
        facts={"door": door},
    )
    return going


def who_goes(session: Session, directive: str) -> Mapping[int, Going]:
    """For each door, who said it last."""
    rows = session.scalars(select(Going).where(Going.directive_id == directive).order_by(Going.at, Going.id))
    return {going.door_id: going for going in rows}
