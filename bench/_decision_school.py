"""A district's documents with every rule in use, and reads to put to them, for the decision bench."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.canonical import Credential, digest
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.credentials.passes import VisitorPass, mint
from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.model import (
    QUIET,
    BadgeStatus,
    DoorClass,
    EmergencyAction,
    Orders,
    Override,
    OverrideEffect,
    Policy,
    Read,
    Revision,
    Timetable,
)
from access_control.core.wire.policy import PolicyDraft, decode_policy, encode_policy
from bench._policy_documents import DAY, DIGEST_KEY, DOORS, MADE_AT, district

PEOPLE: Final = 150_000
PASS_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PAST_EMERGENCIES: Final = 300
REVOKED: Final = 500
MONDAY: Final = MADE_AT.replace(hour=0) + timedelta(days=7)
CERTAIN: Final = QUIET


@dataclass(frozen=True, slots=True)
class Question:
    """One read with its instant; ``person`` is the holder's row and ``door`` the reader's."""

    read: Read
    at: datetime
    person: int
    door: int


def draft() -> PolicyDraft:
    """The policy bench's district with deny rules, PIN times, several formats, doors of every class, and passes."""
    chance = random.Random(7)
    base = district(PEOPLE)
    night = Timetable(starts=(int(MADE_AT.timestamp()),), ends=(int(MADE_AT.timestamp()) + 3600,))
    readers = [
        replace(
            reader,
            formats=("C1k35s", "H10301", "H10302"),
            facility_codes=frozenset(range(4)),
            copyable=frozenset({"H10301"}) if reader.id % 20 == 0 else frozenset(),
            pin_times=Timetable(always=True) if reader.id % 10 == 5 else night,
            takes_passes=reader.id % 4 == 0,
        )
        for reader in base.readers
    ]
    doors = [replace(door, door_class=_class_of(door.id), out_of_service=door.id % 97 == 0) for door in base.doors]
    levels = [
        replace(level, denials={chance.randrange(1, DOORS + 1): night for _ in range(3)})
        if level.id % 5 == 0
        else level
        for level in base.levels
    ]
    return replace(
        base,
        doors=doors,
        readers=readers,
        levels=levels,
        pass_keys={1: PASS_KEY.public_key().public_bytes_raw()},
        pass_groups={1: range(4, DOORS + 1, 4)},
        scopes={"building:1": range(1, 51)},
    )


def _class_of(door: int) -> DoorClass:
    return (DoorClass.EXTERIOR, DoorClass.INTERIOR, DoorClass.ROOM)[0 if door % 10 == 0 else 1 + door % 2]


def policy() -> Policy:
    """The documents as a bridge has them: through their bytes."""
    return decode_policy(encode_policy(draft(), DIGEST_KEY), DIGEST_KEY)


def orders(*, lockdown: bool) -> Orders:
    """Years of past emergencies, revocations and overrides; with ``lockdown`` one is in force everywhere."""
    known = DirectiveSet()
    for n in range(PAST_EMERGENCIES):
        known = known.merge(DirectiveSet({f"d{n}": _directive(f"d{n}")}, {f"r{n}": _release(f"r{n}", f"d{n}")}))
    if lockdown:
        known = known.with_directive(_directive("now"))
    return Orders(
        Revision(1, 1),
        known,
        overrides=tuple(Override(f"o{n}", n + 1, effect, "", "", None) for n, effect in enumerate(OverrideEffect)),
        revoked={digest(DIGEST_KEY, _card(n * 7)): BadgeStatus.LOST for n in range(REVOKED)},
    )


def _directive(name: str) -> Directive:
    return Directive(
        name, EmergencyAction.LOCKDOWN, "site", frozenset(), "service", "", drill=False, started_at=MADE_AT
    )


def _release(name: str, of: str) -> Release:
    return Release(name, of, None, "", None, "", MADE_AT)


def _card(row: int) -> Credential:
    return Credential("H10301", row >> 16, row & 0xFFFF)


def reads(count: int) -> list[Question]:
    """Badges of random people at random readers during a week, one in fifty unknown; some type a PIN."""
    chance = random.Random(11)
    found = []
    for _ in range(count):
        row, reader = chance.randrange(PEOPLE), chance.randrange(1, DOORS + 1)
        card = _card(row) if chance.random() < 0.98 else Credential("H10301", 3, chance.randrange(60_000, 65_000))
        bits = encode(FORMATS["H10301"], card.facility_code, card.number)
        pin = f"{chance.randrange(10_000):04}" if chance.random() < 0.1 else None
        at = MONDAY + timedelta(seconds=chance.randrange(5 * DAY))
        found.append(Question(Read(reader, bits, None, pin), at, row, reader))
    return found


def passes(count: int) -> list[Question]:
    """Good visitor passes, each with a signature of its own, at readers that take them."""
    chance = random.Random(13)
    found = []
    for number in range(count):
        at = MONDAY + timedelta(seconds=chance.randrange(5 * DAY))
        begin = int(at.timestamp()) - 600
        text = mint(VisitorPass(1, number, 7, 1, begin, begin + 7200), PASS_KEY)
        reader = chance.randrange(4, DOORS + 1, 4)
        found.append(Question(Read(reader, None, text), at, -1, reader))
    return found


def plain(questions: Sequence[Question], known: Policy) -> list[Question]:
    """Those questions to which the one rule that the peers also know gives the answer: levels, doors and hours."""
    return [q for q in questions if _plain(q, known)]


def _plain(question: Question, known: Policy) -> bool:
    return question.door % 10 != 5 and not any(known.denials.get(question.door, {}))


def minute_and_day(at: datetime) -> tuple[int, int]:
    """The minute of the day and the day of the week, UTC, which is all the peers are told of the time."""
    utc = at.astimezone(UTC)
    return utc.hour * 60 + utc.minute, utc.weekday()
