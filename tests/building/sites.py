"""A small school for tests of the console: a building, a bridge, a board, two schedules and a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from access_control.core.decision.model import DoorClass, HolderClass
from access_control.people.models import Cardholder
from access_control.people.names import search_name
from access_control.readers.doors import DoorForm
from access_control.readers.models import Board, Bridge, BridgeState, Building, Schedule, Site

AT = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
BY = "operator:11111111-1111-4111-8111-111111111111"


@dataclass(frozen=True)
class SmallSchool:
    """The ids of what :func:`build_school` made."""

    site: str
    building: int
    bridge: str
    other_bridge: str
    board: int
    always: int
    never: int
    person: int

    def door(self, number: str = "1", output: int = 0, **changes: Any) -> DoorForm:
        """A form of an interior door that the bridge would take."""
        plain: dict[str, Any] = {
            "building_id": self.building,
            "number": number,
            "name": f"Door {number}",
            "door_class": DoorClass.INTERIOR,
            "lock_output": f"board {self.board}.{output}",
            "bridge_id": self.bridge,
        }
        return DoorForm(**{**plain, **changes})


def build_school(session: Session) -> SmallSchool:
    """Make the school."""
    site = Site(id=str(uuid.uuid4()), code=7, name="Maple Hollow", timezone="America/Chicago")
    session.add(site)
    session.flush()
    building = Building(site_id=site.id, name="Main building")
    session.add(building)
    session.flush()
    bridges = [
        Bridge(id=str(uuid.uuid4()), building_id=building.id, name=name, state=BridgeState.CONFIRMED, created_at=AT)
        for name in ("North bridge", "South bridge")
    ]
    person = Cardholder(
        given_name="Priya",
        family_name="Nair",
        search_name=search_name("Priya", "Nair"),
        holder_class=HolderClass.STAFF,
    )
    schedules = [Schedule(name="Always", always=True), Schedule(name="Never")]
    session.add_all([*bridges, person, *schedules])
    session.flush()
    board = Board(bridge_id=bridges[0].id, name="Cabinet", port="usb0", address=1, outputs=8, inputs=8)
    session.add(board)
    session.flush()
    return SmallSchool(
        site.id,
        building.id,
        bridges[0].id,
        bridges[1].id,
        board.id,
        schedules[0].id,
        schedules[1].id,
        person.ref,
    )


def fresh(session: Session) -> None:
    """Call every Policy up to date, so that a test sees which ones a change makes stale."""
    for bridge in session.query(Bridge):
        bridge.policy_stale = False
    session.flush()


def stale(session: Session) -> set[str]:
    """The names of the bridges whose Policy is due."""
    return {bridge.name for bridge in session.query(Bridge).populate_existing() if bridge.policy_stale}
