"""A tiny school as rows: two buildings, four doors, a bridge, and an operator of each role. Password: ``PASSWORD``."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Final

from sqlalchemy.orm import Session

from access_control.core.decision.model import DoorClass
from access_control.people.models import Grant, Operator
from access_control.people.passwords import hash_password
from access_control.people.permissions import Role
from access_control.readers.models import Bridge, BridgeState, Building, Door, Site, Zone

SITE: Final = "01935c00-0000-7000-8000-000000000001"
BRIDGE: Final = "01935c00-0000-7000-8000-0000000000b1"
PASSWORD: Final = "maple syrup on toast"
MADE: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OPERATORS: Final = {
    Role.FRONT_DESK: ("01935c00-0000-7000-8000-0000000000a1", "dana", "Dana Whitfield"),
    Role.ADMINISTRATOR: ("01935c00-0000-7000-8000-0000000000a2", "rivera", "A. Rivera"),
    Role.INSTALLER: ("01935c00-0000-7000-8000-0000000000a3", "priya", "Priya Raman"),
}
DOORS: Final = (
    (1, "1", "Main entrance", DoorClass.EXTERIOR, 1),
    (2, "2", "West", DoorClass.EXTERIOR, 1),
    (3, "101", "Room 101", DoorClass.ROOM, 1),
    (4, "8", "Loading dock", DoorClass.EXTERIOR, 2),
)


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


def make_school(session: Session) -> None:
    """Put it into an empty database."""
    session.add(
        Site(
            id=SITE,
            code=4711,
            name="Maple Hollow Elementary School",
            short_name="Maple Hollow",
            kind="Elementary School",
            timezone="America/Chicago",
        )
    )
    session.flush()
    session.add_all([Building(id=1, site_id=SITE, name="Main building"), Building(id=2, site_id=SITE, name="Gym")])
    session.flush()
    session.add(Zone(id=1, building_id=1, name="North corridor"))
    session.add(
        Bridge(id=BRIDGE, building_id=1, name="Front bridge", state=BridgeState.CONFIRMED, created_at=MADE, epoch=1)
    )
    session.flush()
    for number, painted, name, door_class, building in DOORS:
        session.add(
            Door(
                id=number,
                building_id=building,
                bridge_id=BRIDGE,
                number=painted,
                name=name,
                door_class=door_class,
                lock_output=f"board 1.{number}",
                contact=f"board 1.{number}",
            )
        )
    add_operators(session)


def add_operators(session: Session) -> None:
    """An operator of each role, everywhere."""
    for role, (ref, login, name) in OPERATORS.items():
        session.add(
            Operator(
                id=ref,
                login=login,
                name=name,
                password_hash=_hash(),
                session_salt=f"{role.value:x<32}",
                settings={},
                created_at=MADE,
                grants=[Grant(id=ref.replace("-7000-", "-7001-"), role=role.value, scope="", granted_at=MADE)],
            )
        )
