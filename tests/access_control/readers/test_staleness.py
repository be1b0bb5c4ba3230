"""A change makes those Policies due that it touches, and no other."""

from __future__ import annotations

from sqlalchemy import update

from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.staleness import (
    bridges_of_doors,
    bridges_of_schedule,
    mark_all_stale,
    mark_bridges_stale,
)
from tests.building.published import LiveSchool
from tests.building.sites import fresh, stale


def test_only_the_named_bridges_become_due(live: LiveSchool) -> None:
    with live.writing() as session:
        fresh(session)
        mark_bridges_stale(session, [])
        assert stale(session) == set()
        mark_bridges_stale(session, {live.bridge})
        assert stale(session) == {"North bridge"}


def test_everybodys_change_is_due_everywhere_but_at_a_revoked_bridge(live: LiveSchool) -> None:
    with live.writing() as session:
        fresh(session)
        session.execute(update(Bridge).where(Bridge.id == live.bridge).values(state=BridgeState.REVOKED))
        mark_all_stale(session)
        assert stale(session) == {"South bridge"}


def test_doors_and_schedules_lead_to_the_bridges_that_go_by_them(live: LiveSchool) -> None:
    school = live.school
    with live.writing() as session:
        assert bridges_of_doors(session, [live.door, 999]) == {live.bridge}
        assert bridges_of_doors(session, []) == set()
        assert bridges_of_schedule(session, school.always) == {live.bridge}  # by an access level at its door
        assert bridges_of_schedule(session, school.never) == set()
        session.get_one(Door, live.door).unlock_schedule_id = school.never
        session.flush()
        assert bridges_of_schedule(session, school.never) == {live.bridge}
        session.get_one(Door, live.door).bridge_id = None
        session.flush()
        assert bridges_of_schedule(session, school.always) == set()
        assert bridges_of_doors(session, [live.door]) == set()
