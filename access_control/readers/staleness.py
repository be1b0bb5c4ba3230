"""Which bridges' Policies a change touches, so that only these are rebuilt; and who else has to know of it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Literal

from sqlalchemy import select, union, update
from sqlalchemy.orm import Session

from access_control.database.changes import tell
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.models import Bridge, BridgeState, Door, LevelDoor, Reader


def mark_bridges_stale(session: Session, bridges: Collection[str]) -> None:
    """Note that the Policies of these bridges are due to be rebuilt."""
    if bridges:
        lock_bridges(session, bridges)
        session.execute(update(Bridge).where(Bridge.id.in_(bridges)).values(policy_stale=True))


def mark_all_stale(session: Session) -> None:
    """Note that every bridge's Policy is due: a calendar day, a person's badge or PIN stands in all of them."""
    lock_bridges(session)
    session.execute(update(Bridge).where(Bridge.state != BridgeState.REVOKED).values(policy_stale=True))


def bridges_of_doors(session: Session, doors: Collection[int]) -> set[str]:
    """The bridges that run any of these doors."""
    found = session.scalars(select(Door.bridge_id).where(Door.id.in_(doors), Door.bridge_id.is_not(None)))
    return {bridge for bridge in found if bridge is not None}


def bridges_of_schedule(session: Session, schedule_id: int) -> set[str]:
    """The bridges with a door, a reader or a level at a door that goes by this schedule."""
    doors = union(
        select(Door.id).where(Door.unlock_schedule_id == schedule_id),
        select(Reader.door_id).where(Reader.pin_schedule_id == schedule_id),
        select(LevelDoor.door_id).where(LevelDoor.schedule_id == schedule_id),
    ).subquery()
    found = session.scalars(select(Door.bridge_id).where(Door.id.in_(select(doors.c.id))))
    return {bridge for bridge in found if bridge is not None}


def tell_school_changed(session: Session, what: Literal["doors", "settings"]) -> None:
    """Say, when the transaction commits, that doors and their bridges, or what a school chose, are not as they were.

    Whoever keeps the school in memory reads it again then: a lockdown is pushed without waiting for the database, and
    has to know the bridge that was confirmed a moment ago.
    """
    tell(session, "live", json.dumps({"what": what}))
