"""A small school for tests of emergencies: two buildings, two bridges, and what the bridges say of their doors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import DoorClass, EmergencyAction
from access_control.database.ids import new_id
from access_control.emergency.school import KnownDoor, Running, School
from access_control.people.models import Grant, Operator
from access_control.people.permissions import ActiveGrant, Actor, Place, Role
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Building, Door, Site

AT: Final = datetime(2026, 11, 23, 16, 42, 7, tzinfo=UTC)
SITE: Final = "01939a5e-7c00-7000-8000-0000000000a1"
MAIN_BRIDGE: Final = "01939a5e-7c00-7000-8000-0000000000b1"
SOUTH_BRIDGE: Final = "01939a5e-7c00-7000-8000-0000000000b2"
EVERYWHERE: Final = Place(SITE)
BRIDGES: Final = {MAIN_BRIDGE: "Main bridge", SOUTH_BRIDGE: "South bridge"}
DIRECTIVE: Final = "01939a5e-7c00-7000-8000-0000000000d1"
DOORS: Final = (
    (1, 1, "1", "Main door", DoorClass.EXTERIOR, MAIN_BRIDGE),
    (2, 1, "1V", "Vestibule", DoorClass.INTERIOR, MAIN_BRIDGE),
    (3, 1, "101", "Room 101", DoorClass.ROOM, MAIN_BRIDGE),
    (4, 2, "8", "Loading dock", DoorClass.EXTERIOR, SOUTH_BRIDGE),
    (5, 2, "GYM", "Gym inner", DoorClass.INTERIOR, SOUTH_BRIDGE),
    (6, 2, "9", "Shed", DoorClass.EXTERIOR, None),
)


def actor(role: Role = Role.ADMINISTRATOR, place: Place = EVERYWHERE, name: str = "A. Rivera", n: int = 1) -> Actor:
    """Somebody signed in."""
    return Actor(f"01939a5e-7c00-7000-8000-00000000000{n}", name, name.lower(), (ActiveGrant(role, place),))


def directive(action: EmergencyAction = EmergencyAction.LOCKDOWN, **more: Any) -> Directive:
    """A lockdown of everything, unless told otherwise."""
    said: dict[str, Any] = {
        "id": DIRECTIVE,
        "action": action,
        "scope": "site",
        "doors": frozenset(door[0] for door in DOORS),
        "origin": "service",
        "by": actor().reference,
        "drill": False,
        "started_at": AT,
    }
    return Directive(**(said | more))


def school(*running: Directive) -> School:
    """The school as it is kept in memory."""
    doors = {
        id_: KnownDoor(id_, number, name, building, None, bridge, class_, evacuate_unlock=False)
        for id_, building, number, name, class_, bridge in DOORS
    }
    return School(
        site=SITE,
        name="Maple Hollow",
        buildings={1: "Main building", 2: "South building"},
        zones={},
        zone_building={},
        bridges=BRIDGES,
        doors=doors,
        running=tuple(Running(one, "A. Rivera") for one in running),
    )


def account(session: Session, who: Actor) -> Operator:
    """The account behind somebody who is signed in."""
    made = Operator(
        id=who.id, login=who.login, name=who.name, password_hash="-", session_salt="-", created_at=AT,
        grants=[Grant(id=new_id(AT), role=one.role, scope=one.scope.path, granted_at=AT) for one in who.grants],
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def build(session: Session) -> None:
    """The same school as rows, with the account of :func:`actor`."""
    account(session, actor())
    session.add(Site(id=SITE, code=7, name="Maple Hollow", kind="Elementary School", timezone="America/Chicago"))
    session.flush()
    session.add_all(
        [
            Building(id=1, site_id=SITE, name="Main building"),
            Building(id=2, site_id=SITE, name="South building"),
        ]
    )
    session.flush()
    for place, (id_, name) in enumerate(BRIDGES.items(), 1):
        session.add(
            Bridge(
                id=id_,
                building_id=place,
                name=name,
                state=BridgeState.CONFIRMED,
                public_key=bytes(32),
                created_at=AT,
            )
        )
    session.flush()
    for door, building, number, name, class_, bridge in DOORS:
        session.add(
            Door(
                id=door,
                building_id=building,
                bridge_id=bridge,
                number=number,
                name=name,
                door_class=class_,
                lock_output=f"board 1.{door}",
                contact=f"board 1.{door}",
            )
        )
    session.flush()


def enrol(session: Session, keys: SchoolKeys) -> None:
    """Give every bridge what it gets when it is enrolled."""
    for bridge in session.scalars(select(Bridge)):
        bridge.public_key = bytes(32)
        bridge.digest_key_sealed = keys.seal(bytes(32))


def status(
    id_: str,
    judged: Mapping[int, str],
    *,
    open_doors: Iterable[int] = (),
    why: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """What a bridge reports of a directive: for each of its doors, how it is judged."""
    words = ("secured", "not_secure", "not_monitored", "unknown")
    doors = [
        {
            "door": door,
            "command": "lock",
            "proved": judgement != "unknown",
            "position": "open" if door in set(open_doors) else "closed",
            "security": judgement,
            "why": (why or {}).get(door, ""),
            "directives": [id_],
        }
        for door, judgement in judged.items()
    ]
    progress = {word: [door for door, judgement in judged.items() if judgement == word] for word in words}
    return {"doors": doors, "emergencies": [{"directive": id_, **progress}]}


def fresh_id() -> str:
    """An id as a browser makes it."""
    return new_id(AT)
