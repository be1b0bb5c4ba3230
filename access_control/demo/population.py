"""The demo's six hundred people and their badges, all made up and the same in every demo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import count
from typing import Final

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.model import BadgeStatus, HolderClass
from access_control.demo.names import people_names

PEOPLE: Final = 600
FACILITY: Final = 123
STAFF_FACILITY: Final = 5120
COMPANY: Final = 2044
SEED: Final = 20

_STUDENT, _STAFF, _RESPONDER = HolderClass.STUDENT, HolderClass.STAFF, HolderClass.RESPONDER
_CONTRACTOR: Final = HolderClass.CONTRACTOR


class Group(IntEnum):
    """The groups, by their number in the database."""

    GRADE_6 = 1
    GRADE_7 = 2
    GRADE_8 = 3
    TEACHERS = 4
    OFFICE = 5
    AIDES = 6
    KITCHEN = 7
    CUSTODIANS = 8
    CONTRACTORS = 9
    RESPONDERS = 10


GROUP_NAMES: Final = {
    Group.GRADE_6: "Grade 6",
    Group.GRADE_7: "Grade 7",
    Group.GRADE_8: "Grade 8",
    Group.TEACHERS: "Teachers",
    Group.OFFICE: "Office and administration",
    Group.AIDES: "Classroom aides",
    Group.KITCHEN: "Kitchen",
    Group.CUSTODIANS: "Custodians",
    Group.CONTRACTORS: "Contractors",
    Group.RESPONDERS: "Responders",
}
GRADES: Final = (Group.GRADE_6, Group.GRADE_7, Group.GRADE_8)


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody with a badge.

    Attributes:
        unit: Grade, department or agency, as people say it.
        tells: What makes this person worth trying at a door; empty for most.
    """

    ref: int
    given: str
    family: str
    holder_class: HolderClass
    group: Group | None
    unit: str
    badge: Credential
    status: BadgeStatus = BadgeStatus.ACTIVE
    active: bool = True
    extended: bool = False
    tells: str = ""

    @property
    def name(self) -> str:
        """As people say it."""
        return f"{self.given} {self.family}"

    @property
    def label(self) -> str:
        """What is printed on the card."""
        raw = self.badge.format.startswith("RAW")
        return f"{self.badge.number:014X}" if raw else f"{self.badge.number:05d}"


STRANGER: Final = Credential("H10301", FACILITY, 64999)
"""A card of the right kind that nobody at the school has ever given out."""

# given, family, class, group, unit, status, active, extended, tells
_Row = tuple[str, str, HolderClass, Group | None, str, BadgeStatus, bool, bool, str]
_OK: Final = BadgeStatus.ACTIVE


def _plain(given: str, family: str, group: Group, unit: str, tells: str = "") -> _Row:
    classes = {Group.RESPONDERS: _RESPONDER, Group.CONTRACTORS: _CONTRACTOR} | dict.fromkeys(GRADES, _STUDENT)
    return given, family, classes.get(group, _STAFF), group, unit, _OK, True, False, tells


CAST: Final[tuple[_Row, ...]] = (
    _plain("Hannah", "Whitfield", Group.OFFICE, "Principal", "Every door, at every hour."),
    _plain("Marcus", "Oyelaran", Group.OFFICE, "Assistant principal"),
    _plain("Diane", "Kowalski", Group.OFFICE, "Front office"),
    _plain("Priya", "Raman", Group.OFFICE, "Nurse"),
    _plain("Grace", "Lindqvist", Group.TEACHERS, "Room 101", "In a lockdown admitted to rooms only."),
    _plain("Tom", "Alvarado", Group.TEACHERS, "Science", "Teaches in the science lab, door 103."),
    _plain("Noor", "Haddad", Group.TEACHERS, "Library"),
    _plain("Ellen", "Cho", Group.TEACHERS, "Music"),
    _plain("Ava", "Thornton", Group.GRADE_7, "Grade 7", "In a lockdown refused everywhere."),
    _plain("Liam", "Castellano", Group.GRADE_6, "Grade 6"),
    _plain("Rosa", "Jimenez", Group.KITCHEN, "Kitchen", "A rule forbids her the science lab, door 103."),
    _plain("Walter", "Price", Group.CUSTODIANS, "Head custodian"),
    _plain("Dana", "Ruiz", Group.RESPONDERS, "Police", "Admitted everywhere, in a lockdown too."),
    _plain("Will", "Hargrove", Group.RESPONDERS, "Fire department"),
    ("Kira", "Donnelly", _STUDENT, Group.GRADE_8, "Grade 8", BadgeStatus.LOST, True, False,
     "Reported this badge lost, and somebody found it."),
    ("Paul", "Renner", _STAFF, Group.TEACHERS, "Former coach", BadgeStatus.DISABLED, False, False,
     "Left the school in spring; the badge was never handed in."),
    ("Joel", "Whitaker", _STUDENT, None, "Grade 6", _OK, True, False, "New: has a badge and no rights yet."),
    ("June", "Farrell", _STUDENT, Group.GRADE_6, "Grade 6", _OK, True, True, "On crutches: gets more time at doors."),
    _plain("Ben", "Ortiz", Group.CONTRACTORS, "Evening cleaning", "Cleans in the evening: not at this time of day."),
)  # fmt: skip

_CROWD: Final = (
    (Group.TEACHERS, _STAFF, 40, ("Mathematics", "English", "Social studies", "Science", "Spanish", "Art", "Gym")),
    (Group.OFFICE, _STAFF, 5, ("Front office", "Counsellor")),
    (Group.AIDES, _STAFF, 12, ("Classroom aide",)),
    (Group.KITCHEN, _STAFF, 7, ("Kitchen",)),
    (Group.CUSTODIANS, _STAFF, 5, ("Custodian",)),
    (Group.CONTRACTORS, _CONTRACTOR, 3, ("Evening cleaning", "Elevator service")),
    (Group.RESPONDERS, _RESPONDER, 6, ("Police", "Fire department", "Ambulance")),
)


def _rows() -> Iterator[_Row]:
    yield from CAST
    names = people_names(SEED, {f"{row[0]} {row[1]}" for row in CAST})
    for group, holder_class, how_many, units in _CROWD:
        for number in range(how_many):
            yield (*next(names), holder_class, group, units[number % len(units)], _OK, True, False, "")
    for number in count():
        grade = GRADES[number % len(GRADES)]
        yield (*next(names), _STUDENT, grade, GROUP_NAMES[grade], _badge_of(number), True, number % 97 == 0, "")


def _badge_of(number: int) -> BadgeStatus:
    """Now and then somebody loses a badge."""
    return {41: BadgeStatus.LOST, 222: BadgeStatus.LOST, 333: BadgeStatus.DAMAGED}.get(number, _OK)


def _credential(ref: int, holder_class: HolderClass, group: Group | None) -> Credential:
    """Students have plain proximity cards; the staff's are newer; responders' and service cards cannot be copied."""
    if holder_class is _RESPONDER:
        return Credential("C1k35s", COMPANY, 700_000 + ref)
    if group in {Group.KITCHEN, Group.CUSTODIANS, Group.CONTRACTORS}:
        return Credential("RAW56", None, 0x04_5A_10_00_00_00_80 + (ref * 7919 << 8))
    if holder_class is _STAFF:
        return Credential("H10306", STAFF_FACILITY, 20_000 + ref)
    return Credential("H10301", FACILITY, 10_000 + ref)


@cache
def everybody() -> tuple[Character, ...]:
    """All of them, the ones worth trying first."""
    made = []
    for ref, row in zip(range(1, PEOPLE + 1), _rows(), strict=False):
        given, family, holder_class, group, unit, status, active, extended, tells = row
        badge = _credential(ref, holder_class, group)
        made.append(Character(ref, given, family, holder_class, group, unit, badge, status, active, extended, tells))
    return tuple(made)


def called(name: str) -> Character:
    """The character with this name.

    Raises:
        KeyError: Nobody is called that.
    """
    for character in everybody():
        if character.name == name:
            return character
    raise KeyError(name)


def bits_of(credential: Credential) -> Bits:
    """The card as a reader hands it over."""
    return encode(FORMATS[credential.format], credential.facility_code, credential.number)
