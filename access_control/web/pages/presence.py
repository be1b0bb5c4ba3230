"""*Who is inside*: whom a door admitted today, and where last, from the table that events keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import select

from access_control.people.permissions import Permission
from access_control.readers.models import Building
from access_control.readers.presence import Inside, count_inside, who_is_inside
from access_control.web.frame import frame
from access_control.web.guard import needs
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
    wanted = request.args.get("building", "")
    building = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else None
    with current().database.reading() as session:
        houses = [
            House(id_, name, count_inside(session, since, id_))
            for id_, name in session.execute(select(Building.id, Building.name).order_by(Building.id))
        ]
        inside: list[Inside] = who_is_inside(session, since, building, MOST)
        return render_template(
            "pages/presence.html",
            inside=inside,
            houses=houses,
            building=building if building in {house.id for house in houses} else None,
            total=sum(house.inside for house in houses),
            since=since,
        )


def day_began(at: datetime, zone: ZoneInfo) -> datetime:
    """When the school day of a moment began, by the clock of the school."""
    local = at.astimezone(zone)
    morning = local.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning <= local else morning - timedelta(days=1)
