"""Status is truth: shown as true only while proved, and never secured when unknown."""

from __future__ import annotations

from typing import Any

import pytest

from access_control.core.wire.errors import Refused
from access_control.core.wire.uplink import Want
from access_control.readers.door_states import DoorState
from access_control.readers.models import Bridge
from access_control.readers.status import DoorNow, site_overview, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import STREAM, a_door, a_status, an_emergency


def shown(
    live: LiveSchool, after_s: float = 1, *, emergencies: tuple[dict[str, Any], ...] = (), **door: Any
) -> DoorNow:
    with live.writing() as session:
        status = a_status(a_door(live.door, **door), emergencies=list(emergencies))
        take_status(session, live.keys, later(0), live.bridge, status)
    with live.database.reading() as session:
        (found,) = site_overview(session, later(after_s)).doors
        return found


OPEN: dict[str, Any] = {"position": "open", "security": "not_secure"}
UNLOCKED = {"command": "unlock", "slot": "schedule", "security": "not_secure"}


@pytest.mark.parametrize(
    ("door", "state"),
    [
        ({}, DoorState.SECURED),
        (OPEN, DoorState.OPEN),
        (UNLOCKED, DoorState.UNLOCKED),
        ({**OPEN, "alarm": "forced"}, DoorState.FORCED),
        ({**OPEN, "alarm": "held"}, DoorState.PROPPED),
        ({"alarm": "tamper"}, DoorState.TAMPER),
        ({"security": "unknown", "proved": False}, DoorState.UNKNOWN),
        ({"proved": False}, DoorState.UNKNOWN),
        ({"proof_age_s": 9.5}, DoorState.UNKNOWN),
        ({"security": "not_monitored", "position": "not_monitored"}, DoorState.NOT_MONITORED),
        ({"security": "not_secure", "why": "its latch is not thrown"}, DoorState.NOT_SECURE),
    ],
)
def test_each_state_of_a_fresh_door(live: LiveSchool, door: dict[str, Any], state: DoorState) -> None:
    assert shown(live, **door).judged.state is state


def test_past_its_limit_a_door_is_unknown_and_says_what_it_was(live: LiveSchool) -> None:
    judged = shown(live, 48, **OPEN).judged
    assert (judged.state, judged.was, judged.age_s) == (DoorState.UNKNOWN, "was open", 49)


@pytest.mark.parametrize(("drill", "state"), [(False, DoorState.NOT_SECURE), (True, DoorState.OPEN)])
def test_an_open_door_in_a_lockdown_is_not_secure_and_in_a_drill_open(
    live: LiveSchool, state: DoorState, *, drill: bool
) -> None:
    door: dict[str, Any] = {**OPEN, "directives": ["d1"]}
    assert shown(live, emergencies=(an_emergency("d1", drill=drill),), **door).judged.state is state


def test_a_bridge_is_told_what_is_new_and_asked_for_what_is_missing(live: LiveSchool) -> None:
    with live.writing() as session:
        answer = take_status(session, live.keys, later(0), live.bridge, a_status(acknowledged=5, last_seq=9))
    assert answer.want == Want(STREAM, 1)
    assert None not in (answer.policy, answer.orders, answer.keys)


def test_a_status_that_cannot_be_read_is_refused_and_nothing_kept(live: LiveSchool) -> None:
    with pytest.raises(Refused), live.writing() as session:
        take_status(session, live.keys, later(0), live.bridge, a_status(clock_trusted="perhaps"))
    with live.database.reading() as session:
        overview = site_overview(session, later(1))
    assert overview.sentence == "0 of 1 door secured"
    assert overview.counts[DoorState.UNKNOWN] == 1


@pytest.mark.parametrize("name", ["Aardvark", "Zeta"])
def test_a_bridge_that_ran_a_door_before_says_nothing_of_it_any_more(live: LiveSchool, name: str) -> None:
    """Its controller died and its doors were moved, but nobody has revoked it yet."""
    before = live.school.other_bridge
    with live.writing() as session:
        session.get_one(Bridge, before).name = name
        take_status(session, live.keys, later(0), before, a_status(a_door(live.door, **OPEN)))
    assert shown(live).judged.state is DoorState.SECURED
