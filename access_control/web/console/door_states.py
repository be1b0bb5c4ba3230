"""The states of doors as lists and pages show them; the words come from :mod:`access_control.readers.door_states`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from access_control.readers.models import Bridge, Door
from access_control.readers.status import DoorNow, last_status, site_overview, status_age_s
from access_control.readers.status_said import DoorSaid, ReaderSaid
from access_control.web import words

_POSITIONS = {"closed": "Closed", "open": "Open", "not_monitored": "No contact", "unknown": "Contact not heard"}


@dataclass(frozen=True, slots=True)
class ShownState:
    """A door's state: the word of the vocabulary, what it is called, and the sentence about its proof."""

    state: str
    word: str
    proof: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class DoorHeard:
    """What a door's bridge said of it last.

    Attributes:
        fresh: Whether that is believed now.
        name: The bridge's; empty where none runs the door.
        readers: By their ids.
    """

    fresh: bool
    name: str
    said: DoorSaid | None
    readers: Mapping[int, ReaderSaid]


def states(session: Session, at: datetime) -> Mapping[int, ShownState]:
    """Each door's state by its id."""
    overview = site_overview(session, at)
    names = {bridge.id: bridge.name for bridge in overview.bridges}
    return {door.id: _shown(door, names) for door in overview.doors}


def heard_of(session: Session, door: Door, at: datetime, limit_s: float) -> DoorHeard:
    """What a door's bridge said of it last."""
    bridge = None if door.bridge_id is None else session.get(Bridge, door.bridge_id)
    status = None if bridge is None else last_status(bridge)
    age_s = None if bridge is None else status_age_s(bridge, at)
    if bridge is None or status is None:
        return DoorHeard(fresh=False, name="" if bridge is None else bridge.name, said=None, readers={})
    said = next((one for one in status.doors if one.door == door.id), None)
    fresh = age_s is not None and age_s <= limit_s
    return DoorHeard(fresh, bridge.name, said, {one.reader: one for one in status.readers})


def position_word(heard: DoorHeard) -> str:
    """Where the leaf is, while that is believed."""
    return _POSITIONS.get(heard.said.position, "") if heard.fresh and heard.said is not None else ""


def _shown(door: DoorNow, names: Mapping[str, str]) -> ShownState:
    judged = door.judged
    age = "" if judged.age_s is None else words.age(judged.age_s)
    by = f" by {names[door.bridge]}" if door.bridge is not None and door.bridge in names else ""
    if judged.state == "unknown":
        proof = f"not proved for {age}" if age else "not proved yet"
        proof = f"{proof}, {judged.was}" if judged.was else proof
    else:
        proof = f"proved {age} ago{by}" if age else f"told{by}, not proved"
    cause = "" if judged.was else judged.cause  # what held it then says nothing about now
    return ShownState(judged.state.value, judged.word, proof, cause)
