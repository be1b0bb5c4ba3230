"""Where things are, for asking whether a right reaches as far."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.people.models import Membership
from access_control.people.permissions import Permission, Place
from access_control.readers.bridges import get_bridge
from access_control.readers.doors import list_doors
from access_control.readers.levels import form_of, get_level, group_levels, person_levels
from access_control.readers.models import Door
from access_control.web.console.saving import found
from access_control.web.frame import frame
from access_control.web.guard import may, place_of, require_at


def place_of_door(door: Door) -> Place:
    """Where a door is."""
    return place_of(frame().school.id, door.building_id, door.zone_id)


def require_at_doors(session: Session, doors: Collection[int], permission: Permission | None = None) -> None:
    """See that a right reaches each of these doors.

    Raises:
        Problem: 403.
    """
    for door_id in doors:
        door = session.get(Door, door_id)
        if door is not None:
            require_at(place_of_door(door), permission)


def require_at_bridge(session: Session, bridge_id: str) -> None:
    """See that the endpoint's right reaches a bridge's building.

    Raises:
        Problem: 403, or 404 where there is no such bridge.
    """
    require_at(place_of(frame().school.id, found(get_bridge, session, bridge_id).building_id))


def require_at_levels(
    session: Session, levels: Collection[int], groups: Collection[int] = (), permission: Permission | None = None
) -> None:
    """See that the endpoint's right reaches each door of these access levels, and of what these groups hold.

    Whoever gives a level opens its doors, and whoever takes one that denies opens them too.

    Raises:
        Problem: 403.
    """
    meant = set(levels).union(*(group_levels(session, group) for group in groups))
    forms = [form_of(get_level(session, level)) for level in sorted(meant)]
    require_at_doors(session, {door for form in forms for door in (*form.grants, *form.denials)}, permission)


def require_at_person(session: Session, ref: int, permission: Permission | None = None) -> None:
    """See that a right reaches wherever a person's access levels do: a badge or a PIN of theirs opens all these doors.

    Raises:
        Problem: 403.
    """
    groups = session.scalars(select(Membership.group_id).where(Membership.person_ref == ref)).all()
    require_at_levels(session, person_levels(session, ref), groups, permission)


def doors_for(session: Session, permission: Permission) -> list[Door]:
    """The doors at which whoever looks may do something, in the order of their numbers."""
    return [door for door in list_doors(session) if may_at_door(door, permission)]


def may_at_door(door: Door, permission: Permission) -> bool:
    """Whether whoever looks may do something at a door."""
    return may(permission, place_of_door(door))
