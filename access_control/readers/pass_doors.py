"""Which doors a visitor's pass opens: those with a reader that takes passes, one group of them at each bridge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.models import Door, DoorGroup, Reader

NAME: Final = "Doors for visitors"


def settle_pass_doors(session: Session, bridges: Iterable[str | None]) -> None:
    """Keep each bridge's group true to its readers, after one of them or its door changed.

    A group never lies in two bridges, and keeps its number, which stands in passes.
    """
    for bridge in sorted({one for one in bridges if one is not None}):
        taking = select(Door.id).join(Reader, Reader.door_id == Door.id).where(Reader.takes_passes.is_(True))
        doors = sorted(set(session.scalars(taking.where(Door.bridge_id == bridge))))
        group = session.scalars(select(DoorGroup).filter_by(bridge_id=bridge).order_by(DoorGroup.id).limit(1)).first()
        if group is None and doors:
            session.add(DoorGroup(bridge_id=bridge, name=NAME, doors=doors))
        elif group is not None and group.doors != doors:
            group.doors = doors
    session.flush()
