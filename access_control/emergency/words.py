"""How emergencies are named and said: the terms and directives of the Standard Response Protocol, word for word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from access_control.core.decision.model import EmergencyAction

NAMES: Final[Mapping[EmergencyAction, str]] = MappingProxyType(
    {
        EmergencyAction.HOLD: "Hold",
        EmergencyAction.SECURE: "Secure",
        EmergencyAction.LOCKDOWN: "Lockdown",
        EmergencyAction.EVACUATE: "Evacuate",
        EmergencyAction.SHELTER: "Shelter",
    }
)

SAID: Final[Mapping[EmergencyAction, str]] = MappingProxyType(
    {
        EmergencyAction.HOLD: "In your room or area. Clear the halls.",
        EmergencyAction.SECURE: "Get inside. Lock outside doors.",
        EmergencyAction.LOCKDOWN: "Locks, Lights, Out of Sight.",
        EmergencyAction.EVACUATE: "Leave by the route you are told.",
        EmergencyAction.SHELTER: "State the hazard and the safety strategy.",
    }
)

DOES: Final[Mapping[EmergencyAction, str]] = MappingProxyType(
    {
        EmergencyAction.HOLD: "Inside doors lock. Outside doors stay as they are.",
        EmergencyAction.SECURE: "Outside doors lock. Inside everything goes on.",
        EmergencyAction.LOCKDOWN: "Every door locks. Only responders, and staff at rooms, get in.",
        EmergencyAction.EVACUATE: "Inside doors on the way out unlock. Outside doors stay as they are.",
        EmergencyAction.SHELTER: "Outside doors lock, and staff and students can come in.",
    }
)
"""What it does to doors, for whoever is about to start it. Leaving is always possible."""

DRILL_PREFIX: Final = "DRILL."
TERM_IN_TITLE: Final = "LOCKDOWN"


def title_of(action: EmergencyAction, place: str, *, drill: bool) -> str:
    """The band's title: ``LOCKDOWN, whole school``, ``DRILL. Lockdown drill, Main building``, ``Secure, ...``."""
    if drill:
        return f"{DRILL_PREFIX} {NAMES[action]} drill, {place}"
    return f"{TERM_IN_TITLE if action is EmergencyAction.LOCKDOWN else NAMES[action]}, {place}"


def script_of(action: EmergencyAction, *, drill: bool) -> str:
    """The sentence below the title; a drill is said twice and says that it is one."""
    if drill:
        return f"Say it twice: “{NAMES[action]}! {SAID[action]} This is a drill.” No call to 911."
    return SAID[action]


def place_words(scope: str, buildings: Mapping[int, str], zones: Mapping[int, str], doors: int) -> str:
    """A scope in words: ``whole school``, a building's or a zone's name, or how many doors."""
    kind, _, number = scope.partition(":")
    if kind == "site":
        return "whole school"
    if kind in {"building", "zone"}:
        named = (buildings if kind == "building" else zones).get(int(number))
        return named or f"{kind} {number}"
    return "1 door" if doors == 1 else f"{doors} doors"


def listed(names: Sequence[str]) -> str:
    """``South bridge``, ``South bridge and Gym bridge``, ``A, B and C``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def clock(seconds: float) -> str:
    """A running clock: ``00:48``, ``1:02:09``."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    tail = f"{rest // 60:02}:{rest % 60:02}"
    return f"{hours}:{tail}" if hours else tail


def lasting(seconds: float) -> str:
    """How long: ``48 s``, ``3 min 12 s``, ``1 h 20 min``; whole minutes from 120 s on for long ones."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
