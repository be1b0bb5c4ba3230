"""An emergency ends what was unlocked by hand: in the rows as well, so that Orders and pages do not go on with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.decision.emergency import Release
from access_control.core.decision.model import DoorClass, EmergencyAction, OverrideEffect
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.core.wire.events import EventCode
from access_control.core.wire.signing import SigningKey
from access_control.database.ids import new_id
from access_control.readers.events import take_events
from access_control.readers.models import Door
from access_control.readers.orders import add_directive, hear_from_bridge, overrides_in_force, set_override
from access_control.readers.records import OverrideRow
from tests.building.published import LiveSchool, later
from tests.building.said import STREAM, raw_event
from tests.building.sites import AT, BY


def by_hand(live: LiveSchool, effect: OverrideEffect = OverrideEffect.UNLOCK) -> str:
    with live.writing() as session:
        row = set_override(
            session, live.keys, later(1), door_id=live.door, effect=effect, by=BY, why="moving in",
            expires_at=later(3600),
        )  # fmt: skip
        return row.id


def standing(live: LiveSchool) -> list[str]:
    """The orders by hand that stand in the rows, which are those in the Orders."""
    with live.database.reading() as session:
        rows = [row.id for row in overrides_in_force(session, later(20), [live.door])]
    assert [override.id for override in live.orders().overrides] == rows
    return rows


def start(live: LiveSchool, action: EmergencyAction, *, drill: bool = False) -> str:
    made = replace(live.directive(action), drill=drill)
    with live.writing() as session:
        add_directive(session, live.keys, later(10), made, live.sealed(made), by_name="A. Rivera")
    return made.id


@pytest.mark.parametrize("action", EmergencyAction)
def test_a_lockdown_and_what_locks_from_outside_end_an_unlock(live: LiveSchool, action: EmergencyAction) -> None:
    with live.writing() as session:
        session.get_one(Door, live.door).door_class = DoorClass.EXTERIOR
    unlock = by_hand(live)
    start(live, action)
    ends = action in {EmergencyAction.LOCKDOWN, EmergencyAction.SECURE}
    assert standing(live) == ([] if ends else [unlock])
    with live.database.reading() as session:
        told = session.scalars(select(AuditRecord.actor).where(AuditRecord.action == "door.override_ended")).all()
    assert told == ([BY] if ends else [])


@pytest.mark.parametrize("effect", [OverrideEffect.LOCK, OverrideEffect.BLOCK])
def test_a_door_that_is_locked_by_hand_stays_so(live: LiveSchool, effect: OverrideEffect) -> None:
    lock = by_hand(live, effect)
    start(live, EmergencyAction.LOCKDOWN)
    assert standing(live) == [lock]


@pytest.mark.parametrize(("released_s", "ends"), [(0, False), (2, True)])
def test_what_is_heard_of_late_with_its_release_ends_only_what_was_unlocked_before(
    live: LiveSchool, released_s: float, ends: bool
) -> None:
    own = SigningKey(live.bridge, live.signing[live.bridge])
    raised = replace(live.directive(), origin=f"bridge:{live.bridge}", by="panic button", started_at=later(-60))
    over = Release(
        new_id(AT), raised.id, frozenset({live.door}), "local:desk", f"code:{'0' * 64}", "all clear", later(released_s)
    )
    sealed = seal_directive(raised, own, site=live.school.site), seal_release(over, own, site=live.school.site)
    unlock = by_hand(live)
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, later(10), live.bridge, [sealed[0]], [sealed[1]]) == []
    assert standing(live) == ([] if ends else [unlock])


def cancelled(live: LiveSchool, bridge: str, override: str) -> None:
    event = raw_event(bridge, 1, EventCode.MANUAL_OVERRIDE_CANCELLED, later(5), detail={"override": override})
    with live.writing() as session:
        take_events(session, later(6), bridge, STREAM, 1, [event])


def test_what_a_bridge_cancelled_is_over_here_too(live: LiveSchool) -> None:
    unlock = by_hand(live)
    cancelled(live, live.bridge, unlock)
    with live.database.reading() as session:
        assert session.get_one(OverrideRow, unlock).ended_at == later(6)
        deed = session.scalars(select(AuditRecord).where(AuditRecord.action == "door.override_ended")).one()
        assert (deed.actor, deed.subject) == (f"bridge:{live.bridge}", f"door:{live.door}")


def test_a_bridge_ends_no_lock_and_nothing_at_the_doors_of_others(live: LiveSchool) -> None:
    lock = by_hand(live, OverrideEffect.LOCK)
    cancelled(live, live.bridge, lock)
    assert standing(live) == [lock]
    unlock = by_hand(live)
    cancelled(live, live.school.other_bridge, unlock)
    assert standing(live) == [unlock]
