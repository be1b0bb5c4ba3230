"""Momentary commands: signed, pushed, short-lived, and refused where they would open a door in an emergency."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from sqlalchemy import update

from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.actions import ActionKind, open_action
from access_control.readers.actions import ActionRefusedError, actions_for, ask_unlock_once
from access_control.readers.errors import BadValueError
from access_control.readers.models import Bridge, Door
from access_control.readers.orders import add_directive, add_release
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


@pytest.mark.parametrize("action", [EmergencyAction.LOCKDOWN, EmergencyAction.SECURE])
def test_in_a_lockdown_or_secure_it_is_refused_until_that_is_released(
    live: LiveSchool, action: EmergencyAction
) -> None:
    directive = live.directive(action)
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Dana")
    with pytest.raises(ActionRefusedError, match=f"A {action.value.capitalize()} is in force at door 1"):
        unlock(live)
    release, sealed = live.release(directive, frozenset({live.door}))
    with live.writing() as session:
        add_release(session, live.keys, later(2), release, sealed, by_name="Dana")
    assert unlock(live, seconds=3)


def test_a_hold_does_not_stop_it(live: LiveSchool) -> None:
    directive = live.directive(EmergencyAction.HOLD)
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Dana")
    assert unlock(live)
