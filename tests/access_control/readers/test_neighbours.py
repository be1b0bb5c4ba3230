"""A bridge's address goes into the Policies of the others, and out of them with the bridge."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.decision.model import EmergencyAction, InputKind, Policy
from access_control.core.wire.directives import seal_directive
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.signing import SigningKey
from access_control.database.errors import ConflictError
from access_control.readers.alarm_inputs import (
    AlarmInputForm,
    add_alarm_input,
    edit_alarm_input,
    remove_alarm_input,
)
from access_control.readers.doors import add_door, edit_door
from access_control.readers.enrolment import revoke_bridge
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.input_models import AlarmInput
from access_control.readers.models import Board, Bridge
from access_control.readers.neighbours import set_address
from access_control.readers.orders import active_directives, hear_from_bridge
from access_control.readers.publishing import publish_policy
from access_control.readers.site import add_building, add_zone
from access_control.readers.status import take_status
from tests.building.published import LiveSchool, later
from tests.building.said import a_status
from tests.building.sites import BY

ADDRESS = "gym.school.lan:4711"


def say(live: LiveSchool, address: str | None, seconds: float) -> bool:
    """The other bridge says where it listens; whether the first one's Policy is due."""
    with live.writing() as session:
        session.get_one(Bridge, live.bridge).policy_stale = False
        said = msgspec.structs.replace(a_status(), listens=address)
        take_status(session, live.keys, later(seconds), live.school.other_bridge, said)
        session.expire_all()
        return session.get_one(Bridge, live.bridge).policy_stale


def policy(live: LiveSchool, seconds: float) -> Policy:
    with live.writing() as session:
        publish_policy(session, live.keys, live.bridge, later(seconds))
    return live.policy()


def test_where_a_bridge_listens_is_published_to_the_others(live: LiveSchool) -> None:
    other = live.school.other_bridge
    assert not say(live, None, 1)
    assert say(live, ADDRESS, 2)
    assert not say(live, ADDRESS, 3), "nothing is rebuilt for what is known"
    assert policy(live, 4).neighbour_addresses == {other: ADDRESS}
    assert say(live, None, 5)
    assert policy(live, 6).neighbour_addresses == {}
    assert list(policy(live, 6).neighbour_keys) == [other]


def test_a_revoked_bridge_leaves_the_policies(live: LiveSchool) -> None:
    say(live, ADDRESS, 1)
    with live.writing() as session:
        revoke_bridge(session, live.keys, later(2), bridge_id=live.school.other_bridge, by=BY)
    found = policy(live, 3)
    assert (dict(found.neighbour_keys), dict(found.neighbour_addresses)) == ({}, {})


def write(live: LiveSchool, address: str, version: int, seconds: float, bridge: str = "") -> Bridge:
    with live.writing() as session:
        return set_address(session, later(seconds), bridge or live.school.other_bridge, address, version, BY)


def test_what_a_person_wrote_down_counts_until_it_is_taken_back(live: LiveSchool) -> None:
    other = live.school.other_bridge
    say(live, ADDRESS, 1)
    assert write(live, "10.0.0.7:4711", 0, 2).neighbour_version == 1
    assert policy(live, 3).neighbour_addresses == {other: "10.0.0.7:4711"}
    assert not say(live, "gym-2.school.lan:4711", 4), "what it says itself changes nothing now"
    write(live, "", 1, 5)
    assert policy(live, 6).neighbour_addresses == {other: "gym-2.school.lan:4711"}
    with live.writing() as session:
        deeds = session.scalars(select(AuditRecord).where(AuditRecord.action == "bridge.neighbours_address")).all()
        assert [row.facts["address"] for row in deeds] == ["10.0.0.7:4711", "as it says itself"]
        assert deeds[0].subject == f"bridge:{other}"


def test_two_people_do_not_overwrite_each_other(live: LiveSchool) -> None:
    write(live, "10.0.0.7:4711", 0, 1)
    with pytest.raises(ConflictError):
        write(live, "10.0.0.8:4711", 0, 2)
    assert policy(live, 3).neighbour_addresses == {live.school.other_bridge: "10.0.0.7:4711"}


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("gym.school.lan", "not an address"),
        ("gym.school.lan:0", "not an address"),
        ("gym.school.lan:70000", "not an address"),
        ("http://gym:4711", "not an address"),
        ("gym school:4711", "not an address"),
        ("0.0.0.0:4711", "no address of one machine"),
        ("[::]:4711", "no address of one machine"),
        ("224.0.0.1:4711", "no address of one machine"),
        ("localhost:4711", "the very machine that calls"),
        ("127.0.0.1:4711", "the very machine that calls"),
        ("127.9.9.9:4711", "the very machine that calls"),
        ("[::1]:4711", "the very machine that calls"),
        ("[::ffff:127.0.0.1]:4711", "the very machine that calls"),
        (ADDRESS, "listens there"),
    ],
)
def test_where_nobody_would_reach_it_is_refused(live: LiveSchool, address: str, sentence: str) -> None:
    say(live, ADDRESS, 1)
    with pytest.raises(BadValueError, match=sentence) as refused:
        write(live, address, 0, 2, bridge=live.bridge)
    assert refused.value.field == "address"


def test_bridges_on_one_machine_reach_each_other_there(live: LiveSchool) -> None:
    say(live, "127.0.0.1:4712", 1)
    assert write(live, "localhost:4800", 0, 2).called_at == "localhost:4800"


def test_a_revoked_bridge_gets_no_address(live: LiveSchool) -> None:
    with live.writing() as session:
        revoke_bridge(session, live.keys, later(2), bridge_id=live.school.other_bridge, by=BY)
    with pytest.raises(NotThereError):
        write(live, "10.0.0.7:4711", 0, 3)


def may(live: LiveSchool, seconds: float) -> list[str]:
    """What the first bridge's Policy lets the other one raise; it was due before, or has to be."""
    with live.writing() as session:
        assert session.get_one(Bridge, live.bridge).policy_stale
    return list(policy(live, seconds).neighbour_keys[live.school.other_bridge][1])


def test_a_bridge_may_raise_over_the_places_of_its_doors_and_what_its_panic_buttons_name(live: LiveSchool) -> None:
    other, here = live.school.other_bridge, live.school.building
    usual = [f"building:{here}", "site"]
    assert list(policy(live, 1).neighbour_keys[other][1]) == usual
    with live.writing() as session:
        gym = add_building(session, later(2), "Gym").id
        hall, stage = (add_zone(session, later(2), gym, name).id for name in ("Hall", "Stage"))
        board = Board(bridge_id=other, name="Gym board", port="a", address=1, outputs=8, inputs=8)
        session.add(board)
        session.flush()
        form = replace(
            live.school.door("7"), building_id=gym, zone_id=hall, bridge_id=other, lock_output=f"board {board.id}.0"
        )
        door = add_door(session, later(2), form, BY)
        number, version, board_id = door.id, door.version, board.id
    assert may(live, 3) == sorted([*usual, f"building:{gym}", f"zone:{hall}"])
    with live.writing() as session:
        edit_door(session, later(4), number, replace(form, zone_id=stage), version, BY)
    assert may(live, 5) == sorted([*usual, f"building:{gym}", f"zone:{stage}"])
    button = AlarmInputForm(
        other, "Office", InputKind.PANIC, f"board {board_id}.1", action=EmergencyAction.LOCKDOWN, scope=f"zone:{hall}"
    )
    with live.writing() as session:
        row = add_alarm_input(session, later(6), button, BY)
        input_, version = row.id, row.version
    assert may(live, 7) == sorted([*usual, f"building:{gym}", f"zone:{hall}", f"zone:{stage}"])
    with live.writing() as session:
        row = edit_alarm_input(session, later(8), input_, replace(button, scope=f"zone:{stage}"), version, BY)
        version = row.version
    assert may(live, 9) == sorted([*usual, f"building:{gym}", f"zone:{stage}"])
    with live.writing() as session:
        remove_alarm_input(session, later(10), input_, version, BY)
        session.flush()
        assert not session.get_one(Bridge, live.bridge).policy_stale, "its doors lie there all the same"


def test_a_door_that_changes_nothing_of_that_has_no_other_policy_made(live: LiveSchool) -> None:
    policy(live, 1)
    with live.writing() as session:
        session.get_one(Bridge, live.school.other_bridge).policy_stale = False
        add_door(session, later(2), live.school.door("8", 3), BY)
        session.expire_all()
        assert session.get_one(Bridge, live.bridge).policy_stale
        assert not session.get_one(Bridge, live.school.other_bridge).policy_stale


def test_the_service_takes_what_a_panic_button_of_another_bridge_raised_over_a_zone(live: LiveSchool) -> None:
    """Handed over by a neighbour, because the one that raised it may never come back."""
    with live.writing() as session:
        zone = add_zone(session, later(1), live.school.building, "Wing").id
    directive = replace(live.directive(scope=f"zone:{zone}"), origin=f"bridge:{live.bridge}", by="input:1")
    sealed = seal_directive(directive, SigningKey(live.bridge, live.signing[live.bridge]), site=live.school.site)
    with live.writing() as session:
        (refused,) = hear_from_bridge(session, live.keys, later(2), live.school.other_bridge, [sealed], [])
        assert refused.code is RefusalCode.NOT_ALLOWED
        row = AlarmInput(bridge_id=live.bridge, name="Wing", kind=InputKind.PANIC, point="board 1.7")
        row.action, row.scope = EmergencyAction.LOCKDOWN, f"zone:{zone}"
        session.add(row)
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, later(3), live.school.other_bridge, [sealed], []) == []
        assert [row.id for row in active_directives(session)] == [directive.id]
