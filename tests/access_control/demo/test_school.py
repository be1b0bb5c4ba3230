"""The made-up school makes sense: who comes in where, and why not."""

from datetime import datetime, timedelta

import pytest

from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.decide import decide
from access_control.core.decision.model import Decision, DoorClass, Facts, Known, Policy, Read
from access_control.core.wire.kept import Kept
from access_control.demo.building import DOORS, NAMES, SCANNER
from access_control.demo.office import Office
from access_control.demo.people import CHARACTERS, STRANGER, called
from access_control.demo.school import spans

USUAL = Facts(Known.YES, Known.NO, Known.NO, Known.NO, Known.NO, Known.NO)


def presented(policy: Policy, name: str, door: int, at: datetime) -> Decision:
    """Hold somebody's card to the reader of a door."""
    credential = STRANGER if name == "a stranger" else called(name).credential
    bits = encode(FORMATS[credential.format], credential.facility_code or 0, credential.number)
    return decide(policy, Kept().orders(), Read(door, bits=bits), USUAL, at)


@pytest.mark.parametrize(
    ("who", "where", "reason"),
    [
        ("Hannah Whitfield", "Kitchen delivery", "ACCESS_GRANTED"),
        ("Tom Alvarado", "Science lab", "ACCESS_GRANTED"),
        ("Tom Alvarado", "Kitchen delivery", "DENIED_DOOR"),
        ("Ava Thornton", "Main entrance", "ACCESS_GRANTED"),
        ("Ava Thornton", "Corridor to offices", "DENIED_DOOR"),
        ("Rosa Jimenez", "Kitchen delivery", "ACCESS_GRANTED"),
        ("Rosa Jimenez", "Science lab", "DENIED_DENY_RULE"),
        ("June Farrell", "Library", "GRANTED_EXTENDED"),
        ("Kira Donnelly", "Main entrance", "DENIED_LOST"),
        ("Paul Renner", "Gym, field side", "DENIED_DISABLED"),
        ("Joel Whitaker", "Main entrance", "DENIED_NO_LEVEL"),
        ("Ben Ortiz", "Main entrance", "DENIED_OUT_OF_SCHEDULE"),
        ("Sgt. Dana Ruiz", "Science lab", "GRANTED_RESPONDER"),
        ("a stranger", "Main entrance", "DENIED_UNKNOWN_CREDENTIAL"),
    ],
)
def test_on_a_school_morning(policy: Policy, morning: datetime, who: str, where: str, reason: str) -> None:
    door = next(door for door, name in NAMES.items() if name == where)
    assert presented(policy, who, door, morning).reason == reason


def test_at_night_the_doors_know_who_works_then(policy: Policy, morning: datetime) -> None:
    evening, night = morning + timedelta(hours=6), morning + timedelta(hours=14)
    assert presented(policy, "Ben Ortiz", 8, evening).granted
    assert not presented(policy, "Ava Thornton", 8, night).granted
    assert presented(policy, "Walter Price", 8, night).granted


def test_a_pass_opens_the_vestibule_and_nothing_else(policy: Policy, office: Office, morning: datetime) -> None:
    text = office.visitor_pass(morning)
    orders = Kept().orders()
    assert decide(policy, orders, Read(SCANNER, text=text), USUAL, morning).reason == "GRANTED_PASS"
    assert not decide(policy, orders, Read(SCANNER, text=text), USUAL, morning + timedelta(hours=5)).granted
    assert not decide(policy, orders, Read(3, text=text), USUAL, morning).granted


def test_no_name_is_in_the_policy(office: Office, morning: datetime) -> None:
    sealed = office.policy(morning)
    for character in CHARACTERS:
        for name in character.name.split():
            assert name.strip(".").encode() not in sealed or name in {"Will", "Park", "Sgt.", "Capt."}


def test_about_forty_people_each_with_a_number_and_a_card_of_their_own() -> None:
    assert 38 <= len(CHARACTERS) <= 45
    assert len({c.ref for c in CHARACTERS}) == len({c.credential for c in CHARACTERS}) == len(CHARACTERS)
    assert len({c.name for c in CHARACTERS}) == len(CHARACTERS)
    with pytest.raises(KeyError):
        called("Nobody")


def test_every_lock_is_switched_on_the_secure_side_and_every_exit_reports(policy: Policy) -> None:
    assert len(policy.doors) == 8
    assert all(door.lock.secure_side and door.rex is not None and door.contact is not None for door in DOORS)
    magnets = [door for door in DOORS if door.lock.rex_unlocks]
    assert [door.door_class for door in magnets] == [DoorClass.INTERIOR]
    assert {door.door_class for door in DOORS} == set(DoorClass)


def test_school_days_are_spans_without_weekends_after_the_first_day(morning: datetime) -> None:
    opening = morning.replace(minute=0)
    timetable = spans(opening, 9)
    saturday = opening + timedelta(days=(5 - opening.weekday()) % 7)
    assert timetable.covers(int((opening + timedelta(hours=8)).timestamp()))
    assert not timetable.covers(int((opening + timedelta(hours=9)).timestamp()))
    assert not timetable.covers(int((saturday + timedelta(hours=1)).timestamp()))
    assert spans(saturday, 9).covers(int((saturday + timedelta(hours=1)).timestamp()))
