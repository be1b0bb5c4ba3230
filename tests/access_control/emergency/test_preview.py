"""What each door will do after a release: what the published documents say, and nothing that was cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access_control.clock import utc_now
from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction, OverrideEffect
from access_control.core.wire.directives import seal_directive
from access_control.database.engine import Database
from access_control.emergency.preview import after_release
from access_control.emergency.school import read_school
from access_control.readers import orders
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Board, Door, Schedule
from access_control.readers.publishing import publish_policy
from tests.building.emergencies import MAIN_BRIDGE, SITE, SOUTH_BRIDGE, directive, fresh_id

AT = utc_now()


@pytest.fixture
def published(school_database: Database, keys: SchoolKeys) -> Database:
    """Door 2 has an always-unlock schedule, door 3 is locked by hand; only the main bridge has a Policy."""
    with school_database.writing() as session:
        for bridge in (MAIN_BRIDGE, SOUTH_BRIDGE):
            session.add(Board(bridge_id=bridge, name="Board", port="a", address=1, outputs=8, inputs=8))
        session.add(Schedule(id=1, name="Always", always=True))
        session.flush()
        session.get_one(Door, 2).unlock_schedule_id = 1
    with school_database.writing() as session:
        assert publish_policy(session, keys, MAIN_BRIDGE, AT) is not None
        orders.set_override(
            session, keys, AT, door_id=3, effect=OverrideEffect.LOCK, by="cli", why="Broken window.", expires_at=None
        )
        orders.set_override(
            session, keys, AT, door_id=1, effect=OverrideEffect.UNLOCK, by="cli", why="Delivery of books.",
            expires_at=AT + timedelta(hours=1),
        )  # fmt: skip
    return school_database


def raised(database: Database, keys: SchoolKeys, *made: Directive) -> None:
    with database.writing() as session:
        for one in made:
            sealed = seal_directive(one, keys.document, site=SITE)
            orders.add_directive(session, keys, AT, one, [sealed], by_name="A. Rivera")


def said(database: Database, keys: SchoolKeys, id_: str) -> dict[str, tuple[bool | None, str]]:
    with database.reading() as session:
        school = read_school(session)
        assert school is not None
        running = next(one for one in school.running if one.directive.id == id_)
        found = after_release(session, keys, AT + timedelta(seconds=1), school, running, None)
    return {after.door.number: (after.unlocks, after.words) for after in found}


def test_doors_return_to_what_the_order_stack_says(published: Database, keys: SchoolKeys) -> None:
    lockdown = directive(id=fresh_id())
    raised(published, keys, lockdown)
    assert said(published, keys, lockdown.id) == {
        "1": (False, "Stays locked. Cards work again."),  # its unlock by hand was cancelled for good
        "1V": (True, "Unlocks: its schedule says so now."),
        "101": (False, "Stays locked: an operator locked it."),
        "8": (None, "Not known: its bridge has no documents yet."),
        "9": (None, "Not known: its bridge has no documents yet."),
        "GYM": (None, "Not known: its bridge has no documents yet."),
    }


def test_another_emergency_goes_on(published: Database, keys: SchoolKeys) -> None:
    hold = directive(EmergencyAction.HOLD, id=fresh_id(), scope="building:1", doors=frozenset({1, 2, 3}))
    lockdown = directive(id=fresh_id())
    raised(published, keys, hold, lockdown)
    found = said(published, keys, lockdown.id)
    assert found["1V"] == (False, "Stays under Hold.")
    assert said(published, keys, hold.id)["1"] == (False, "Stays under Lockdown.")
