"""*Who is inside*: whom a door admitted today, and where last, from the table that events keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.people.permissions import Permission, Place
from access_control.readers.models import Building
from access_control.readers.presence import Inside, count_inside, who_is_inside
from access_control.web.frame import frame
from access_control.web.guard import actor, needs
from access_control.web.services import current

blueprint = Blueprint("presence", __name__)

MOST: Final = 1000
MORNING_HOUR: Final = 4
"""A day at school begins then: who was admitted before has gone home."""


@dataclass(frozen=True, slots=True)
class House:
    """A building and how many people were last admitted there."""

    id: int
    name: str
    inside: int


@blueprint.get("/presence")
@needs(Permission.PRESENCE_VIEW)
def show() -> str:
    """Everybody, or those of one building."""
    since = day_began(current().clock(), frame().school.zone)
    wanted, site = request.args.get("building", ""), frame().school.id
    with current().database.reading() as session:
        houses = [
            House(id_, name, count_inside(session, since, id_))
            for id_, name in session.execute(select(Building.id, Building.name).order_by(Building.id))
            if actor().may(Permission.PRESENCE_VIEW, Place(site, id_))
        ]
        building = next((house.id for house in houses if str(house.id) == wanted), None)
        inside = _inside(session, since, houses, building)
        return render_template(
            "pages/presence.html",
            inside=inside,
            houses=houses,
            building=building,
            total=sum(house.inside for house in houses),
            since=since,
        )


def _inside(session: Session, since: datetime, houses: Sequence[House], building: int | None) -> Sequence[Inside]:
    """Those of the chosen building, or of every one that whoever looks may see."""
    if building is not None or actor().may(Permission.PRESENCE_VIEW, Place(frame().school.id)):
        return who_is_inside(session, since, building, MOST)
    found = [one for house in houses for one in who_is_inside(session, since, house.id, MOST)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def day_began(at: datetime, zone: ZoneInfo) -> datetime:
    """When the school day of a moment began, by the clock of the school."""
    local = at.astimezone(zone)
    morning = local.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning <= local else morning - timedelta(days=1)
