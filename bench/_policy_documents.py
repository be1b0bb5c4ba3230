"""A district's Policy for the policy bench, in the spelling that the bridge uses and in two that it could have used."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import (
    BadgeStatus,
    Board,
    Credentials,
    DeviceKind,
    Door,
    DoorClass,
    HolderClass,
    Holders,
    Lock,
    LockKind,
    Point,
    Reader,
    Revision,
    Timetable,
)
from access_control.core.wire.policy import Badge, Level, Person, PolicyDraft, decode_policy, index, open_policy
from access_control.core.wire.policy_payload import CredentialColumns, HolderColumns, Pins, PolicyPayload
from access_control.core.wire.policy_people import CLASS_LETTERS, STATUS_LETTERS
from access_control.core.wire.signing import Kind, SigningKey, seal
from access_control.core.wire.spelling import read_bytes, write_bytes

SITE: Final = "0193a000-0000-7000-8000-000000000001"
BRIDGE: Final = "0193a000-0000-7000-8000-0000000000b1"
DIGEST_KEY: Final = bytes(range(32))
MADE_AT: Final = datetime(2026, 11, 23, 6, tzinfo=UTC)
_KEY: Final = SigningKey("k1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
DOORS: Final = 200
LEVELS: Final = 40
DAY: Final = 86_400
CLASSES: Final = {letter: holder_class for holder_class, letter in CLASS_LETTERS.items()}
STATUSES: Final = {letter: status for status, letter in STATUS_LETTERS.items()}


class PersonRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person as a record of its own."""

    ref: int
    holder_class: HolderClass
    level_set: int
    active: bool
    extended: bool
    valid_from: int
    valid_until: int
    pin: str | None


class BadgeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A badge as a record of its own."""

    digest: str
    holder: int
    status: BadgeStatus
    valid_from: int
    valid_until: int


class RecordsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Policy of records: what most systems would send."""

    rest: PolicyPayload
    people: list[PersonRecord]
    badges: list[BadgeRecord]


class BinaryDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Policy of columns in MessagePack, its digests as raw bytes."""

    rest: PolicyPayload
    digests: bytes
    pins: bytes


def district(people: int) -> PolicyDraft:
    """A draft with ``people`` holders and as many badges, 200 doors and a year of bell times."""
    chance = random.Random(2026)
    start = int(MADE_AT.timestamp())
    schedules = [_schedule(start, 6 + hour, 9 + hour) for hour in range(5)]
    combinations = [tuple(sorted(chance.sample(range(1, LEVELS + 1), chance.randint(1, 5)))) for _ in range(300)]
    kinds = [HolderClass.STUDENT] * 88 + [HolderClass.STAFF] * 10 + [HolderClass.CONTRACTOR, HolderClass.RESPONDER]
    return PolicyDraft(
        site=SITE,
        site_code=7,
        bridge=BRIDGE,
        revision=Revision(1, 1),
        made_at=MADE_AT,
        horizon=start + 400 * DAY,
        doors=[_door(number) for number in range(1, DOORS + 1)],
        readers=[_reader(number) for number in range(1, DOORS + 1)],
        boards=[Board(n, f"Board {n}", f"M{n % 4}", 1 + n, 8, 24) for n in range(1, DOORS // 8 + 1)],
        levels=[
            Level(number, {door: chance.choice(schedules) for door in chance.sample(range(1, DOORS + 1), 60)})
            for number in range(1, LEVELS + 1)
        ],
        people=[
            Person(
                ref=10_000_000 + row,
                holder_class=(kind := chance.choice(kinds)),
                levels=chance.choice(combinations),
                valid_until=start + chance.choice((200, 400, 4000)) * DAY,
                pin=f"{chance.randrange(10_000):04}" if kind is HolderClass.STAFF else None,
            )
            for row in range(people)
        ],
        badges=[
            Badge(Credential("H10301", row >> 16, row & 0xFFFF), 10_000_000 + row, valid_from=start)
            for row in range(people)
        ],
    )


def _schedule(start: int, first: int, last: int) -> Timetable:
    days = [start - start % DAY + day * DAY for day in range(399) if day % 7 < 5]
    return Timetable(starts=tuple(day + first * 3600 for day in days), ends=tuple(day + last * 3600 for day in days))


def _door(number: int) -> Door:
    board, place = (number - 1) // 8 + 1, (number - 1) % 8
    return Door(
        id=number,
        number=str(number),
        name=f"Door {number}",
        door_class=DoorClass.EXTERIOR if number % 10 == 0 else DoorClass.ROOM,
        lock=Lock(LockKind.STRIKE, Point(DeviceKind.BOARD, board, place)),
        contact=Point(DeviceKind.BOARD, board, place * 2),
        rex=Point(DeviceKind.BOARD, board, place * 2 + 1),
    )


def _reader(number: int) -> Reader:
    return Reader(number, f"Reader {number}", number, f"R{number % 20}", number // 20, ("H10301",))


def as_records(payload: bytes) -> bytes:
    """The same Policy with a record for each person and each badge."""
    row = msgspec.json.decode(payload, type=PolicyPayload)
    holders, badges = row.holders, row.credentials
    pin_digests = _cut(read_bytes(holders.pins.digests, "PINs"))
    pins = {holder: write_bytes(digest) for holder, digest in zip(holders.pins.rows, pin_digests, strict=True)}
    people = [
        PersonRecord(
            ref=ref,
            holder_class=CLASSES[holders.classes[number]],
            level_set=holders.level_sets[number],
            active=holders.active[number] == "1",
            extended=holders.extended[number] == "1",
            valid_from=row.validities[holders.validities[number]][0],
            valid_until=row.validities[holders.validities[number]][1],
            pin=pins.get(number),
        )
        for number, ref in enumerate(holders.refs)
    ]
    digests = _cut(read_bytes(badges.digests, "badges"))
    records = [
        BadgeRecord(write_bytes(digest), holders.refs[holder], STATUSES[letter], *row.validities[validity])
        for digest, holder, letter, validity in zip(
            digests, badges.holders, badges.status, badges.validities, strict=True
        )
    ]
    return msgspec.json.encode(RecordsDocument(_without_people(row), people, records))


def as_binary(payload: bytes) -> bytes:
    """The same Policy's columns in MessagePack."""
    row = msgspec.json.decode(payload, type=PolicyPayload)
    holders, badges = row.holders, row.credentials
    rest = msgspec.structs.replace(
        row,
        holders=msgspec.structs.replace(holders, pins=Pins(holders.pins.rows, "")),
        credentials=msgspec.structs.replace(badges, digests=""),
    )
    pins, digests = read_bytes(holders.pins.digests, "PINs"), read_bytes(badges.digests, "badges")
    return msgspec.msgpack.encode(BinaryDocument(rest, digests, pins))


def _cut(blob: bytes) -> list[bytes]:
    return [blob[start : start + 16] for start in range(0, len(blob), 16)]


def _without_people(row: PolicyPayload) -> PolicyPayload:
    return msgspec.structs.replace(
        row,
        holders=HolderColumns([], "", [], "", "", [], Pins([], ""), []),
        credentials=CredentialColumns("", [], "", []),
    )


def read_ours(data: bytes) -> object:
    """Decode, check and index as the bridge does."""
    return decode_policy(data, DIGEST_KEY)


def read_records(data: bytes) -> object:
    """Decode records, check what the bridge checks, and index the same columns."""
    document = msgspec.json.decode(data, type=RecordsDocument)
    rest = decode_policy(msgspec.json.encode(document.rest), DIGEST_KEY)
    people, badges = document.people, document.badges
    rows = {person.ref: row for row, person in enumerate(people)}
    if len(rows) != len(people) or any(person.valid_from >= person.valid_until for person in people):
        raise ValueError("a person twice, or a validity that ends before it begins")
    holders = Holders(
        refs=array("q", [person.ref for person in people]),
        classes=tuple([person.holder_class for person in people]),
        level_sets=array("q", [person.level_set for person in people]),
        active=bytes([person.active for person in people]),
        extended=bytes([person.extended for person in people]),
        valid_from=array("q", [person.valid_from for person in people]),
        valid_until=array("q", [person.valid_until for person in people]),
        pins={row: read_bytes(p.pin, "PIN", 16) for row, p in enumerate(people) if p.pin is not None},
    )
    digests = {read_bytes(badge.digest, "badge", 16): row for row, badge in enumerate(badges)}
    if len(digests) != len(badges) or any(badge.valid_from >= badge.valid_until for badge in badges):
        raise ValueError("a badge twice, or a validity that ends before it begins")
    credentials = Credentials(
        rows=digests,
        holders=array("q", [rows[badge.holder] for badge in badges]),
        status=tuple([badge.status for badge in badges]),
        valid_from=array("q", [badge.valid_from for badge in badges]),
        valid_until=array("q", [badge.valid_until for badge in badges]),
    )
    return rest, holders, credentials


def read_binary(data: bytes) -> object:
    """Decode MessagePack columns, and check and index them with the bridge's own code."""
    document = msgspec.msgpack.decode(data, type=BinaryDocument)
    rest = document.rest
    whole = msgspec.structs.replace(
        rest,
        holders=msgspec.structs.replace(rest.holders, pins=Pins(rest.holders.pins.rows, write_bytes(document.pins))),
        credentials=msgspec.structs.replace(rest.credentials, digests=write_bytes(document.digests)),
    )
    return index(whole, DIGEST_KEY)


def sealed(payload: bytes) -> bytes:
    """As the service sends it and the bridge keeps it."""
    return seal(Kind.POLICY, payload, _KEY, site=SITE, to=BRIDGE)


def read_sealed(data: bytes) -> object:
    """Check signature and address and take the Policy inside: all that a bridge does with one before it holds."""
    return open_policy(data, {_KEY.key_id: _KEY.public_bytes()}, site=SITE, bridge=BRIDGE, digest_key=DIGEST_KEY)


READ: Final[dict[str, Callable[[bytes], object]]] = {
    "json_columns": read_ours,
    "sealed": read_sealed,
    "json_records": read_records,
    "msgpack_columns": read_binary,
}
