"""The question that *Why?* answers, and raw reads that programs ask about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from access_control.core.credentials.bits import Bits
from access_control.core.decision.decide import CARD_ORDER, PASS_ORDER
from access_control.core.decision.model import Facts, Known, Read
from access_control.people.cardholders import find_people
from access_control.people.models import Cardholder
from access_control.readers.badges import badges_of
from access_control.readers.models import Badge
from access_control.readers.why import Asked
from access_control.readers.why_words import ASKS

MOST_FOUND: Final = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody, with the badge that the question would be about."""

    person: Cardholder
    badge: Badge | None


class RawBits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frame as a reader sends it: its value in hexadecimal, right-aligned, and how many bits it has."""

    hex: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Fa-f]{1,64}\Z")]
    length: Annotated[int, msgspec.Meta(ge=1, le=256)]


class RawFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of :class:`access_control.core.decision.model.Facts`."""

    clock_trusted: Known = Known.UNKNOWN
    fire_at_door: Known = Known.UNKNOWN
    room_locked: Known = Known.UNKNOWN
    pass_used: Known = Known.UNKNOWN
    pass_use_kept: Known = Known.UNKNOWN
    pass_repeat: Known = Known.UNKNOWN
    locked_out: Known = Known.UNKNOWN
    pin_paused: Known = Known.UNKNOWN
    policy_old: Known = Known.UNKNOWN

    def as_facts(self) -> Facts:
        """The same for the decision."""
        return Facts(**{name: getattr(self, name) for name in self.__struct_fields__})


class RawQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A raw read at a reader of a bridge, at a moment, with what is taken for true besides the documents."""

    bridge: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{36}\Z")]
    reader: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    bits: RawBits | None = None
    text: Annotated[str, msgspec.Meta(max_length=500_000)] | None = None
    pin: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    facts: RawFacts = RawFacts()

    def as_read(self) -> Read:
        """The same for the decision.

        Raises:
            ValueError: The bits do not fit their length.
        """
        bits = None if self.bits is None else Bits(int(self.bits.hex, 16), self.bits.length)
        return Read(self.reader, bits=bits, text=self.text, pin=self.pin)


def candidates(session: Session, text: str) -> list[Candidate]:
    """Whom a name, a roster number or a number on a card could mean."""
    people = find_people(session, text, MOST_FOUND)
    digits = "".join(text.split()).upper()
    if digits:
        found = session.scalars(
            select(Badge)
            .where(or_(Badge.number == digits, Badge.canonical == digits, Badge.label == text.strip()))
            .limit(MOST_FOUND)
        )
        by_number = [Candidate(session.get_one(Cardholder, badge.person_ref), badge) for badge in found]
    else:
        by_number = []
    return [*by_number, *(Candidate(person, badge_of(session, person.ref)) for person in people)]


def badge_of(session: Session, ref: int) -> Badge | None:
    """The badge of a person that a question is about: one that counts, otherwise the one that changed last."""
    badges = badges_of(session, ref)
    return next((badge for badge in badges if badge.status == "active"), badges[0] if badges else None)


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A day and time as a form sends it, at the school.

    Raises:
        ValueError: It is none.
    """
    if not text:
        return None
    typed = datetime.fromisoformat(text)
    if typed.tzinfo is None:
        typed = typed.replace(tzinfo=zone)
    if not 1990 <= typed.year <= 2100:  # outside, time zones and documents have no answer
        raise ValueError(text)
    return typed


def with_the_rest(asked: tuple[Asked, ...]) -> list[tuple[int, Asked]]:
    """Every rule with its number, those after the one that stopped as well."""
    scanned = any(one.rule in {"pass readable", "passes taken"} for one in asked)
    order = PASS_ORDER if scanned else CARD_ORDER
    known = {one.rule: one for one in asked}
    return [
        (number, known.get(rule.name) or Asked(rule.name, ASKS.get(rule.name, rule.name), passed=None))
        for number, rule in enumerate(order, start=1)
    ]
