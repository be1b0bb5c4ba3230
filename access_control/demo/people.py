"""The demo's people, all made up. Their names live in this file only: a Policy holds numbers and digests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import BadgeStatus, HolderClass
from access_control.demo.building import COMPANY, FACILITY


class Level(IntEnum):
    """The demo's access levels; :mod:`access_control.demo.school` says which doors each opens, and when."""

    STUDENTS = 1
    TEACHERS = 2
    OFFICE = 3
    KITCHEN = 4
    FACILITIES = 5
    EVENING = 6
    RESPONDERS = 7


@dataclass(frozen=True, slots=True)
class Character:
    """Someone with a badge. ``card`` is the number printed on it; ``tells`` what makes them worth trying."""

    ref: int
    name: str
    role: str
    holder_class: HolderClass
    levels: tuple[Level, ...]
    card: int
    status: BadgeStatus = BadgeStatus.ACTIVE
    extended: bool = False
    tells: str = ""

    @property
    def credential(self) -> Credential:
        """What the card says when it is read: responders carry cards that cannot be copied."""
        if self.holder_class is HolderClass.RESPONDER:
            return Credential("C1k35s", COMPANY, self.card)
        return Credential("H10301", FACILITY, self.card)


_STUDENT, _STAFF = HolderClass.STUDENT, HolderClass.STAFF

_ADULTS: Final = (
    ("Hannah Whitfield", "Principal", _STAFF, (Level.OFFICE,)),
    ("Marcus Oyelaran", "Assistant principal", _STAFF, (Level.OFFICE,)),
    ("Diane Kowalski", "Front office", _STAFF, (Level.OFFICE,)),
    ("Priya Raman", "Nurse", _STAFF, (Level.OFFICE,)),
    ("Tom Alvarado", "Science teacher", _STAFF, (Level.TEACHERS,)),
    ("Grace Lindqvist", "Room 101 teacher", _STAFF, (Level.TEACHERS,)),
    ("Samuel Beckford", "Gym teacher", _STAFF, (Level.TEACHERS,)),
    ("Noor Haddad", "Librarian", _STAFF, (Level.TEACHERS,)),
    ("Ellen Cho", "Music teacher", _STAFF, (Level.TEACHERS,)),
    ("Rosa Jimenez", "Kitchen", _STAFF, (Level.KITCHEN,)),
    ("Walter Price", "Facilities", _STAFF, (Level.FACILITIES,)),
)

_PUPILS: Final = (
    "Ava Thornton", "Liam Castellano", "Sofia Marchetti", "Noah Abernathy", "Zoe Papadakis", "Ethan Wozniak",
    "Maya Deshpande", "Lucas Fontaine", "Chloe Ndiaye", "Oliver Strand", "Isla McAllister", "Mateo Quintero",
    "Emily Vance", "Jayden Brooks", "Amara Okafor", "Daniel Rosenthal", "Lily Nakamura", "Caleb Winters",
    "Fatima Siddiqui", "Henry Blackwood", "Nadia Petrova", "Owen Gallagher", "Ruby Santangelo", "Theo Lambert",
)  # fmt: skip

SPECIAL: Final = (
    Character(
        61, "Ben Ortiz", "Evening cleaner", _STAFF, (Level.EVENING,), 4561,
        tells="is let in after school only",
    ),
    Character(
        62, "Kira Donnelly", "Student", _STUDENT, (Level.STUDENTS,), 4562, BadgeStatus.LOST,
        tells="reported this badge lost; someone found it",
    ),
    Character(
        63, "Paul Renner", "Former coach", _STAFF, (Level.TEACHERS,), 4563, BadgeStatus.DISABLED,
        tells="left the school in spring; the badge was never handed in",
    ),
    Character(
        64, "Joel Whitaker", "New student", _STUDENT, (), 4564,
        tells="has a badge and no rights yet",
    ),
    Character(
        65, "June Farrell", "Student on crutches", _STUDENT, (Level.STUDENTS,), 4565, extended=True,
        tells="gets more time at each door",
    ),
    Character(
        71, "Sgt. Dana Ruiz", "Police", HolderClass.RESPONDER, (Level.RESPONDERS,), 700_071,
        tells="is admitted everywhere, in a lockdown too",
    ),
    Character(
        72, "Capt. Will Hargrove", "Fire department", HolderClass.RESPONDER, (Level.RESPONDERS,), 700_072,
        tells="is admitted everywhere, in a lockdown too",
    ),
)  # fmt: skip

CHARACTERS: Final = (
    *(
        Character(ref, name, role, holder_class, levels, 4500 + ref)
        for ref, (name, role, holder_class, levels) in enumerate(_ADULTS, 1)
    ),
    *(
        Character(ref, name, "Student", _STUDENT, (Level.STUDENTS,), 4500 + ref)
        for ref, name in enumerate(_PUPILS, len(_ADULTS) + 1)
    ),
    *SPECIAL,
)

BY_REF: Final = {character.ref: character for character in CHARACTERS}
STRANGER: Final = Credential("H10301", FACILITY, 9999)
"""A card that nobody at the school has ever given out."""


def called(name: str) -> Character:
    """The character with this name.

    Raises:
        KeyError: nobody is called that.
    """
    for character in CHARACTERS:
        if character.name == name:
            return character
    raise KeyError(name)
