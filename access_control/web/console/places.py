"""Where things are, for asking whether a right reaches as far."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.people.models import Membership
from access_control.people.permissions import Permission, Place
from access_control.readers.bridges import BridgeLine, get_bridge, list_bridges
from access_control.readers.doors import list_doors
from access_control.readers.levels import form_of, get_level, group_levels, list_levels, person_levels
from access_control.readers.models import Bridge, Building, Door, Level, Zone
from access_control.web.console.saving import found
from access_control.web.frame import frame
from access_control.web.guard import actor, may, place_of, require_at


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


def may_give_release() -> bool:
    """Whether whoever looks may let a person end emergencies, which is at every marked reader of the school."""
    return actor().may_site_wide(Permission.EMERGENCY_RELEASE)


def doors_for(session: Session, permission: Permission) -> list[Door]:
    """The doors at which whoever looks may do something, in the order of their numbers."""
    return [door for door in list_doors(session) if may_at_door(door, permission)]


def may_at_door(door: Door, permission: Permission) -> bool:
    """Whether whoever looks may do something at a door."""
    return may(permission, place_of_door(door))


def may_at_bridge(bridge: Bridge, permission: Permission) -> bool:
    """Whether whoever looks may do something in a bridge's building."""
    return may(permission, place_of(frame().school.id, bridge.building_id))


def bridges_for(session: Session, permission: Permission, *, revoked: bool = True) -> list[BridgeLine]:
    """The bridges in whose buildings whoever looks may do something, by name; ``revoked`` ones last or not at all."""
    return [line for line in list_bridges(session, revoked=revoked) if may_at_bridge(line.bridge, permission)]


def levels_for(session: Session, permission: Permission) -> list[Level]:
    """The access levels with a door at which whoever looks may do something, and those without any door, by name."""
    near = {door.id for door in doors_for(session, permission)}
    return [
        level for level in list_levels(session) if not level.doors or any(row.door_id in near for row in level.doors)
    ]


def buildings_for(session: Session, permission: Permission) -> list[Building]:
    """The buildings in which, or in a part of which, whoever looks may do something, by name."""
    near = {zone.building_id for zone in zones_for(session, permission)}
    every = session.scalars(select(Building).order_by(Building.name))
    return [one for one in every if one.id in near or may(permission, place_of(frame().school.id, one.id))]


def zones_for(session: Session, permission: Permission) -> list[Zone]:
    """The parts of buildings in which whoever looks may do something, by name."""
    site = frame().school.id
    every = session.scalars(select(Zone).order_by(Zone.name))
    return [one for one in every if may(permission, place_of(site, one.building_id, one.id))]
