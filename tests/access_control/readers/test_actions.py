"""Momentary commands: signed, pushed, short-lived, and refused where they would open a door in an emergency."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace

import pytest
from sqlalchemy import update

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import DoorClass, EmergencyAction
from access_control.core.wire.actions import ActionKind, open_action
from access_control.readers.actions import ActionRefusedError, actions_for, ask_unlock_once
from access_control.readers.errors import BadValueError
from access_control.readers.models import Bridge, Door
from access_control.readers.orders import add_directive, add_release
from access_control.readers.settings import change_settings, settings_of
from access_control.readers.site import the_site
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY


@pytest.fixture
def live(live: LiveSchool) -> LiveSchool:
    with live.writing() as session:
        session.execute(update(Bridge).values(status_at=AT))
    return live


def unlock(live: LiveSchool, seconds: float = 1, why: str = "parent, dentist") -> str:
    with live.writing() as session:
        return ask_unlock_once(session, live.keys, later(seconds), door_id=live.door, by=BY, why=why).id


def test_it_is_pushed_and_the_bridge_can_open_it(live: LiveSchool) -> None:
    with live.database.changes.listen(f"bridge:{live.bridge}") as listener:
        made = unlock(live)
        change = listener.get(10)
    assert change is not None
    sealed = b64decode(json.loads(change.payload)["action"])
    keys = live.keys.document_public()
    action = open_action(sealed, keys, site=live.school.site, bridge=live.bridge, at=later(2))
    assert (action.id, action.kind, action.target) == (made, ActionKind.UNLOCK_ONCE, live.door)


def test_it_waits_ten_seconds_for_its_bridge_and_no_longer(live: LiveSchool) -> None:
    unlock(live)
    with live.database.reading() as session:
        assert len(actions_for(session, live.bridge, later(10))) == 1
        assert actions_for(session, live.bridge, later(11)) == []
        assert actions_for(session, live.school.other_bridge, later(2)) == []


def test_a_reason_is_needed(live: LiveSchool) -> None:
    with pytest.raises(BadValueError, match="reason is missing"):
        unlock(live, why="  ")


def test_a_silent_bridge_is_named(live: LiveSchool) -> None:
    with pytest.raises(ActionRefusedError, match="North bridge is silent, so door 1 cannot be unlocked from here"):
        unlock(live, seconds=11)


def test_a_door_without_a_bridge_is_named(live: LiveSchool) -> None:
    with live.writing() as session:
        session.execute(update(Door).values(bridge_id=None))
    with pytest.raises(ActionRefusedError, match="No bridge runs door 1"):
        unlock(live)


def start(live: LiveSchool, action: EmergencyAction, door_class: DoorClass, *, drill: bool = False) -> Directive:
    directive = replace(live.directive(action), drill=drill)
    with live.writing() as session:
        session.execute(update(Door).values(door_class=door_class))
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Dana")
    return directive


LOCKING = [
    (EmergencyAction.LOCKDOWN, DoorClass.INTERIOR),
    (EmergencyAction.LOCKDOWN, DoorClass.EXTERIOR),
    (EmergencyAction.SECURE, DoorClass.EXTERIOR),
    (EmergencyAction.SHELTER, DoorClass.EXTERIOR),
    (EmergencyAction.HOLD, DoorClass.ROOM),
]


@pytest.mark.parametrize(("action", "door_class"), LOCKING)
def test_at_a_door_that_an_emergency_locks_it_is_refused_until_that_is_released(
    live: LiveSchool, action: EmergencyAction, door_class: DoorClass
) -> None:
    directive = start(live, action, door_class)
    with pytest.raises(ActionRefusedError, match=f"A {action.value.capitalize()} is in force at door 1"):
        unlock(live)
    release, sealed = live.release(directive, frozenset({live.door}))
    with live.writing() as session:
        add_release(session, live.keys, later(2), release, sealed, by_name="Dana")
    assert unlock(live, seconds=3)


@pytest.mark.parametrize(
    ("action", "door_class"),
    [
        (EmergencyAction.SECURE, DoorClass.INTERIOR),
        (EmergencyAction.SHELTER, DoorClass.ROOM),
        (EmergencyAction.HOLD, DoorClass.EXTERIOR),
        (EmergencyAction.EVACUATE, DoorClass.INTERIOR),
    ],
)
def test_an_emergency_that_does_not_lock_the_door_does_not_stop_it(
    live: LiveSchool, action: EmergencyAction, door_class: DoorClass
) -> None:
    start(live, action, door_class)
    assert unlock(live)


def choose(live: LiveSchool, **chosen: bool) -> None:
    with live.writing() as session:
        site = the_site(session)
        change_settings(session, AT, replace(settings_of(site), **chosen), site.version, BY)


def test_what_the_school_chose_for_emergencies_holds_here_as_at_the_bridge(live: LiveSchool) -> None:
    start(live, EmergencyAction.LOCKDOWN, DoorClass.EXTERIOR)
    choose(live, lockdown_locks_perimeter=False)
    assert unlock(live)


@pytest.mark.parametrize("moves", [True, False])
def test_a_drill_stops_it_only_where_drills_move_doors(live: LiveSchool, *, moves: bool) -> None:
    start(live, EmergencyAction.LOCKDOWN, DoorClass.INTERIOR, drill=True)
    choose(live, drill_moves_doors=moves)
    if moves:
        with pytest.raises(ActionRefusedError, match="A Lockdown drill is in force at door 1"):
            unlock(live)
    else:
        assert unlock(live)
