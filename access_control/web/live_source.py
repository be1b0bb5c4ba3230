"""Where live pictures come from: the rows of doors and what their bridges last said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.models import Building, Door
from access_control.web.frame import read_school
from access_control.web.picture import DoorNow, Picture


def read_picture(session: Session, at: datetime) -> Picture:
    """The school at one moment."""
    school = read_school(session, at)
    doors = session.execute(select(Door, Building.name).join(Building)).all()
    return Picture(
        at,
        school,
        tuple(
            DoorNow(
                door.id,
                door.number,
                door.name,
                door.building_id,
                building,
                door.zone_id,
                door.bridge_id,
                "unknown",
                "Unknown",
                None,
                10,
            )
            for door, building in doors
        ),
    )
