"""What the bridges say of the school, in plain words: each door, each reader, each building, and what happened last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from access_control.core.wire.event_words import words_of
from access_control.core.wire.events import EventRecord
from access_control.demo.places import Places
from access_control.demo.plan import BUILDING_NAMES, BY_ID, DOORS, MAIN_ENTRANCE, SCANNER, Side, doors_of
from access_control.demo.sockets import UnreachableError, ask
from access_control.demo.witness import events_after

NEWEST: Final = 14
ALARMS: Final = {
    "forced": ("forced", "Forced open"),
    "held": ("propped", "Propped open"),
    "tamper": ("tamper", "Tamper"),
}
QUIET: Final = frozenset({"DOOR_LOCK_CMD", "DOOR_UNLOCK_CMD"})
"""Events that say what the next one says better."""

Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DoorSaid:
    """A door as its bridge shows it: the state (for its shape), the word, and what is wrong with its reader."""

    id: int
    state: str
    word: str
    reader: str


@dataclass(frozen=True, slots=True)
class SideSaid:
    """A building as its bridge shows it: one sentence each."""

    name: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a bridge recorded; ``door`` is painted on the frame, or empty."""

    at: datetime
    door: str
    words: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything that the bridges say at one moment."""

    doors: Mapping[int, DoorSaid]
    sides: tuple[SideSaid, ...]
    events: tuple[Told, ...]


class Bridges:
    """Asks both bridges, as ``firmware-bridge status`` does, and reads the events on their disks."""

    def __init__(self, places: Places, status: Callable[[Path], Status] | None = None) -> None:
        """Nothing is asked yet; ``status`` takes a bridge's socket."""
        self._places = places
        self._status = status or _ask

    def say(self) -> Outlook:
        """What they say now; a bridge that does not answer leaves its doors unknown."""
        said = {side: self._of(side) for side in Side}
        doors = {door.id: door_said(door.id, said[door.side]) for door in DOORS}
        sides = tuple(SideSaid(BUILDING_NAMES[side], tuple(sentences(side, said[side]))) for side in Side)
        return Outlook(doors, sides, self._newest(said))

    def _of(self, side: Side) -> Status | None:
        with suppress(UnreachableError):
            return self._status(self._places.side(side).bridge_socket)
        return None

    def _newest(self, said: Mapping[Side, Status | None]) -> tuple[Told, ...]:
        found = []
        for side, status in said.items():
            last = 0 if status is None else int(status["outbox"]["last_seq"])
            found += events_after(self._places.side(side).outbox, max(0, last - 2 * NEWEST)) if last else []
        loud = [event for event in found if event.code not in QUIET]
        loud.sort(key=lambda event: (event.at, event.seq), reverse=True)
        return tuple(
            Told(event.moment(), _number(event), words_of(event.code, event.detail)) for event in loud[:NEWEST]
        )


def door_said(door: int, status: Status | None) -> DoorSaid:
    """A door in a bridge's status, in the words of the console."""
    row = next((row for row in (status or {}).get("doors", ()) if row["door"] == door), None)
    if row is None:
        return DoorSaid(door, "unknown", "Nobody says", "")
    reader = next((one for one in (status or {})["readers"] if one["reader"] == door), None)
    silent = "" if reader is None or reader["link"] in {"secure", "up"} else "Reader silent"
    opened = "Reader opened" if reader is not None and reader["tampered"] else ""
    return DoorSaid(door, *_state(row), silent or opened)


def _state(row: Status) -> tuple[str, str]:
    if row["alarm"] in ALARMS:
        state, word = ALARMS[row["alarm"]]
        return state, f"{word}, shut since" if row["position"] == "closed" and state == "forced" else word
    if row["security"] == "unknown" or not row["proved"]:
        return "unknown", "Unknown"
    if row["position"] == "open":
        return "open", "Open too long soon" if row["alarm"] == "held_pre_alarm" else "Open"
    if row["command"] != "lock":
        return "unlocked", "Unlocked"
    if row["security"] == "not_monitored":
        return "not_monitored", "Locked, not monitored"
    return ("secured", "Secured") if row["security"] == "secured" else ("not_secure", "NOT secure")


def sentences(side: Side, status: Status | None) -> Iterator[str]:
    """What a bridge says of its building, the most important first."""
    if status is None:
        yield "Nobody answers: its bridge is not running. Nothing is known of its doors."
        return
    known = [door_said(door.id, status) for door in doors_of(side)]
    yield f"{sum(door.state == 'secured' for door in known)} of {len(known)} doors secured."
    if unknown := sum(door.state == "unknown" for door in known):
        yield f"{unknown} unknown: nothing was proved of them lately."
    for emergency in status["emergencies"]:
        yield f"{'Drill of ' if emergency['drill'] else ''}{str(emergency['action']).capitalize()} in force."
    if silent := [BY_ID[row["reader"]].number for row in status["readers"] if _is_silent(row)]:
        yield f"Silent readers: at {_doors(silent)}."
    for row in status["boards"]:
        if row["link"] not in {"up", "secure"}:
            yield f"{row['name']} is silent."
    for row in status["inputs"]:
        if row["active"]:
            yield f"{row['name']}: alarm."
        elif row["why"]:
            yield f"{row['name']}: {row['why']}"
    yield _service(status)


def _is_silent(reader: Status) -> bool:
    return reader["link"] not in {"up", "secure"} and reader["reader"] in BY_ID


def _service(status: Status) -> str:
    outbox, service = status["outbox"], status["service"] or {}
    waiting = max(0, int(outbox["last_seq"]) - int(outbox["acknowledged"]))
    if service.get("stream") and not service.get("trouble"):
        return "The service is there; every event has reached it." if not waiting else f"Sending {waiting} events."
    heard = service.get("heard_age_s")
    ago = "" if heard is None else f" for {heard:.0f} s"
    kept = "1 event waits" if waiting == 1 else f"{waiting} events wait"
    return f"The service is silent{ago}. The doors go on by stored rules, and {kept} on its disk."


def _doors(numbers: Sequence[str]) -> str:
    return f"door {numbers[0]}" if len(numbers) == 1 else f"doors {', '.join(numbers[:-1])} and {numbers[-1]}"


def _number(event: EventRecord) -> str:
    """The door's, or that of the door at which the reader is."""
    reader = MAIN_ENTRANCE if event.reader == SCANNER else event.reader
    door = event.door or reader
    return BY_ID[door].number if door in BY_ID else ""


def _ask(socket: Path) -> Status:
    found: Status = ask(socket, "status")["status"]
    return found
