"""The school as Live shows it at one moment: doors, bridges, alarms and what happened, for one viewer.

A picture is read once for everybody; :func:`seen_by` leaves out what one viewer may not see and puts it into words.
Ages travel as they were at ``at``; screens count them on by their own clock and stop believing a state past its limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from access_control.people.permissions import Actor, Permission, Place
from access_control.readers.door_states import ALARMS, DoorState
from access_control.readers.status import BridgeNow, DoorNow, SiteOverview
from access_control.web.bridge_alarms import bridge_alarms
from access_control.web.frame import School
from access_control.web.words import age, count, listing

STRIP: Final = 2
"""Alarms side by side in the strip; more are counted in the last."""

_SAID: Final = {
    DoorState.FORCED: "was forced open",
    DoorState.PROPPED: "is propped open",
    DoorState.TAMPER: "reports tampering",
}
_AS_LONG_AS_HEARD: Final = ALARMS | {DoorState.OPEN}
"""States that are believed while the bridge is heard: nothing proves them better than its word."""
RESTORED_SHOWN: Final = timedelta(days=7)
RESTORED_SAID: Final = "This service was restored from an older state"
RESTORED_MEANS: Final = (
    "What was changed after the backup is lost here. Mark lost badges again, end visitor passes again, replace and "
    "confirm bridges again. An emergency that has ended since may run again here: release it."
)


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
    site: SiteOverview
    happened: tuple[Happened, ...] = ()


def seen_by(picture: Picture, actor: Actor, seen: Mapping[str, str]) -> dict[str, Any]:
    """What a viewer gets, ready for JSON and for the page.

    Args:
        picture: What everybody's is made from.
        actor: Who looks.
        seen: Alarms that somebody said they see, by their key, with the name of who did.
    """
    doors, bridges = _visible(picture, actor)
    heard = {bridge.id: bridge.age_s for bridge in bridges}
    return {
        "at": picture.at.isoformat(timespec="milliseconds"),
        "sentence": sentence(doors),
        "fresh": freshness(doors),
        "directives": [
            {"id": running.id, "word": running.word, "drill": running.drill, "since": running.started_at.isoformat()}
            for running in picture.school.running
        ],
        "doors": [_door(door, heard.get(door.bridge or "")) for door in doors],
        "bridges": [_bridge(bridge, doors) for bridge in bridges],
        "alarms": [*restored(picture, seen), *alarms(doors, bridges, seen)],
    }


def events_for(picture: Picture, actor: Actor, limit: int) -> list[dict[str, Any]]:
    """What happened, newest first, as a viewer may read it."""
    names = actor.may(Permission.PERSON_VIEW)
    shown = {door.id for door in _visible(picture, actor)[0]}
    whole = len(shown) == len(picture.site.doors)
    fitting = [one for one in picture.happened if whole or one.door in shown]
    return [_happened(one, names=names) for one in fitting[:limit]]


def sentence(doors: Sequence[DoorNow]) -> str:
    """``20 of 24 doors secured``."""
    if not doors:
        return "No door yet"
    return f"{sum(door.judged.state is DoorState.SECURED for door in doors)} of {count(len(doors), 'door')} secured"


def freshness(doors: Sequence[DoorNow]) -> dict[str, Any]:
    """What the top bar says about all doors."""
    stale = [door for door in doors if door.judged.state is DoorState.UNKNOWN]
    limit_s = max((door.limit_s for door in doors), default=10.0)
    if not doors:
        return {"state": "none", "text": ""}
    if not stale:
        which = f"All {len(doors)} doors" if len(doors) > 1 else "The door"
        return {"state": "fresh", "text": f"{which} proved in the last {limit_s:.0f} s"}
    ages = [door.judged.age_s for door in stale if door.judged.age_s is not None]
    since = f" for {age(max(ages))}" if ages else ""
    return {"state": "unknown", "text": f"{count(len(stale), 'door')} not proved{since}"}


def restored(picture: Picture, seen: Mapping[str, str]) -> list[dict[str, Any]]:
    """For a week after an older copy of the database was put back: what people have to do again."""
    since = picture.site.restored_at
    if since is None or picture.at - since > RESTORED_SHOWN:
        return []
    return [_alarm(f"site restored {since.isoformat()}", "alarm", [], RESTORED_SAID, RESTORED_MEANS, seen)]


def alarms(doors: Sequence[DoorNow], bridges: Sequence[BridgeNow], seen: Mapping[str, str]) -> list[dict[str, Any]]:
    """What needs a person: doors in alarm first, then bridges that are silent or in trouble."""
    found: list[dict[str, Any]] = []
    for door in doors:
        state = door.judged.state
        if state in ALARMS:
            said = f"{door.name} {_SAID.get(state, f'is {door.judged.word}')}"
            found.append(_alarm(f"door {door.id} {state}", state, [door.number], said, door.judged.cause, seen))
    for bridge in bridges:
        numbers = [door.number for door in doors if door.bridge == bridge.id]
        if bridge.silent:
            said, cause = f"{bridge.name} is silent", "Its doors go on working from stored rules."
            found.append(_alarm(f"bridge {bridge.id} silent", "unknown", numbers[:3], said, cause, seen))
        if bridge.alarm:
            key = f"bridge {bridge.id} {bridge.alarm}"[:120]
            found.append(_alarm(key, "alarm", [], f"{bridge.name} needs you", bridge.alarm, seen))
        found += [_alarm(one.key, "alarm", [], one.said, one.cause, seen) for one in bridge_alarms(bridge)]
    return found


def _visible(picture: Picture, actor: Actor) -> tuple[list[DoorNow], list[BridgeNow]]:
    """The doors that a viewer may see, and the bridges that run any of them."""
    site = picture.school.id
    every = picture.site.doors
    doors = [door for door in every if actor.may(Permission.LIVE_VIEW, Place(site, door.building, door.zone))]
    if len(doors) == len(every):
        return doors, list(picture.site.bridges)
    shown = {door.bridge for door in doors}
    return doors, [bridge for bridge in picture.site.bridges if bridge.id in shown]


def _alarm(key: str, state: str, plates: list[str], said: str, cause: str, seen: Mapping[str, str]) -> dict[str, Any]:
    cause = cause.removesuffix(".")
    return {"key": key, "state": str(state), "plates": plates, "said": said, "cause": cause, "seen": seen.get(key, "")}


def _door(door: DoorNow, heard_s: float | None) -> dict[str, Any]:
    """``left`` is for how long a screen may go on showing the state without hearing of it again."""
    judged = door.judged
    unknown = judged.state is DoorState.UNKNOWN
    since = heard_s if judged.age_s is None and not unknown else judged.age_s
    ages = [heard_s, None if judged.state in _AS_LONG_AS_HEARD else judged.age_s]
    left_s = min((door.limit_s - one for one in ages if one is not None), default=0.0)
    return {
        "id": door.id,
        "number": door.number,
        "name": door.name,
        "building": door.building_name,
        "state": judged.state.value,
        "word": "Unknown" if unknown else judged.word,
        "age": None if since is None else round(since, 1),
        "left": 0.0 if unknown else round(max(0.0, left_s), 1),
        "was": judged.was,
        "cause": judged.cause,
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
