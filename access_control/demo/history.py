"""A week at the demo's school before anybody looked: who came, who was refused, what was propped open. All made up."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from access_control.core.decision.model import BadgeStatus
from access_control.core.decision.reasons import Reason
from access_control.core.wire.event_codes import EventCode
from access_control.demo.hours import is_school_day
from access_control.demo.plan import BY_ID, OPEN_BY_DAY, Side, numbers
from access_control.demo.population import GRADES, Character, Group, everybody

SCHOOL_DAYS: Final = 5
ARRIVALS: Final = 190
"""Students who badge on one morning; the others walk in behind the teacher on door duty."""

_ENTRANCES: Final = numbers("1", "1", "2", "2", "3", "7")
_ROOMS: Final = numbers("101", "102", "103", "202", "203", "21", "20", "22")
_EXITS: Final = numbers("1", "2", "3", "4", "6", "7", "21", "22")
_STAFF_DOORS: Final = {Group.KITCHEN: numbers("4"), Group.CUSTODIANS: numbers("8", "4")}
_EARLY, _BELL, _END = time(6, 40), time(8, 25), time(15, 10)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the past. ``code`` is an event code or a reason."""

    at: datetime
    code: str
    door: int | None = None
    holder: int | None = None
    reader: bool = False

    @property
    def side(self) -> Side:
        """The building it happened in."""
        return Side.MAIN if self.door is None else BY_ID[self.door].side


def school_days_before(today: date, how_many: int = SCHOOL_DAYS) -> list[date]:
    """The last school days before a date, oldest first; in long holidays fewer, from three weeks at most."""
    days = [today - timedelta(days=back) for back in range(1, 22)]
    return sorted([day for day in days if is_school_day(day)][:how_many])


def week_before(now: datetime, zone: ZoneInfo, seed: int = 7) -> list[Happening]:
    """Everything up to ``now`` (aware), in order of time: the last school days, and this morning's arrivals."""
    random = Random(seed)  # noqa: S311 - nothing here is a secret
    local = now.astimezone(zone)
    found = [what for day in school_days_before(local.date()) for what in _day(random, day, zone)]
    found += arrivals_just_now(random, now)
    return sorted((what for what in found if what.at < now), key=lambda what: what.at)


def arrivals_just_now(random: Random, now: datetime) -> Iterator[Happening]:
    """People who came in during the last two hours, so that somebody is inside."""
    for person in everybody():
        if person.group and person.status is BadgeStatus.ACTIVE and person.active and person.group < Group.CONTRACTORS:
            when = now - timedelta(seconds=random.triangular(300, 7200, 5400))
            if random.random() < (0.2 if person.group in GRADES else 0.8):
                yield from _passage(random, when, _entrance(random, person), person)


def _day(random: Random, day: date, zone: ZoneInfo) -> Iterator[Happening]:
    def between(first: time, last: time) -> datetime:
        start = datetime.combine(day, first, zone)
        span = (datetime.combine(day, last, zone) - start).total_seconds()
        return start + timedelta(seconds=random.uniform(0, span))

    staff = [p for p in everybody() if p.group and p.group not in {*GRADES, Group.CONTRACTORS, Group.RESPONDERS}]
    students = [p for p in everybody() if p.group in GRADES and p.status is BadgeStatus.ACTIVE]
    for person in staff:
        if person.active and random.random() < 0.94:
            yield from _passage(random, between(_EARLY, time(8, 0)), _entrance(random, person), person)
    for person in random.sample(students, ARRIVALS):
        yield from _passage(random, between(time(7, 45), _BELL), _entrance(random, person), person)
    teachers = [p for p in staff if p.group is Group.TEACHERS and p.active]
    for _ in range(70):
        yield from _passage(random, between(time(8, 30), _END), random.choice(_ROOMS), random.choice(teachers))
    for _ in range(65):
        yield Happening(between(time(9, 0), time(16, 30)), EventCode.REX, random.choice(_EXITS))
    for door in numbers(*OPEN_BY_DAY):
        yield Happening(datetime.combine(day, time(7, 30), zone), EventCode.SCHEDULE_UNLOCK_START, door)
        yield Happening(datetime.combine(day, time(15, 30), zone), EventCode.SCHEDULE_UNLOCK_END, door)
    yield from _troubles(random, [between(time(8, 0), time(15, 0)) for _ in range(12)], students)


def _troubles(random: Random, moments: Sequence[datetime], students: Sequence[Character]) -> Iterator[Happening]:
    """What goes wrong on an ordinary day; nothing dramatic."""
    lost = next(p for p in everybody() if p.status is BadgeStatus.LOST)
    for at in moments[:6]:
        yield Happening(at, Reason.DENIED_DOOR, numbers("21")[0], random.choice(students).ref, reader=True)
    yield Happening(moments[6], Reason.DENIED_UNKNOWN_CREDENTIAL, numbers("1")[0], reader=True)
    yield Happening(moments[7], Reason.DENIED_OUT_OF_SCHEDULE, numbers("4")[0], _evening_cleaner(), reader=True)
    if random.random() < 0.4:
        yield Happening(moments[8], Reason.DENIED_LOST, numbers("2")[0], lost.ref, reader=True)
    if random.random() < 0.5:
        yield from _propped(moments[9], random.choice(numbers("4", "8")))
    if random.random() < 0.3:
        yield Happening(moments[10], EventCode.READER_OFFLINE, numbers("3")[0], reader=True)
        yield Happening(moments[10] + timedelta(seconds=41), EventCode.READER_ONLINE, numbers("3")[0], reader=True)


def _propped(at: datetime, door: int) -> Iterator[Happening]:
    yield Happening(at, EventCode.REX, door)
    yield Happening(at + timedelta(seconds=20), EventCode.DOOR_HELD_PREALARM, door)
    yield Happening(at + timedelta(seconds=30), EventCode.DOOR_HELD, door)
    yield Happening(at + timedelta(seconds=212), EventCode.DOOR_HELD_CLEARED, door)


def _passage(random: Random, at: datetime, door: int, person: Character) -> Iterator[Happening]:
    granted = Reason.GRANTED_EXTENDED if person.extended else Reason.ACCESS_GRANTED
    yield Happening(at, granted, door, person.ref, reader=True)
    yield Happening(at + timedelta(seconds=random.uniform(0.8, 3)), EventCode.ACCESS_TAKEN, door, person.ref)


def _entrance(random: Random, person: Character) -> int:
    return random.choice(_STAFF_DOORS.get(person.group, _ENTRANCES) if person.group else _ENTRANCES)


def _evening_cleaner() -> int:
    return next(p.ref for p in everybody() if p.group is Group.CONTRACTORS)


def uuid7(at: datetime, random: Random) -> str:
    """A UUID of version 7 that begins with a time of the past (RFC 9562)."""
    number = int(at.timestamp() * 1000) << 80 | 0x7 << 76 | random.getrandbits(12) << 64
    return str(uuid.UUID(int=number | 0x2 << 62 | random.getrandbits(62)))
