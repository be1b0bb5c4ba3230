"""Rows of visitors: who came before, who is expected today, and whom the school does not let in. All made up."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from access_control.demo.history import school_days_before
from access_control.demo.names import people_names
from access_control.demo.population import everybody
from access_control.people.names import search_name
from access_control.visitors.models import BannedPerson, Visit, Visitor, VisitorCategory, VisitState

BEFORE: Final = 40
"""Visits of the last school days."""

_CATEGORIES: Final = {
    "Visitor": VisitorCategory.VISITOR,
    "Volunteer": VisitorCategory.VOLUNTEER,
    "Contractor": VisitorCategory.CONTRACTOR,
    "Substitute": VisitorCategory.SUBSTITUTE,
}
# minutes from now, given, family, company, category, host, reason, destination
EXPECTED: Final = (
    (-15, "Elena", "Marsh", "", "Visitor", "Priya Raman", "Parent meeting with the nurse", "Nurse's office"),
    (10, "Jonathan", "Pell", "Pell Elevators", "Contractor", "Walter Price", "Elevator inspection", "Service side"),
    (25, "Beatrice", "Okonkwo", "", "Volunteer", "Noor Haddad", "Reading hour", "Library"),
    (40, "Tomasz", "Zielinski", "", "Visitor", "Grace Lindqvist", "Parent meeting", "Room 101"),
    (55, "Renee", "Castillo", "", "Substitute", "Marcus Oyelaran", "Substitute for music", "Music room"),
    (80, "Harold", "Nygaard", "District office", "Visitor", "Hannah Whitfield", "Budget review", "Offices"),
    (120, "Sunita", "Iyer", "", "Volunteer", "Rosa Jimenez", "Lunch help", "Kitchen"),
    (170, "Andre", "Baptiste", "Bright Stage", "Contractor", "Ellen Cho", "Stage lights", "Music room"),
)
BANNED: Final = (
    ("Victor", "Hale", "No contact with the school under a court order of 3 March. Call the principal.", "Court order"),
    ("Raymond", "Cole", "Threatened staff in the car park. Written notice from the district.", "District notice"),
)


def add_visitors(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Visits of last week, today's expected visitors, and the school's own banned list."""
    session.add_all(_past_visits(now, zone))
    session.add_all(
        BannedPerson(
            id=str(uuid.uuid4()),
            given_name=given,
            family_name=family,
            search_name=search_name(given, family),
            note=note,
            source=source,
            starts_at=now - timedelta(days=60),
            added_by="demo",
        )
        for given, family, note, source in BANNED
    )
    session.flush()
    expect_today(session, now, zone)


def expect_today(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Have visitors expected for today; those of an earlier day who never came are cancelled, nobody is kept inside."""
    morning = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    old = Visit.expected_at < morning
    session.execute(update(Visit).where(Visit.state == VisitState.EXPECTED, old).values(state=VisitState.CANCELLED))
    if session.scalar(select(Visit.id).where(Visit.state == VisitState.EXPECTED).limit(1)):
        return
    known = {visitor.search_name: visitor for visitor in session.scalars(select(Visitor))}
    hosts = {character.name: character.ref for character in everybody()}
    for minutes, given, family, company, category, host, reason, destination in EXPECTED:
        name = search_name(given, family)
        visitor = known.get(name) or _visitor(given, family, company, now)
        session.add(
            Visit(
                id=str(uuid.uuid4()),
                visitor=visitor,
                category=_CATEGORIES[category],
                state=VisitState.EXPECTED,
                invitation=secrets.token_hex(8),
                host_ref=hosts[host],
                host=host,
                reason=reason,
                destination=destination,
                expected_at=now + timedelta(minutes=minutes),
            )
        )
    session.flush()


def _visitor(given: str, family: str, company: str, last_at: datetime) -> Visitor:
    return Visitor(
        id=str(uuid.uuid4()),
        given_name=given,
        family_name=family,
        search_name=search_name(given, family),
        company=company,
        last_at=last_at,
    )


def _past_visits(now: datetime, zone: ZoneInfo) -> Iterator[Visit]:
    random = Random(11)  # noqa: S311 - nothing here is a secret
    days = school_days_before(now.astimezone(zone).date())
    names = people_names(12, {character.name for character in everybody()})
    hosts = everybody()[:12]
    counted = dict.fromkeys(days, 0)
    for number in range(BEFORE if days else 0):
        day = days[number % len(days)]
        counted[day] += 1
        opening = datetime(day.year, day.month, day.day, 8, 20, tzinfo=zone)
        arrived = opening + timedelta(minutes=random.randrange(360))
        left = arrived + timedelta(minutes=random.randrange(10, 95))
        host = random.choice(hosts)
        yield Visit(
            id=str(uuid.uuid4()),
            visitor=_visitor(*next(names), random.choice(("", "", "Metro Couriers", "Northside HVAC")), arrived),
            category=random.choice(list(VisitorCategory)),
            state=VisitState.SIGNED_OUT,
            host_ref=host.ref,
            host=host.name,
            reason=random.choice(("Parent meeting", "Delivery", "Volunteering", "Repair", "Interview")),
            destination=random.choice(("Offices", "Library", "Gym", "Room 102")),
            arrived_at=arrived,
            until_at=arrived + timedelta(hours=2),
            signed_out_at=left,
            badge_number=counted[day],
            checked_in_by="demo",
        )
