"""The tiny school with everything that the console shows: board, readers, times, people, badges, documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from access_control.core.decision.model import EmergencyAction, HolderClass, InputKind
from access_control.database.engine import Database
from access_control.people.models import Cardholder, Group, Membership
from access_control.people.names import search_name
from access_control.readers.badges import BadgeForm, issue_badge
from access_control.readers.calendar import add_day_type, mark_days
from access_control.readers.digests import new_digest_key
from access_control.readers.events import take_events
from access_control.readers.hours import Hours
from access_control.readers.input_models import AlarmInput
from access_control.readers.keys import SchoolKeys
from access_control.readers.levels import LevelForm, add_level, set_group_levels, set_person_levels
from access_control.readers.models import Board, Bridge, Door, Reader
from access_control.readers.publishing import publish_orders, publish_policy
from access_control.readers.records import FireDoorOutcome, FireReportDoor, FireReportRow
from access_control.readers.schedules import ScheduleForm, Span, add_schedule
from tests.building.said import a_door, a_status, raw_event
from tests.building.tiny_school import BRIDGE

BY = "cli"
ARRIVAL = tuple(Span(Hours(450, 495), weekday=day) for day in range(5))


@dataclass(frozen=True)
class ConsoleSchool:
    """The ids of what was made."""

    person: int
    student: int
    badge: str
    group: int
    level: int
    always: int
    arrival: int
    holiday: int
    reader: int
    event: str


def furnish(database: Database, keys: SchoolKeys, at: datetime) -> ConsoleSchool:
    """Fill the tiny school, publish to its bridge, and let the bridge be heard at ``at``."""
    with database.writing() as session:
        made = _fill(session, keys, at)
        hear(session, at)
    return made


def hear(session: Session, at: datetime, **second_door: object) -> None:
    """The bridge's Status as of a moment; door 2 as the test says."""
    bridge = session.get_one(Bridge, BRIDGE)
    doors = [a_door(1, slot="schedule", command="unlock", security="not_secure"), a_door(2, **second_door), a_door(3)]
    bridge.status, bridge.status_at = a_status(*doors).status, at
    bridge.in_force = {"policy": f"{bridge.epoch}/{bridge.policy_n}", "orders": f"{bridge.epoch}/{bridge.orders_n}"}


FIRE_TEST = "01935c00-0000-7000-8000-00000000f17e"


def _fire_test(at: datetime) -> FireReportRow:
    """A fire test of last week: one door released, one open."""
    began = at - timedelta(days=7)
    report = FireReportRow(
        id=FIRE_TEST, bridge_id=BRIDGE, input="board 1.14", began_at=began, ended_at=began + timedelta(minutes=4)
    )
    report.doors = [
        FireReportDoor(door_id=1, outcome=FireDoorOutcome.RELEASED, ms=183),
        FireReportDoor(door_id=2, outcome=FireDoorOutcome.FAILED, ms=0, why="It is open, so it cannot latch."),
    ]
    return report


def _button() -> AlarmInput:
    return AlarmInput(
        id=1,
        bridge_id=BRIDGE,
        name="Button at the counter",
        kind=InputKind.PANIC,
        point="board 1.15",
        action=EmergencyAction.LOCKDOWN,
        scope="site",
    )


def _fill(session: Session, keys: SchoolKeys, at: datetime) -> ConsoleSchool:
    session.add(Board(id=1, bridge_id=BRIDGE, name="Cabinet", port="boards", address=1, outputs=16, inputs=16))
    session.add_all([_button(), _fire_test(at)])
    readers = [
        Reader(door_id=door, name="Outside", port="readers", address=door, formats=["H10301"], takes_passes=door == 1)
        for door in (1, 2, 3)
    ]
    session.add_all(readers)
    session.flush()
    always = add_schedule(session, at, ScheduleForm("Always", always=True), BY)
    arrival = add_schedule(session, at, ScheduleForm("Arrival", spans=ARRIVAL), BY)
    session.get_one(Door, 1).unlock_schedule_id = arrival.id
    holiday = add_day_type(session, at, "Holiday", BY)
    mark_days(session, at, at.date() + timedelta(days=2), at.date() + timedelta(days=3), holiday.id, "Thanksgiving", BY)
    level = add_level(session, at, LevelForm("Staff doors", {1: always.id, 2: always.id}), BY)
    people = [_person("Priya", "Nair", HolderClass.STAFF, "Grade 4"), _person("Ava", "Thornton", HolderClass.STUDENT)]
    group = Group(name="Grade 4")
    session.add_all([*people, group])
    session.flush()
    session.add(Membership(person_ref=people[1].ref, group_id=group.id))
    set_person_levels(session, at, people[0].ref, [level.id], BY)
    set_group_levels(session, at, group.id, [level.id], BY)
    badge = issue_badge(session, at, people[0].ref, BadgeForm("H10301", "20381", "114"), BY)
    issue_badge(session, at, people[1].ref, BadgeForm("H10301", "20382", "114"), BY)
    bridge = session.get_one(Bridge, BRIDGE)
    bridge.digest_key_sealed = new_digest_key(keys)[1]
    bridge.public_key = bytes(range(32))
    session.flush()
    publish_policy(session, keys, BRIDGE, at)
    publish_orders(session, keys, BRIDGE, at)
    event = raw_event(BRIDGE, 1, "DENIED_DOOR", at, door=3, reader=readers[2].id, holder=people[0].ref)
    take_events(session, at, BRIDGE, _STREAM, 1, [event])
    return ConsoleSchool(
        people[0].ref,
        people[1].ref,
        badge.id,
        group.id,
        level.id,
        always.id,
        arrival.id,
        holiday.id,
        readers[0].id,
        f"{BRIDGE}.{_STREAM}.1",
    )


_STREAM = "01939a5e-7c00-7000-8000-00000000e001"


def _person(given: str, family: str, kind: HolderClass, unit: str = "") -> Cardholder:
    return Cardholder(
        given_name=given, family_name=family, search_name=search_name(given, family), holder_class=kind, unit=unit
    )
