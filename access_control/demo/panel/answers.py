"""What the panel shows and does, from the running programs and the school's database."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.database.errors import DatabaseError
from access_control.demo.deeds import Deeds
from access_control.demo.errors import StageError
from access_control.demo.making import School, pass_of
from access_control.demo.panel.faults import FaultPage
from access_control.demo.panel.feed import Feed
from access_control.demo.panel.outlook import Bridges
from access_control.demo.panel.picture import text_in
from access_control.demo.plan import DOORS, SCANNER, Side
from access_control.demo.population import everybody
from access_control.demo.programs import Programs
from access_control.demo.sockets import UnreachableError
from access_control.demo.switchboard import Switchboard
from access_control.people.models import Cardholder
from access_control.people.names import search_name
from access_control.visitors.models import Visit, VisitState

SHOWN: Final = 40
PASS_LASTS: Final = timedelta(hours=10)
STRANGER: Final = 0
"""Stands for somebody with a card that nobody gave out."""


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """Every request has a field ``do``."""


class Present(_Asked, frozen=True, tag="present"):
    """Hold a person's card to a door."""

    person: int
    door: int


class Scan(_Asked, frozen=True, tag="scan"):
    """Show a pass at the vestibule: its ``text``, a ``picture`` of its code in base64, or that of a ``visit``."""

    text: str = ""
    picture: str = ""
    visit: str = ""


class AtDoor(_Asked, frozen=True, tag="door"):
    """Do something at a door by hand."""

    door: int
    action: Literal["leave", "open", "close"]


class Run(_Asked, frozen=True, tag="program"):
    """Start or stop a program, or kill it without warning."""

    name: str
    action: Literal["start", "stop", "kill"]


_ANY: Final[msgspec.json.Decoder[Present | Scan | AtDoor | Run]] = msgspec.json.Decoder(Present | Scan | AtDoor | Run)


class SchoolAnswers:
    """Looks at the school and does what the page asks; ``faults`` is the page on which things are broken."""

    def __init__(self, programs: Programs, deeds: Deeds, school: School, feed: Feed) -> None:
        """Everything has started."""
        self.faults = FaultPage(Switchboard(deeds, programs), Bridges(programs.places), deeds)
        self._programs = programs
        self._deeds = deeds
        self._school = school
        self._database = school.database
        self._feed = feed

    def state(self, after: int) -> Mapping[str, Any]:
        """Doors as they are in truth, programs, visitors on site, and what happened after line ``after``."""
        return {
            "doors": self._doors(),
            "programs": self._programs.overview(),
            "visits": self._visits(),
            "broken": self.faults.broken(),
            "feed": [asdict(line) for line in self._feed.since(after)],
            "console": self._programs.url,
        }

    def _doors(self) -> list[Mapping[str, Any]]:
        truth: dict[str, Any] = {}
        faces: dict[str, Any] = {}
        for side in Side:
            with suppress(UnreachableError):
                building = self._deeds.building(side)
                truth |= building["doors"]
                faces |= building["readers"]
        return [
            {
                "id": door.id,
                "number": door.number,
                "name": door.name,
                "building": door.side.value,
                "released": truth.get(str(door.id), {}).get("released"),
                "open": truth.get(str(door.id), {}).get("open"),
                "reader": faces.get(str(door.id), {}).get("led", ""),
                "scanner": str(SCANNER) if door.id == 1 else "",
            }
            for door in DOORS
        ]

    def _visits(self) -> list[Mapping[str, Any]]:
        """Today's visitors who have a pass in their hands, those who have left included, the newest first."""
        since = utc_now() - PASS_LASTS
        with suppress(DatabaseError), self._database.reading() as session:
            found = select(Visit).where(Visit.arrived_at > since, Visit.passes.any()).order_by(Visit.arrived_at.desc())
            return [
                {"id": visit.id, "name": visit.visitor.full_name, "left": visit.state is not VisitState.ON_SITE}
                for visit in session.scalars(found.limit(20))
            ]
        return []

    def people(self, text: str) -> list[Mapping[str, Any]]:
        """Those worth trying when nothing is asked for; else everybody whose name has all words of ``text``."""
        words = search_name(text).split()
        if not words:
            cast = [c for c in everybody() if c.tells]
            return [_row(STRANGER, "Somebody else", "Has a card that nobody gave out")] + [
                _row(c.ref, c.name, f"{c.unit}. {c.tells}") for c in cast
            ]
        with self._database.reading() as session:
            found = select(Cardholder).order_by(Cardholder.family_name, Cardholder.given_name).limit(SHOWN)
            for word in words:
                found = found.where(Cardholder.search_name.contains(word, autoescape=True))
            return [_row(person.ref, person.full_name, person.unit) for person in session.scalars(found)]

    def do(self, asked: bytes) -> str:
        """Do something; one sentence about it.

        Raises:
            StageError: It cannot be done; the sentence says why.
        """
        try:
            request = _ANY.decode(asked)
        except msgspec.MsgspecError as error:
            raise StageError(f"The panel does not understand this: {error}.") from error
        return self._done(request)

    def _done(self, asked: Present | Scan | AtDoor | Run) -> str:
        match asked:
            case Present(person=0, door=door):
                return self._deeds.present_stranger(door)
            case Present(person=person, door=door):
                return self._deeds.present(person, door)
            case Scan(text=text, picture=picture, visit=visit):
                return self._deeds.scan(text or (pass_of(self._school, visit) if visit else _text_of(picture)))
            case AtDoor(door=door, action="leave"):
                return self._deeds.leave(door)
            case AtDoor(door=door, action=action):
                return self._deeds.at_door(door, action)
            case Run(name=name, action=action):
                return self._run(name, action)

    def _run(self, name: str, action: Literal["start", "stop", "kill"]) -> str:
        deeds: Mapping[str, Callable[[str], str]] = {
            "start": self._programs.start,
            "stop": self._programs.stop,
            "kill": self._programs.kill,
        }
        return deeds[action](name)


def _row(ref: int, name: str, what: str) -> Mapping[str, Any]:
    return {"ref": ref, "name": name, "what": what}


def _text_of(picture: str) -> str:
    if not picture:
        return ""
    try:
        return text_in(base64.b64decode(picture, validate=True))
    except binascii.Error as error:
        raise StageError("This is no picture.") from error
