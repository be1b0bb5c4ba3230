"""A school of 5,000 people and 60 doors as rows, for building its Policy."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert
from sqlalchemy.orm import Session

from access_control.core.decision.model import BadgeStatus, DoorClass, HolderClass
from access_control.people.models import Cardholder, Group, Membership
from access_control.readers.models import (
    Badge,
    Board,
    Bridge,
    BridgeState,
    Building,
    Door,
    GroupLevel,
    Level,
    LevelDoor,
    Reader,
    Schedule,
    ScheduleInterval,
    Site,
)

AT: Final = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
PEOPLE: Final = 5000
DOORS: Final = 60
GROUPS: Final = 40
LEVELS: Final = 30
SCHEDULES: Final = 12


def make_district_school(session: Session, digest_key_sealed: bytes) -> str:
    """Put it into an empty database; the bridge's UUID."""
    bridge = str(uuid.uuid4())
    session.add(Site(id=str(uuid.uuid4()), code=7, name="Maple Hollow", timezone="America/Chicago"))
    session.flush()
    session.add(Building(id=1, site_id=session.query(Site.id).scalar(), name="Main building"))
    session.flush()
    session.add(
        Bridge(
            id=bridge,
            building_id=1,
            name="North bridge",
            state=BridgeState.CONFIRMED,
            public_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw(),
            digest_key_sealed=digest_key_sealed,
            created_at=AT,
        )
    )
    session.flush()
    add_hours(session)
    _doors(session, bridge)
    add_people(session)
    return bridge


def add_hours(session: Session) -> None:
    """The schedules; the first one means always."""
    session.execute(
        insert(Schedule), [{"id": n, "name": f"Hours {n}", "always": n == 1, "version": 1} for n in _of(SCHEDULES)]
    )
    spans = [
        {"schedule_id": n, "weekday": day, "start_minute": 400 + n * 5, "end_minute": 900 + n * 5}
        for n in _of(SCHEDULES)
        if n > 1
        for day in range(5)
    ]
    session.execute(insert(ScheduleInterval), spans)


def _doors(session: Session, bridge: str) -> None:
    session.add_all(
        Board(id=n, bridge_id=bridge, name=f"Board {n}", port="B", address=n, outputs=16, inputs=32) for n in _of(4)
    )
    session.flush()
    for n in _of(DOORS):
        board, place = (n - 1) // 15 + 1, (n - 1) % 15
        session.add(
            Door(
                id=n,
                building_id=1,
                bridge_id=bridge,
                number=str(n),
                name=f"Door {n}",
                door_class=DoorClass.ROOM,
                lock_output=f"board {board}.{place}",
                contact=f"board {board}.{place * 2}",
                rex=f"board {board}.{place * 2 + 1}",
            )
        )
        session.flush()
        session.add(Reader(id=n, door_id=n, name=f"Reader {n}", port="A", address=n, formats=["H10301", "C1k35s"]))
    session.flush()


def add_people(session: Session, doors: int = DOORS) -> None:
    """Everybody with a badge, a group and levels at the first doors, at most 60, which must be there."""
    session.execute(insert(Group), [{"id": n, "name": f"Group {n}", "version": 1} for n in _of(GROUPS)])
    session.execute(insert(Level), [{"id": n, "name": f"Level {n}", "version": 1} for n in _of(LEVELS)])
    granted = [
        {"level_id": level, "door_id": door, "deny": False, "schedule_id": (level + door) % SCHEDULES + 1}
        for level in _of(LEVELS)
        for door in _of(min(doors, DOORS))
        if (level + door) % 3 == 0
    ]
    session.execute(insert(LevelDoor), granted)
    session.execute(
        insert(GroupLevel),
        [{"group_id": group, "level_id": group % LEVELS + 1} for group in _of(GROUPS)],
    )
    people = [
        {
            "ref": n,
            "given_name": "Given",
            "family_name": f"Family {n}",
            "search_name": f"FAMILY {n}",
            "holder_class": HolderClass.STUDENT,
            "unit": "",
            "active": True,
            "extended": False,
            "version": 1,
        }
        for n in _of(PEOPLE)
    ]
    session.execute(insert(Cardholder), people)
    session.execute(insert(Membership), [{"person_ref": n, "group_id": n % GROUPS + 1} for n in _of(PEOPLE)])
    badges = [
        {
            "id": str(uuid.uuid4()),
            "person_ref": n,
            "format": "H10301",
            "facility_code": 17,
            "number": str(n),
            "canonical": f"H10301:17:{n}",
            "label": "",
            "status": BadgeStatus.ACTIVE,
            "status_at": AT,
            "version": 1,
        }
        for n in _of(PEOPLE)
    ]
    session.execute(insert(Badge), badges)


def _of(count: int) -> range:
    return range(1, count + 1)
