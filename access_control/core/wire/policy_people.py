"""Holders and credentials between rows in a draft, columns on the wire, and the model's columns."""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from operator import lt
from types import MappingProxyType
from typing import Final, TypeVar

from access_control.core.credentials.canonical import digest, pin_digest
from access_control.core.decision.model import BadgeStatus, Credentials, HolderClass, Holders
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_draft import Badge, Person
from access_control.core.wire.policy_payload import CredentialColumns, HolderColumns, Pins
from access_control.core.wire.spelling import read_bytes, write_bytes
from access_control.core.wire.strict import MAX_REF

DIGEST_SIZE: Final = 16
CLASS_LETTERS: Final[Mapping[HolderClass, str]] = {
    HolderClass.STUDENT: "s",
    HolderClass.STAFF: "t",
    HolderClass.VISITOR: "v",
    HolderClass.CONTRACTOR: "c",
    HolderClass.RESPONDER: "r",
}
STATUS_LETTERS: Final[Mapping[BadgeStatus, str]] = {
    BadgeStatus.ACTIVE: "a",
    BadgeStatus.LOST: "l",
    BadgeStatus.STOLEN: "t",
    BadgeStatus.DAMAGED: "m",
    BadgeStatus.DESTROYED: "x",
    BadgeStatus.DISABLED: "d",
    BadgeStatus.SUSPENDED: "s",
    BadgeStatus.UNASSIGNED: "u",
}
_CLASS_OF: Final = {letter: holder_class for holder_class, letter in CLASS_LETTERS.items()}
_STATUS_OF: Final = {letter: status for status, letter in STATUS_LETTERS.items()}
_PIN: Final = re.compile(r"[0-9]{4,12}", re.ASCII)
_FLAGS: Final = bytes.maketrans(b"01", b"\x00\x01")

_Meaning = TypeVar("_Meaning")
_Sortable = TypeVar("_Sortable", int, bytes)


class Interned:
    """Level sets and validity spans: each different one once, sorted, so that columns hold short numbers."""

    def __init__(self, people: Sequence[Person], badges: Sequence[Badge]) -> None:
        self.level_sets = sorted({_level_set(person.levels) for person in people})
        self.validities = sorted(
            {(p.valid_from, p.valid_until) for p in people} | {(b.valid_from, b.valid_until) for b in badges}
        )
        self._level_set_numbers = {levels: number for number, levels in enumerate(self.level_sets)}
        self._validity_numbers = {span: number for number, span in enumerate(self.validities)}

    def level_set(self, person: Person) -> int:
        """The place of a person's combination of levels."""
        return self._level_set_numbers[_level_set(person.levels)]

    def validity(self, row: Person | Badge) -> int:
        """The place of a row's validity."""
        return self._validity_numbers[row.valid_from, row.valid_until]


def _level_set(levels: Collection[int]) -> tuple[int, ...]:
    return tuple(sorted(set(levels)))


def write_holders(people: Sequence[Person], interned: Interned, digest_key: bytes) -> HolderColumns:
    """Spell people, given in the order of their refs, as columns.

    Raises:
        Refused: ``bad_content``: a PIN that nobody could type, or a ref that is no number of 63 bits.
    """
    for person in people:
        if person.pin is not None and not _PIN.fullmatch(person.pin):
            raise _unfit(person, "a PIN that is not 4 to 12 digits")
        if not 0 <= person.ref <= MAX_REF:
            raise _unfit(person, "a reference outside the numbers that events carry")
    pins = [(row, pin_digest(digest_key, p.ref, p.pin)) for row, p in enumerate(people) if p.pin is not None]
    return HolderColumns(
        refs=[person.ref for person in people],
        classes="".join([CLASS_LETTERS[person.holder_class] for person in people]),
        level_sets=[interned.level_set(person) for person in people],
        active="".join(["01"[person.active] for person in people]),
        extended="".join(["01"[person.extended] for person in people]),
        validities=[interned.validity(person) for person in people],
        pins=Pins(rows=[row for row, _ in pins], digests=write_bytes(b"".join(pin for _, pin in pins))),
        releasers=[row for row, person in enumerate(people) if person.may_release],
    )


def write_credentials(
    badges: Iterable[Badge], people: Sequence[Person], interned: Interned, digest_key: bytes
) -> CredentialColumns:
    """Spell badges as columns in the order of their digests, which says nothing about numbers.

    Raises:
        Refused: ``bad_reference``: a badge of somebody who is not among ``people``.
    """
    holder_rows = {person.ref: row for row, person in enumerate(people)}
    rows = sorted(((digest(digest_key, badge.credential), badge) for badge in badges), key=lambda row: row[0])
    if strangers := {badge.person for _, badge in rows} - holder_rows.keys():
        raise Refused(
            RefusalCode.BAD_REFERENCE,
            f"A badge belongs to person {min(strangers)}, who is not in this Policy. Add the person or drop the badge.",
        )
    return CredentialColumns(
        digests=write_bytes(b"".join([found for found, _ in rows])),
        holders=[holder_rows[badge.person] for _, badge in rows],
        status="".join([STATUS_LETTERS[badge.status] for _, badge in rows]),
        validities=[interned.validity(badge) for _, badge in rows],
    )


def read_holders(row: HolderColumns, level_sets: int, validities: Sequence[tuple[int, int]]) -> Holders:
    """Check and index people; ``level_sets`` is how many combinations there are.

    Raises:
        Refused: ``bad_columns`` or ``bad_reference``.
    """
    size = len(row.refs)
    columns = (row.classes, row.level_sets, row.active, row.extended, row.validities)
    _require_lengths("people", size, columns)
    require_ascending(row.refs, "person")
    require_below(row.level_sets, level_sets, "combination of levels")
    valid_from, valid_until = _spans(row.validities, validities)
    return Holders(
        refs=array("q", row.refs),
        classes=_meanings(row.classes, _CLASS_OF, "class of people"),
        level_sets=array("q", row.level_sets),
        active=_flags(row.active),
        extended=_flags(row.extended),
        valid_from=valid_from,
        valid_until=valid_until,
        pins=_read_pins(row.pins, size),
        releasers=_read_releasers(row.releasers, size),
    )


def read_credentials(row: CredentialColumns, holders: int, validities: Sequence[tuple[int, int]]) -> Credentials:
    """Check and index badges; ``holders`` is how many people there are.

    Raises:
        Refused: ``bad_columns`` or ``bad_reference``.
    """
    digests = cut_digests(row.digests, "digests of badges")
    _require_lengths("badges", len(digests), (row.holders, row.status, row.validities))
    require_ascending(digests, "badge")
    require_below(row.holders, holders, "person")
    valid_from, valid_until = _spans(row.validities, validities)
    return Credentials(
        rows=dict(zip(digests, range(len(digests)), strict=True)),
        holders=array("q", row.holders),
        status=_meanings(row.status, _STATUS_OF, "state of a badge"),
        valid_from=valid_from,
        valid_until=valid_until,
    )


def cut_digests(text: str, what: str) -> list[bytes]:
    """Cut one base64 text into digests of 16 bytes.

    Raises:
        Refused: ``bad_content`` for the base64, ``bad_columns`` for a digest that is cut short.
    """
    blob = read_bytes(text, what)
    if len(blob) % DIGEST_SIZE:
        raise _damaged(f"its {what} do not divide into {DIGEST_SIZE} bytes each")
    return [blob[start : start + DIGEST_SIZE] for start in range(0, len(blob), DIGEST_SIZE)]


def read_statuses(letters: str) -> tuple[BadgeStatus, ...]:
    """What the letters of a status column mean.

    Raises:
        Refused: ``bad_columns``: an unknown letter.
    """
    return _meanings(letters, _STATUS_OF, "state of a badge")


def require_ascending(values: Sequence[_Sortable], what: str) -> None:
    """Refuse a column that must be sorted and free of repetitions and is not.

    Raises:
        Refused: ``bad_columns``.
    """
    if not all(map(lt, values, islice(values, 1, None))):
        raise _damaged(f"a {what} is listed twice or out of order")


def require_below(numbers: Sequence[int], limit: int, what: str) -> None:
    """Refuse a column that names a row which does not exist.

    Raises:
        Refused: ``bad_reference``.
    """
    if numbers and max(numbers) >= limit:
        raise Refused(
            RefusalCode.BAD_REFERENCE,
            f"The document names a {what} in row {max(numbers)} and has only {limit} of them. Publish it again.",
        )


def _unfit(person: Person, what: str) -> Refused:
    return Refused(RefusalCode.BAD_CONTENT, f"Person {person.ref} has {what}. Correct it and publish again.")


def _spans(numbers: Sequence[int], validities: Sequence[tuple[int, int]]) -> tuple[array[int], array[int]]:
    require_below(numbers, len(validities), "validity")
    if any(start >= end for start, end in validities):
        raise _damaged("a validity ends before it begins")
    starts = [start for start, _ in validities]
    ends = [end for _, end in validities]
    return array("q", map(starts.__getitem__, numbers)), array("q", map(ends.__getitem__, numbers))


def _meanings(letters: str, meanings: Mapping[str, _Meaning], what: str) -> tuple[_Meaning, ...]:
    if strange := set(letters) - meanings.keys():
        raise _damaged(f"“{min(strange)}” is no {what}")
    return tuple(map(meanings.__getitem__, letters))


def _flags(digits: str) -> bytes:
    if set(digits) - {"0", "1"}:
        raise _damaged("a yes-or-no column holds something else")
    return digits.encode("ascii").translate(_FLAGS)


def _read_pins(row: Pins, holders: int) -> Mapping[int, bytes]:
    digests = cut_digests(row.digests, "digests of PINs")
    _require_lengths("PINs", len(row.rows), (digests,))
    require_ascending(row.rows, "PIN")
    require_below(row.rows, holders, "person")
    return MappingProxyType(dict(zip(row.rows, digests, strict=True)))


def _read_releasers(rows: Sequence[int], holders: int) -> frozenset[int]:
    require_ascending(rows, "person who may end an emergency")
    require_below(rows, holders, "person")
    return frozenset(rows)


def _require_lengths(what: str, size: int, columns: Iterable[Sequence[object]]) -> None:
    if any(len(column) != size for column in columns):
        raise _damaged(f"its columns about {what} differ in length")


def _damaged(what: str) -> Refused:
    return Refused(
        RefusalCode.BAD_COLUMNS, f"The document contradicts itself: {what}. Have its maker publish it again."
    )
