"""Which state a door is shown in: the one place that turns what a bridge said into words, and lets it grow old."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from access_control.readers.status_said import DoorSaid, StatusSaid


class DoorState(StrEnum):
    """The states that people see; what each looks like is the pages' business."""

    SECURED = "secured"
    UNLOCKED = "unlocked"
    OPEN = "open"
    FORCED = "forced"
    PROPPED = "propped"
    NOT_SECURE = "not_secure"
    TAMPER = "tamper"
    UNKNOWN = "unknown"
    NOT_MONITORED = "not_monitored"


ALARMS: Final = frozenset({DoorState.FORCED, DoorState.PROPPED, DoorState.NOT_SECURE, DoorState.TAMPER})
"""A person has to look."""

WORDS: Final[Mapping[DoorState, str]] = {
    DoorState.SECURED: "Secured",
    DoorState.UNLOCKED: "Unlocked",
    DoorState.OPEN: "Open",
    DoorState.FORCED: "Forced open",
    DoorState.PROPPED: "Propped open",
    DoorState.NOT_SECURE: "NOT secure",
    DoorState.TAMPER: "Tamper",
    DoorState.UNKNOWN: "Unknown, not proved",
    DoorState.NOT_MONITORED: "Locked, not monitored",
}
_CAUSES: Final[Mapping[str, str]] = {
    "egress": "Somebody is leaving.",
    "fire": "The fire input holds it unlocked.",
    "permitted_grant": "Somebody who is admitted all the same is going through.",
    "grant": "Somebody who was admitted is going through.",
    "evacuate": "Evacuate holds it unlocked.",
    "manual_unlock": "Unlocked by hand in the console.",
    "first_card": "The first card of the day unlocked it.",
    "schedule": "The schedule holds it unlocked.",
}
_LOCKING: Final = frozenset({"lockdown", "secure"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A door as it is shown.

    Attributes:
        age_s: Since the last proof; ``None`` if there never was one.
        was: The last known word of a door that is unknown now, as *was open*; empty otherwise.
        cause: One line on why it is so; empty where the state says it all.
    """

    state: DoorState
    word: str
    age_s: float | None
    was: str = ""
    cause: str = ""


NEVER_HEARD: Final = Judged(DoorState.UNKNOWN, WORDS[DoorState.UNKNOWN], None, cause="Its bridge has not reported yet.")


def judge(door: DoorSaid, locking: Collection[str], status_age_s: float, limit_s: float) -> Judged:
    """What to show of a door.

    Args:
        door: As its bridge said.
        locking: The ids of real (not drill) Lockdowns and Secures in force at this bridge.
        status_age_s: How long ago the bridge said it.
        limit_s: How old a proof may be.
    """
    state, word, cause = _as_said(door, under=not set(door.directives).isdisjoint(locking))
    age_s = None if door.proof_age_s is None else max(0.0, door.proof_age_s) + max(0.0, status_age_s)
    if status_age_s <= limit_s and (age_s is None or age_s <= limit_s or state in ALARMS or state is DoorState.OPEN):
        return Judged(state, word, age_s, cause=cause)
    was = "" if state is DoorState.UNKNOWN else f"was {_small(word)}"
    return Judged(DoorState.UNKNOWN, WORDS[DoorState.UNKNOWN], age_s if age_s is not None else status_age_s, was, cause)


def locking_directives(status: StatusSaid) -> frozenset[str]:
    """The real Lockdowns and Secures in force at a bridge; in a drill doors keep their true state."""
    return frozenset(one.directive for one in status.emergencies if one.action in _LOCKING and not one.drill)


def _as_said(door: DoorSaid, *, under: bool) -> tuple[DoorState, str, str]:
    """State, word and cause as the bridge saw them, the most serious first."""
    if door.alarm == "forced":
        return DoorState.FORCED, WORDS[DoorState.FORCED], door.why
    if door.alarm == "held":
        return DoorState.PROPPED, WORDS[DoorState.PROPPED], door.why
    if under and door.position == "open":
        return DoorState.NOT_SECURE, "NOT secure: open", door.why
    if under and door.command == "unlock":
        return DoorState.NOT_SECURE, "NOT secure: unlocked", door.why
    if door.alarm == "tamper":
        return DoorState.TAMPER, WORDS[DoorState.TAMPER], "A device here was opened or taken off the wall."
    if door.position != "open" and door.command != "unlock" and door.security == "not_secure":
        word = "NOT secure: latch not seen" if "latch" in door.why else WORDS[DoorState.NOT_SECURE]
        return DoorState.NOT_SECURE, word, door.why
    if door.alarm == "fault":
        return DoorState.NOT_SECURE, "NOT secure: lock does not follow", door.why
    if door.position == "open":
        return DoorState.OPEN, WORDS[DoorState.OPEN], _CAUSES.get(door.slot, "")
    if door.security == "unknown" or not door.proved:
        return DoorState.UNKNOWN, WORDS[DoorState.UNKNOWN], door.why
    if door.command == "unlock":
        return DoorState.UNLOCKED, WORDS[DoorState.UNLOCKED], _CAUSES.get(door.slot, "")
    if door.security == "not_monitored":
        return DoorState.NOT_MONITORED, WORDS[DoorState.NOT_MONITORED], ""
    if door.security == "secured":
        return DoorState.SECURED, WORDS[DoorState.SECURED], ""
    return DoorState.UNKNOWN, WORDS[DoorState.UNKNOWN], door.why


def _small(word: str) -> str:
    return word if word.startswith("NOT") else word[0].lower() + word[1:]
