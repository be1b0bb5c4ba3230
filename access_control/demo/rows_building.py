"""Rows of what is built and when it may be used: the site, its doors and readers, schedules, calendar and levels."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from access_control.core.decision.building import DoorClass, FireAction
from access_control.core.decision.inputs import InputKind
from access_control.core.decision.model import EmergencyAction
from access_control.demo import plan
from access_control.demo.hours import (
    DAY_KINDS,
    LEVELS,
    OPEN_HOUSE_NAME,
    WEEKS,
    DayKind,
    Hours,
    in_school_hours,
    special_days,
)
from access_control.demo.plan import BOARDS_OF, BUILDING_NAMES, DOORS, OPEN_BY_DAY, SCANNER, ZONES, DoorPlan, Side
from access_control.readers.doors import usual_relock
from access_control.readers.input_models import AlarmInput
from access_control.readers.models import (
    Board,
    Building,
    CalendarDay,
    DayType,
    Door,
    DoorGroup,
    Level,
    LevelDoor,
    Reader,
    Schedule,
    ScheduleInterval,
    Site,
    Zone,
)

# Short times, so that nobody waits long in front of a screen.
TIMING: Final = {"unlock_s": 4.0, "held_open_s": 20.0, "pre_alarm_s": 5.0}
VESTIBULE_GROUP: Final = "Vestibule"


def add_site(session: Session, zone: str) -> Site:
    """The school itself, with the mark that says it is made up."""
    site = Site(
        id=str(uuid.uuid4()),
        code=secrets.randbits(32),
        name="Cedar Hollow Middle School",
        short_name="Cedar Hollow",
        kind="Middle school, grades 6 to 8",
        timezone=zone,
        demo=True,
    )
    session.add(site)
    session.flush()
    session.add_all(Building(id=side, site_id=site.id, name=name) for side, name in BUILDING_NAMES.items())
    session.flush()
    session.add_all(Zone(id=number, building_id=side, name=name) for number, (side, name) in ZONES.items())
    return site


def add_hours(session: Session, today: datetime) -> None:
    """Schedules, day types and two years of the school's calendar, from the year of ``today`` (local) on."""
    session.add_all(DayType(id=kind, name=name) for kind, name in DAY_KINDS.items())
    session.flush()
    for number, week in WEEKS.items():
        schedule = Schedule(id=number, name=week.name, always=number is Hours.ALWAYS)
        schedule.intervals = [
            ScheduleInterval(weekday=day, start_minute=start, end_minute=end)
            for day, (start, end) in week.weekdays.items()
        ] + [
            ScheduleInterval(day_type_id=kind, start_minute=start, end_minute=end)
            for kind, (start, end) in week.special.items()
        ]
        session.add(schedule)
    session.add_all(
        CalendarDay(day=day, day_type_id=kind, name=name) for day, (kind, name) in special_days(today.date()).items()
    )
    session.flush()


def add_doors(session: Session, bridges: Mapping[Side, str]) -> None:
    """Boards, doors, readers and the group of doors that visitors' passes open."""
    for side, boards in BOARDS_OF.items():
        session.add_all(
            Board(
                id=board,
                bridge_id=bridges[side],
                name=f"Relay board {place}, {BUILDING_NAMES[side].lower()}",
                port=plan.BOARD_LINE,
                address=place,
                outputs=plan.BOARD_OUTPUTS,
                inputs=plan.BOARD_INPUTS,
            )
            for place, board in enumerate(boards, 1)
        )
    session.add_all(_door(door, bridges[door.side]) for door in DOORS)
    for side, bridge in bridges.items():
        session.add_all(_alarm_inputs(side, bridge))
    session.flush()
    session.add_all(
        Reader(
            id=door.id,
            door_id=door.id,
            name=f"Door {door.number}, card reader",
            port=door.port,
            address=door.address,
            formats=list(plan.FORMATS),
            copyable=list(plan.COPYABLE),
        )
        for door in DOORS
    )
    session.add(
        Reader(
            id=SCANNER,
            door_id=plan.MAIN_ENTRANCE,
            name="Door 1, pass scanner",
            port=plan.SCANNER_LINE,
            address=0,
            formats=[],
            takes_passes=True,
        )
    )
    session.add(DoorGroup(bridge_id=bridges[Side.MAIN], name=VESTIBULE_GROUP, doors=[plan.MAIN_ENTRANCE]))
    session.flush()


def _alarm_inputs(side: Side, bridge: str) -> Iterator[AlarmInput]:
    """A panic button that locks its building down, and the supply that tells of the mains."""
    yield AlarmInput(
        bridge_id=bridge,
        name=f"Button in the office, {BUILDING_NAMES[side].lower()}",
        kind=InputKind.PANIC,
        point=plan.PANIC_INPUT[side],
        action=EmergencyAction.LOCKDOWN,
        scope=f"building:{side.value}",
    )
    yield AlarmInput(
        bridge_id=bridge,
        name=f"Power supply, {BUILDING_NAMES[side].lower()}",
        kind=InputKind.MAINS_FAIL,
        point=plan.MAINS_INPUT[side],
    )


def _door(door: DoorPlan, bridge: str) -> Door:
    return Door(
        id=door.id,
        building_id=door.side,
        zone_id=door.zone,
        bridge_id=bridge,
        number=door.number,
        name=door.name,
        door_class=door.door_class,
        lock_kind=door.lock,
        lock_output=door.output,
        relock=usual_relock(door.lock),
        fire_action=FireAction.RELEASE if door.magnet else FireAction.NONE,
        fire_input=plan.FIRE_INPUT[door.side] if door.magnet else None,
        rex_unlocks=door.magnet,
        contact=door.contact,
        rex=door.rex,
        timing=dict(TIMING),
        unlock_schedule_id=Hours.OPEN_DOORS if door.number in OPEN_BY_DAY else None,
        evacuate_unlock=door.door_class is DoorClass.INTERIOR,
    )


def add_levels(session: Session) -> None:
    """Access levels with their doors; who holds them is :mod:`access_control.demo.rows_people`."""
    for number, level in LEVELS.items():
        row = Level(id=number, name=level.name)
        row.doors = [LevelDoor(door_id=door, deny=False, schedule_id=level.hours) for door in level.doors]
        row.doors += [LevelDoor(door_id=door, deny=True, schedule_id=Hours.ALWAYS) for door in level.never]
        session.add(row)
    session.flush()


def keep_school_on(session: Session, now: datetime, zone: ZoneInfo) -> bool:
    """Make today and tomorrow an open house unless school is on anyway; whether the calendar was changed.

    Days that an earlier demo had opened go back to what the calendar says.
    """
    local = now.astimezone(zone)
    regular = special_days(local.date())
    wanted = set() if in_school_hours(local) else {local.date(), local.date().fromordinal(local.toordinal() + 1)}
    opened = set(session.scalars(select(CalendarDay.day).where(CalendarDay.day_type_id == DayKind.OPEN_HOUSE)))
    if opened == wanted:
        return False
    session.execute(delete(CalendarDay).where(CalendarDay.day.in_(opened | wanted)))
    session.add_all(
        CalendarDay(day=day, day_type_id=regular[day][0], name=regular[day][1])
        for day in opened - wanted
        if day in regular
    )
    session.add_all(CalendarDay(day=day, day_type_id=DayKind.OPEN_HOUSE, name=OPEN_HOUSE_NAME) for day in wanted)
    session.flush()
    return True
