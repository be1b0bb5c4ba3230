"""The event log: everything that happened, by door, kind and day, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.reasons import Reason
from access_control.core.wire.event_words import words_deny
from access_control.people.permissions import Permission, Place
from access_control.readers.event_sentences import ALARMING
from access_control.readers.events import EventFilter, recent_events
from access_control.readers.models import Building, Door
from access_control.readers.records import EventRow
from access_control.typed_numbers import number_or_none
from access_control.web.console.fields import YEARS, day_in
from access_control.web.event_lines import lines
from access_control.web.frame import frame
from access_control.web.guard import actor, needs
from access_control.web.services import current

blueprint = Blueprint("events", __name__)

PAGE: Final = 50
MOST_SKIPPED: Final = 900
_TICK: Final = timedelta(microseconds=1)

KINDS: Final[Mapping[str, str]] = {
    "": "Everything",
    "alarms": "Alarms",
    "refused": "Refused",
    "admitted": "Admitted",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; nonsense in it counts as not asked.

    Attributes:
        before: The time of the last event of the page before, and ``skip`` how many of that very time were shown.
    """

    kind: str = ""
    door: int | None = None
    day: date | None = None
    before: datetime | None = None
    skip: int = 0

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Asked:
        """Read the address."""
        kind, skip = args.get("kind", ""), number_or_none(args.get("skip", ""))
        return cls(
            kind=kind if kind in KINDS else "",
            door=number_or_none(args.get("door", "")),
            day=day_in(args.get("day", "")),
            before=_moment(args.get("before", "")),
            skip=min(skip or 0, MOST_SKIPPED) if args.get("before") else 0,
        )

    def filter(self, zone: ZoneInfo) -> EventFilter:
        """The same for the database."""
        since = until = None
        if self.day is not None:
            since = datetime(self.day.year, self.day.month, self.day.day, tzinfo=zone).astimezone(UTC)
            following = self.day + timedelta(days=1)
            until = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
        if self.before is not None:
            until = min(self.before + _TICK, until or datetime.max.replace(tzinfo=UTC))
        codes = None
        if self.kind in {"refused", "admitted"}:
            codes = [reason.value for reason in Reason if words_deny(reason) == (self.kind == "refused")]
        return EventFilter(
            door=self.door,
            codes=codes,
            severities=ALARMING if self.kind == "alarms" else None,
            since=since,
            before=until,
        )

    def address(self, **other: Any) -> str:
        """The address of the same with something else."""
        asked = {"kind": self.kind, "door": self.door, "day": self.day, **other}
        return "/events?" + urlencode({name: value for name, value in asked.items() if value not in {None, "", 0}})


@blueprint.get("/events")
@needs(Permission.EVENT_VIEW)
def show() -> str:
    """A page of the log."""
    asked, zone = Asked.of(request.args), frame().school.zone
    with current().database.reading() as session:
        doors = _doors(session)
        rows, more = _rows(session, asked, zone)
        happened = lines(session, _mine(rows, {door for door, _ in doors}))
    return render_template(
        "pages/events.html",
        asked=asked,
        kinds=KINDS,
        doors=doors,
        happened=happened,
        names=actor().may(Permission.PERSON_VIEW),
        older=_older(asked, rows) if more else "",
    )


def _rows(session: Session, asked: Asked, zone: ZoneInfo) -> tuple[list[EventRow], bool]:
    """The events of this page, and whether there are older ones."""
    end = asked.skip + PAGE
    found = recent_events(session, asked.filter(zone), limit=end + 1)
    return found[asked.skip : end], len(found) > end


def _mine(rows: list[EventRow], doors: set[int]) -> list[EventRow]:
    """Those that whoever asks may see."""
    if actor().may(Permission.EVENT_VIEW, Place(frame().school.id)):
        return rows
    return [row for row in rows if row.door_id in doors]


def _older(asked: Asked, rows: list[EventRow]) -> str:
    """The address of the next page: events of the very same time are counted, so that none is lost between pages."""
    if not rows:
        return ""
    last = rows[-1].at
    same = sum(row.at == last for row in rows)
    skip = same + (asked.skip if asked.before == last else 0)
    return asked.address(before=last.isoformat(), skip=skip)


def _doors(session: Session) -> list[tuple[int, str]]:
    """The doors that whoever asks may see events of, as choices."""
    site = frame().school.id
    query = (
        select(Door, Building.name).join(Building, Door.building_id == Building.id).order_by(Door.building_id, Door.id)
    )
    return [
        (door.id, f"Door {door.number}, {door.name} ({building})")
        for door, building in session.execute(query)
        if actor().may(Permission.EVENT_VIEW, Place(site, door.building_id, door.zone_id))
    ]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and found.year in YEARS else None
