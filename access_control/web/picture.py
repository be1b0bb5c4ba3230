"""The school as Live shows it at one moment: doors, bridges, alarms and what happened, for one viewer.

A picture is read once for everybody; :func:`seen_by` leaves out what one viewer may not see and puts it into words.
Ages travel as they were at ``at``; screens count them on by their own clock and stop believing a state past its limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from access_control.people.permissions import Actor, Permission, Place
from access_control.web.frame import School
from access_control.web.words import age, count, listing

ALARMS: Final = frozenset({"forced", "propped", "not_secure", "tamper"})
STRIP: Final = 2
"""Alarms side by side in the strip; more are counted in the last."""


@dataclass(frozen=True, slots=True)
class DoorNow:
    """A door.

    Attributes:
        state: A state of SPEC section 5, after the freshness limit was applied.
        age_s: Since the last proof; ``None`` if there never was one.
        limit_s: How old a proof may be.
        was: The last known word of a door that is unknown now.
        cause: One line about it: who opened it, since when.
    """

    id: int
    number: str
    name: str
    building: int
    building_name: str
    zone: int | None
    bridge: str | None
    state: str
    word: str
    age_s: float | None
    limit_s: float
    was: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class BridgeNow:
    """A bridge. ``age_s`` is ``None`` if it was never heard; ``detail`` is one line about its documents and events."""

    id: str
    name: str
    building: int
    age_s: float | None
    limit_s: float
    detail: str
    alarm: str = ""

    @property
    def silent(self) -> bool:
        """Whether it was not heard within its limit."""
        return self.age_s is None or self.age_s > self.limit_s


@dataclass(frozen=True, slots=True)
class Happened:
    """One event in words: the first part is set in bold.

    Attributes:
        key: Unique, for telling what is new.
        quiet: The same without names, for those who may not see people.
        why: Where a refusal is explained.
    """

    key: str
    at: datetime
    glyph: str
    bold: str
    text: str
    quiet_bold: str
    quiet_text: str
    door: int | None
    why: str = ""
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything at one moment."""

    at: datetime
    school: School
    doors: tuple[DoorNow, ...] = ()
    bridges: tuple[BridgeNow, ...] = ()
    happened: tuple[Happened, ...] = ()


def seen_by(picture: Picture, actor: Actor, seen: dict[str, str]) -> dict[str, Any]:
    """What a viewer gets, ready for JSON and for the page.

    Args:
        picture: What everybody's is made from.
        actor: Who looks.
        seen: Alarms that somebody said they see, by their key, with the name of who did.
    """
    site = picture.school.id
    doors = [door for door in picture.doors if actor.may(Permission.LIVE_VIEW, Place(site, door.building, door.zone))]
    whole = len(doors) == len(picture.doors)
    shown = {door.bridge for door in doors}
    bridges = [bridge for bridge in picture.bridges if whole or bridge.id in shown]
    return {
        "at": picture.at.isoformat(timespec="milliseconds"),
        "sentence": sentence(doors),
        "fresh": freshness(doors),
        "directives": [
            {"id": running.id, "word": running.word, "drill": running.drill, "since": running.started_at.isoformat()}
            for running in picture.school.running
        ],
        "doors": [_door(door) for door in doors],
        "bridges": [_bridge(bridge, doors) for bridge in bridges],
        "alarms": alarms(doors, bridges, seen),
    }


def events_for(picture: Picture, actor: Actor, limit: int) -> list[dict[str, Any]]:
    """What happened, newest first, as a viewer may read it."""
    names = actor.may(Permission.PERSON_VIEW)
    site = picture.school.id
    shown = {
        door.id for door in picture.doors if actor.may(Permission.LIVE_VIEW, Place(site, door.building, door.zone))
    }
    whole = len(shown) == len(picture.doors)
    fitting = [one for one in picture.happened if whole or one.door in shown]
    return [_happened(one, names=names) for one in fitting[:limit]]


def sentence(doors: Sequence[DoorNow]) -> str:
    """``20 of 24 doors secured``."""
    if not doors:
        return "No door yet"
    return f"{sum(door.state == 'secured' for door in doors)} of {count(len(doors), 'door')} secured"


def freshness(doors: Sequence[DoorNow]) -> dict[str, Any]:
    """What the top bar says about all doors; the age of the oldest proof lets a screen count on."""
    stale = [door for door in doors if door.state == "unknown"]
    limit_s = max((door.limit_s for door in doors), default=10.0)
    if not doors:
        return {"state": "none", "text": ""}
    if not stale:
        text = (
            f"All {count(len(doors), 'door')} proved in the last {limit_s:.0f} s" if len(doors) > 1 else "Door proved"
        )
        return {"state": "fresh", "text": text}
    ages = [door.age_s for door in stale if door.age_s is not None]
    if not ages:
        return {"state": "unknown", "text": f"{count(len(stale), 'door')} not proved"}
    return {"state": "unknown", "text": f"{count(len(stale), 'door')} not proved for {age(max(ages))}"}


def alarms(doors: Sequence[DoorNow], bridges: Sequence[BridgeNow], seen: dict[str, str]) -> list[dict[str, Any]]:
    """What needs a person: doors in alarm first, then bridges that are silent."""
    found: list[dict[str, Any]] = []
    for door in doors:
        if door.state in ALARMS:
            key = f"door {door.id} {door.state}"
            found.append(_alarm(key, door.state, [door.number], f"{door.name} {_verb(door)}", door.cause, seen))
    for bridge in bridges:
        numbers = [door.number for door in doors if door.bridge == bridge.id]
        if bridge.silent:
            found.append(
                _alarm(
                    f"bridge {bridge.id} silent",
                    "unknown",
                    numbers[:4],
                    f"{bridge.name} is silent",
                    "Doors still work from stored rules",
                    seen,
                )
            )
        elif bridge.alarm:
            found.append(_alarm(f"bridge {bridge.id} {bridge.alarm}", "unknown", [], bridge.name, bridge.alarm, seen))
    return found


def _verb(door: DoorNow) -> str:
    """What an alarm says of its door."""
    said = {"forced": "was forced open", "propped": "is propped open", "tamper": "reports tampering"}
    return said.get(door.state, f"is {door.word}")


def _alarm(key: str, state: str, plates: list[str], said: str, cause: str, seen: dict[str, str]) -> dict[str, Any]:
    return {"key": key, "state": state, "plates": plates, "said": said, "cause": cause, "seen": seen.get(key, "")}


def _door(door: DoorNow) -> dict[str, Any]:
    return {
        "id": door.id,
        "number": door.number,
        "name": door.name,
        "building": door.building_name,
        "state": door.state,
        "word": door.word,
        "age": None if door.age_s is None else round(door.age_s, 1),
        "limit": door.limit_s,
        "was": door.was,
    }


def _bridge(bridge: BridgeNow, doors: Sequence[DoorNow]) -> dict[str, Any]:
    numbers = [door.number for door in doors if door.bridge == bridge.id]
    covers = "No door" if not numbers else f"{'Door' if len(numbers) == 1 else 'Doors'} {listing(numbers)}"
    return {
        "id": bridge.id,
        "name": bridge.name,
        "age": None if bridge.age_s is None else round(bridge.age_s, 1),
        "limit": bridge.limit_s,
        "covers": covers if len(covers) <= 60 else f"{count(len(numbers), 'door')}, {numbers[0]} to {numbers[-1]}",
        "detail": bridge.detail,
    }


def _happened(one: Happened, *, names: bool) -> dict[str, Any]:
    return {
        "key": one.key,
        "at": one.at.isoformat(timespec="milliseconds"),
        "glyph": one.glyph,
        "bold": one.bold if names else one.quiet_bold,
        "text": one.text if names else one.quiet_text,
        "why": one.why if names else "",
        "drill": one.drill,
    }
