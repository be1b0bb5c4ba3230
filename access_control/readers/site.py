"""The site: one row, its buildings and zones, and what each scope means as doors."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.ids import new_id
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.models import Building, Door, Site, Zone


def create_site(
    session: Session,
    at: datetime,
    *,
    name: str,
    timezone: str,
    kind: str = "",
    short_name: str = "",
    demo: bool = False,
    by: str = "cli",
) -> Site:
    """Make the one site of this database.

    Raises:
        BadValueError: There is a site already, or the time zone does not exist.
    """
    if session.scalar(select(Site.id).limit(1)) is not None:
        raise BadValueError("This database has a site already.", "Change that one instead.", "name")
    site = Site(
        id=new_id(at),
        code=secrets.randbits(32),
        name=clean_text(name, "name", "The school's name", 120),
        short_name=short_name[:40],
        kind=kind[:80],
        timezone=require_timezone(timezone),
        epoch=1,
        demo=demo,
        settings={},
    )
    session.add(site)
    session.flush()
    record(session, at, actor=by, action="site.created", subject=f"site:{site.id}")
    return site


def require_timezone(name: str) -> str:
    """Refuse what is no time zone.

    Raises:
        BadValueError: It is none.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadValueError(
            f"“{name[:40]}” is no time zone.", "Write it as America/Chicago or Europe/Berlin.", "timezone"
        ) from error
    return name


def the_site(session: Session) -> Site:
    """The site.

    Raises:
        NotThereError: There is none yet.
    """
    site = session.scalar(select(Site).limit(1))
    if site is None:
        raise NotThereError("There is no site yet.", "Set the school up first: access-control site create.")
    return site


def add_building(session: Session, at: datetime, name: str, by: str = "cli") -> Building:
    """Put a building on the site.

    Raises:
        BadValueError: The name is missing or taken.
        NotThereError: There is no site yet.
    """
    clean = clean_text(name, "name", "The building's name", 80)
    if session.scalar(select(Building.id).where(Building.name == clean)) is not None:
        raise BadValueError(f"There is already a building called {clean}.", "Choose another name.", "name")
    building = Building(site_id=the_site(session).id, name=clean)
    session.add(building)
    session.flush()
    record(session, at, actor=by, action="building.added", subject=f"building:{building.id}")
    return building


def add_zone(session: Session, at: datetime, building_id: int, name: str, by: str = "cli") -> Zone:
    """Name a part of a building.

    Raises:
        BadValueError: The name is missing or too long.
        NotThereError: There is no such building.
    """
    require(session, Building, building_id, "This building", "building_id")
    zone = Zone(building_id=building_id, name=clean_text(name, "name", "The zone's name", 80))
    session.add(zone)
    session.flush()
    record(session, at, actor=by, action="zone.added", subject=f"zone:{zone.id}")
    return zone


def scope_names(session: Session) -> frozenset[str]:
    """Every scope that there is: the site, its buildings and their parts, also those without a door."""
    buildings = (f"building:{number}" for number in session.scalars(select(Building.id)))
    zones = (f"zone:{number}" for number in session.scalars(select(Zone.id)))
    return frozenset({"site", *buildings, *zones})


def scopes(session: Session) -> Mapping[str, list[int]]:
    """What ``site``, ``building:N`` and ``zone:N`` mean now, as doors in order."""
    found: dict[str, list[int]] = {"site": []}
    for door, building, zone in session.execute(select(Door.id, Door.building_id, Door.zone_id).order_by(Door.id)):
        found["site"].append(door)
        found.setdefault(f"building:{building}", []).append(door)
        if zone is not None:
            found.setdefault(f"zone:{zone}", []).append(door)
    return found
