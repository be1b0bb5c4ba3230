"""The tiny school with a vestibule, staff to visit and a banned list; times are given by the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.people.actors import actor_of
from access_control.people.models import Cardholder
from access_control.people.names import search_name
from access_control.people.permissions import Actor, Role
from access_control.readers.digests import new_digest_key
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, DoorGroup
from access_control.visitors.banned import BannedDetails, add_banned
from access_control.visitors.models import Visit
from access_control.visitors.visits import Guest, VisitDetails, check_in, expect_visit
from tests.building.tiny_school import BRIDGE, OPERATORS, make_school

AT: Final = datetime(2026, 11, 23, 16, 42, tzinfo=UTC)  # 10:42 am at the school
STAFF: Final = (("Priya", "Raman", "Nurse"), ("Grace", "Lindqvist", "Grade 1"), ("Graciela", "Lund", "Grade 2"))
BANNED: Final = "Victor", "Hale"


@dataclass
class DeskSchool:
    """The school and who works there."""

    database: Database
    keys: SchoolKeys
    clerk: Actor
    principal: Actor
    installer: Actor
    banned: str

    def check_in(
        self, given: str, family: str, at: datetime = AT, *, stay: timedelta = timedelta(hours=1), **more: str
    ) -> str:
        """Check somebody new in; the visit's id."""
        details = VisitDetails(host=more.pop("host", "Priya Raman"), stay=stay, reason="Meeting", destination="Nurse")
        with self.database.writing() as session:
            guest = Guest(more.pop("visitor", None), given, family, more.pop("company", ""))
            return check_in(session, at, new_id(at), guest, details, by=self.clerk).id

    def expect(self, given: str, family: str, at: datetime = AT, *, in_s: float = 600) -> str:
        """Expect somebody; the visit's id."""
        with self.database.writing() as session:
            details = VisitDetails(host="Priya Raman", reason="Meeting")
            moment = at + timedelta(seconds=in_s)
            return expect_visit(session, at, Guest(None, given, family), details, expected_at=moment, by=self.clerk).id

    def visit(self, session: Session, visit_id: str) -> Visit:
        """A visit."""
        return session.get_one(Visit, visit_id)


def furnish_desk(database: Database, keys: SchoolKeys, at: datetime, *, school: bool = True) -> DeskSchool:
    """Fill an empty database (with ``school``), or one that has the tiny school already."""
    with database.writing() as session:
        if school:
            make_school(session)
            session.flush()
        bridge = session.get_one(Bridge, BRIDGE)
        bridge.digest_key_sealed = bridge.digest_key_sealed or new_digest_key(keys)[1]
        if session.scalar(select(DoorGroup.id)) is None:
            session.add(DoorGroup(bridge_id=BRIDGE, name="Vestibule", doors=[1]))
        session.add_all(
            Cardholder(
                given_name=given,
                family_name=family,
                search_name=search_name(given, family),
                holder_class=HolderClass.STAFF,
                unit=unit,
            )
            for given, family, unit in STAFF
        )
        session.flush()
        actors = [actor_of(session, OPERATORS[role][0], at) for role in Role]
        by_login = {actor.login: actor for actor in actors if actor is not None}
        details = BannedDetails(
            *BANNED, source="Court order", note="Tall, scar on the left hand", company="Hale Roofing"
        )
        banned = add_banned(session, at - timedelta(days=9), details, by=by_login["rivera"]).id
    return DeskSchool(database, keys, by_login["dana"], by_login["rivera"], by_login["priya"], banned)
