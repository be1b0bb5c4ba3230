from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.decision.building import DoorClass, DoorTiming, FireAction, LockKind, RelockMode, UnlockWhen
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.readers.boards import BoardForm, add_board
from access_control.readers.building_records import door_record
from access_control.readers.door_readers import ReaderForm, add_reader
from access_control.readers.doors import add_door, edit_door, form_of, list_doors
from access_control.readers.errors import BadValueError, NotThereError, ReadersError
from access_control.readers.models import Door
from access_control.readers.records import DirectiveRow
from tests.building.sites import AT, BY, build_school, fresh, stale


def test_a_door_is_stored_and_its_bridge_is_due(any_database: Database) -> None:
    with any_database.writing() as session:
        school = build_school(session)
        fresh(session)
        door = add_door(
            session, AT, school.door("4", name=" Side  door ", timing={"unlock_s": 8, "held_open_s": 30}), BY
        )
        assert (door.number, door.name, door.timing) == ("4", "Side door", {"unlock_s": 8})
        assert stale(session) == {"North bridge"}
        session.commit()
        assert session.scalars(select(AuditRecord.action)).all() == ["door.added"]
        assert door_record(door).timing == DoorTiming(unlock_s=8)


def test_an_edit_counts_the_version_up_and_an_older_one_is_refused(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        fresh(session)
        edit_door(session, AT, door.id, school.door(name="Stage"), door.version, BY)
        assert (door.name, door.version, stale(session)) == ("Stage", 2, {"North bridge"})
        with pytest.raises(ConflictError) as caught:
            edit_door(session, AT, door.id, school.door(name="Pit"), 1, BY)
        assert caught.value.current_version == 2
        assert session.get_one(Door, door.id).name == "Stage"


def test_an_edit_that_changes_nothing_rebuilds_nothing(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(timing={"unlock_s": 8}), BY)
        fresh(session)
        edit_door(session, AT, door.id, form_of(door), 1, BY)
        assert (door.version, stale(session)) == (1, set())


def test_both_bridges_are_due_when_a_door_moves(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        board = add_board(session, AT, BoardForm(school.other_bridge, "Attic", "usb0", 1, 4, 4), BY)
        fresh(session)
        moved = school.door(bridge_id=school.other_bridge, lock_output=f"board {board.id}.0")
        edit_door(session, AT, door.id, moved, 1, BY)
        assert stale(session) == {"North bridge", "South bridge"}


def test_no_door_is_moved_or_added_under_an_emergency_but_its_words_may_change(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        board = add_board(session, AT, BoardForm(school.other_bridge, "Attic", "usb0", 1, 4, 4), BY)
        session.add(
            DirectiveRow(
                id=BY.removeprefix("operator:"), action="lockdown", scope="site", doors=[door.id], origin="service",
                by=BY, by_name="Dana", drill=False, started_at=AT, sealed=[], confirmed=[],
            )
        )  # fmt: skip
        moved = school.door(bridge_id=school.other_bridge, lock_output=f"board {board.id}.0")
        for change in (moved, replace(moved, bridge_id=None)):
            with pytest.raises(BadValueError, match="An emergency is in force") as caught:
                edit_door(session, AT, door.id, change, 1, BY)
            assert caught.value.field == "bridge_id"
        with pytest.raises(BadValueError, match="An emergency is in force"):
            add_door(session, AT, school.door("9"), BY)
        edit_door(session, AT, door.id, school.door(name="Stage"), 1, BY)
        assert (door.name, door.bridge_id) == ("Stage", form_of(door).bridge_id)


def test_a_door_does_not_move_away_from_its_wires(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        with pytest.raises(BadValueError) as caught:  # its board stays behind
            edit_door(session, AT, door.id, school.door(bridge_id=school.other_bridge), 1, BY)
        assert caught.value.field == "lock_output"


def test_a_reader_does_not_move_away_from_the_lock_on_it(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(), BY)
        add_reader(session, AT, ReaderForm(door.id, "Outside", "usb1", 0, ("H10301",)), BY)
        add_door(session, AT, school.door("2", lock_output="reader 1.0"), BY)
        form = school.door(bridge_id=None)
        with pytest.raises(BadValueError, match=r"Door 2 names output reader 1.0") as caught:
            edit_door(session, AT, door.id, form, 1, BY)
        assert caught.value.field == "bridge_id"


MAGNET: dict[str, Any] = {"lock_kind": LockKind.MAGLOCK, "fire_action": FireAction.RELEASE}


@pytest.mark.parametrize(
    ("said", "relock"),
    [
        ({}, RelockMode.ON_OPEN),
        (MAGNET, RelockMode.ON_CLOSE),
        ({**MAGNET, "relock": RelockMode.ON_OPEN}, RelockMode.ON_OPEN),
        ({"relock": RelockMode.TIMER}, RelockMode.TIMER),
    ],
)
def test_a_magnet_locks_again_as_its_door_closes_unless_something_else_is_said(
    database: Database, said: dict[str, Any], relock: RelockMode
) -> None:
    with database.writing() as session:
        school = build_school(session)
        wired: dict[str, Any] = {"fire_input": "board 1.7"} if "fire_action" in said else {}
        assert add_door(session, AT, school.door(**said, **wired), BY).relock is relock


def test_a_change_that_says_nothing_of_it_leaves_when_a_door_locks_again(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        door = add_door(session, AT, school.door(relock=RelockMode.TIMER), BY)
        magnet = school.door(fire_input="board 1.7", **MAGNET)
        assert edit_door(session, AT, door.id, magnet, 1, BY).relock is RelockMode.TIMER


INSIDE = {"door_class": DoorClass.INTERIOR}
WRONG = [
    ({"number": " "}, "number"),
    ({"number": "12345678901"}, "number"),
    ({"name": "x" * 81}, "name"),
    ({"name": "a\0b"}, "name"),
    ({"name": "\u202egnp"}, "name"),
    ({"lock_output": "relay three"}, "lock_output"),
    ({"lock_output": "board 1.8"}, "lock_output"),
    ({"lock_output": "board 9.0"}, "lock_output"),
    ({"lock_output": "reader 5.0"}, "lock_output"),
    ({"lock_output": "board 1.99999999999"}, "lock_output"),
    ({"contact": "board 1.9"}, "contact"),
    ({"contact": "nonsense"}, "contact"),
    ({"contact": "board 1.1", "rex": "board 1.1"}, "contact"),
    ({"contact": "board 1.1", "fire_input": "board 1.1"}, "contact"),
    ({"lock_kind": LockKind.MAGLOCK}, "fire_action"),
    ({"lock_kind": LockKind.MAGLOCK, "fire_action": FireAction.RELEASE, "rex": "board 1.2"}, "rex_unlocks"),
    ({"fire_rated": True, "fire_action": FireAction.RELEASE}, "fire_action"),
    ({"fire_action": FireAction.RELATCH}, "fire_input"),
    ({"fire_rated": True, "lock_kind": LockKind.LATCH_RETRACTION, "fire_input": "board 1.3"}, "fire_action"),
    (MAGNET | {"fire_rated": True}, "fire_rated"),
    (INSIDE | {"lock_kind": LockKind.LATCH_RETRACTION, "unlock_when": UnlockWhen.RELAY_OFF}, "unlock_when"),
    ({"rex_unlocks": True}, "rex_unlocks"),
    ({"door_class": DoorClass.EXTERIOR, "secure_side": False}, "secure_side"),
    ({"door_class": DoorClass.EXTERIOR, "unlock_when": UnlockWhen.RELAY_OFF}, "unlock_when"),
    ({"door_class": DoorClass.ROOM, "evacuate_unlock": True}, "evacuate_unlock"),
    ({"timing": {"unlock_s": 30}}, "extended_unlock_s"),
    ({"timing": {"held_open_s": 90}}, "extended_held_open_s"),
    ({"timing": {"pre_alarm_s": 31}}, "pre_alarm_s"),
    ({"timing": {"unlock_s": 0}}, "unlock_s"),
    ({"timing": {"unlock_s": float("nan")}}, "unlock_s"),
    ({"timing": {"unlock_s": 1e300}}, "unlock_s"),
    ({"timing": {"hover_s": 1}}, "timing"),
    ({"building_id": 99}, "building_id"),
    ({"building_id": 2**63}, "building_id"),
    ({"zone_id": 99}, "zone_id"),
    ({"bridge_id": "no\0such"}, "bridge_id"),
    ({"unlock_schedule_id": -1}, "unlock_schedule_id"),
    ({"bench_override": "x" * 301}, "bench_override"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_a_bridge_would_refuse_is_refused_at_its_field(
    database: Database, changes: dict[str, Any], field: str
) -> None:
    with database.writing() as session:
        school = build_school(session)
        with pytest.raises(ReadersError) as caught:
            add_door(session, AT, school.door(**changes), BY)
        assert caught.value.field == field
        assert caught.value.sentence.endswith(".")
        assert "publish" not in caught.value.sentence


def test_two_doors_share_neither_number_nor_relay(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        add_door(session, AT, school.door("1", 0), BY)
        with pytest.raises(BadValueError, match="already Door 1") as caught:
            add_door(session, AT, school.door("1", 1), BY)
        assert caught.value.field == "number"
    with database.writing() as session:
        with pytest.raises(BadValueError, match="Doors 1 and 2 both use output") as caught:
            add_door(session, AT, school.door("2", 0), BY)
        assert caught.value.field == "lock_output"
        session.rollback()


def test_a_written_reason_lets_an_outside_lock_sit_on_its_reader(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        outside: dict[str, Any] = {"door_class": DoorClass.EXTERIOR, "bridge_id": None}
        door = add_door(session, AT, school.door(**outside), BY)
        add_reader(session, AT, ReaderForm(door.id, "Outside", "usb1", 0, ("H10301",)), BY)
        on_reader = {**outside, "bridge_id": school.bridge, "lock_output": "reader 1.0"}
        with pytest.raises(BadValueError, match="intruder") as caught:
            edit_door(session, AT, door.id, school.door(**on_reader), 1, BY)
        assert caught.value.field == "lock_output"
        session.refresh(door)
        edit_door(session, AT, door.id, school.door(**on_reader, bench_override="Test bench only"), door.version, BY)


@pytest.mark.parametrize(
    ("wired", "field"),
    [
        ({"rex": "reader 1.1", "rex_unlocks": True}, "rex"),
        ({"fire_input": "reader 1.1", "fire_action": FireAction.RELEASE}, "fire_input"),
    ],
)
def test_no_input_in_an_outside_reader_unlocks_its_door(database: Database, wired: dict[str, Any], field: str) -> None:
    with database.writing() as session:
        school = build_school(session)
        outside: dict[str, Any] = {"door_class": DoorClass.EXTERIOR}
        door = add_door(session, AT, school.door(**outside), BY)
        add_reader(session, AT, ReaderForm(door.id, "Outside", "usb1", 0, ("H10301",)), BY)
        with pytest.raises(BadValueError, match="where an intruder can reach the wires") as caught:
            edit_door(session, AT, door.id, school.door(**outside, **wired), 1, BY)
        assert caught.value.field == field
        assert "publish" not in caught.value.sentence


def test_doors_are_listed_as_people_count(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        for at, number in enumerate(["10", "E1", "2", "10A"]):
            add_door(session, AT, school.door(number, at), BY)
        assert [door.number for door in list_doors(session)] == ["2", "10", "10A", "E1"]


def test_a_door_that_is_not_there(database: Database) -> None:
    with database.writing() as session:
        school = build_school(session)
        for strange in (99, -1, 2**70):
            with pytest.raises(NotThereError):
                edit_door(session, AT, strange, school.door(), 1, BY)
