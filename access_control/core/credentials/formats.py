"""Card formats as data: how many bits, where the fields lie, which bits are parity.

Positions count from the first bit sent, which is 0. The layouts are the public ones of the Wiegand trade;
docs/credentials.md has the table. A format is configured per reader and never guessed: several layouts share a length
and even their parity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential


class BadReadKind(StrEnum):
    """Why bits are not a credential."""

    LENGTH = "length"
    PARITY = "parity"
    READER_FAULT = "reader_fault"
    FACILITY_CODE = "facility_code"


@dataclass(frozen=True, slots=True)
class BadRead:
    """Bits that are not a credential here. ``hint`` is for the installer's log, empty when there is none."""

    kind: BadReadKind
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A field: its first bit and how many bits it has."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Parity:
    """One parity bit. The covered bits and the bit itself together hold an odd or an even number of ones."""

    position: int
    odd: bool
    covers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A card layout.

    Attributes:
        parities: In the order they are computed; a later one may cover an earlier one.
        checks: Derived: for each parity a mask over the frame and the remainder that its ones must leave.
    """

    name: str
    bits: int
    number: Span
    facility: Span | None = None
    issue: Span | None = None
    parities: tuple[Parity, ...] = ()
    checks: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the masks once, because every read needs them."""
        checks = tuple(
            (sum(1 << (self.bits - 1 - at) for at in (parity.position, *parity.covers)), int(parity.odd))
            for parity in self.parities
        )
        object.__setattr__(self, "checks", checks)

    def field(self, span: Span, value: int) -> int:
        """The field ``span`` of a frame."""
        return value >> (self.bits - span.start - span.length) & ((1 << span.length) - 1)


def decode(fmt: Format, bits: Bits) -> Credential | BadRead:
    """Read one frame in one format."""
    if bits.length != fmt.bits:
        return BadRead(BadReadKind.LENGTH, f"{bits.length} bits came, {fmt.name} has {fmt.bits}")
    value = bits.value
    for mask, remainder in fmt.checks:
        if (value & mask).bit_count() & 1 != remainder:
            return BadRead(BadReadKind.PARITY)
    facility = None if fmt.facility is None else fmt.field(fmt.facility, value)
    return Credential(fmt.name, facility, fmt.field(fmt.number, value))


def encode(fmt: Format, facility_code: int | None, number: int, issue: int = 0) -> Bits:
    """Write one frame, parity included.

    Raises:
        ValueError: A value does not fit its field, or the format has no such field.
    """
    value = 0
    for span, content, what in (
        (fmt.facility, facility_code, "facility code"),
        (fmt.number, number, "number"),
        (fmt.issue, issue, "issue"),
    ):
        if span is None:
            if content:
                raise ValueError(f"{fmt.name} has no {what}")
            continue
        if content is None or not 0 <= content < 1 << span.length:
            raise ValueError(f"{fmt.name} cannot hold {what} {content}")
        value |= content << (fmt.bits - span.start - span.length)
    for parity, (mask, remainder) in zip(fmt.parities, fmt.checks, strict=True):
        if (value & mask).bit_count() & 1 != remainder:
            value |= 1 << (fmt.bits - 1 - parity.position)
    return Bits(value, fmt.bits)


def _run(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


def _two_of_three(first: int, last: int) -> tuple[int, ...]:
    """Take two positions, leave one out, from ``first`` to ``last``: the masks of the Corporate 1000 formats."""
    return tuple(at for at in range(first, last + 1) if (at - first) % 3 != 2)


def _halves(bits: int, first_end: int, second_start: int, *, first_odd: bool = False) -> tuple[Parity, Parity]:
    """The usual pair: the first bit guards the front half, the last bit is odd over the back half."""
    return (
        Parity(0, odd=first_odd, covers=_run(1, first_end)),
        Parity(bits - 1, odd=True, covers=_run(second_start, bits - 2)),
    )


def _corporate_1000(name: str, bits: int, facility: Span, number: Span, even_start: int, odd_start: int) -> Format:
    return Format(
        name,
        bits,
        number,
        facility,
        parities=(
            Parity(1, odd=False, covers=_two_of_three(even_start, bits - 2)),
            Parity(bits - 1, odd=True, covers=_two_of_three(odd_start, bits - 2)),
            Parity(0, odd=True, covers=_run(1, bits - 1)),
        ),
    )


def _raw(bits: int) -> Format:
    return Format(f"RAW{bits}", bits, Span(0, bits))


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        fmt.name: fmt
        for fmt in (
            Format("H10301", 26, Span(9, 16), Span(1, 8), parities=_halves(26, 12, 13)),
            Format("D10202", 33, Span(8, 24), Span(1, 7), parities=_halves(33, 16, 16)),
            Format("H10306", 34, Span(17, 16), Span(1, 16), parities=_halves(34, 16, 17)),
            _corporate_1000("C1k35s", 35, Span(2, 12), Span(14, 20), 2, 1),
            Format("S12906", 36, Span(11, 24), Span(1, 8), Span(9, 2), parities=_halves(36, 17, 17, first_odd=True)),
            Format("H10302", 37, Span(1, 35), parities=_halves(37, 18, 18)),
            Format("H10304", 37, Span(17, 19), Span(1, 16), parities=_halves(37, 18, 18)),
            _corporate_1000("C1k48s", 48, Span(2, 22), Span(24, 23), 3, 2),
            Format("EM4100", 40, Span(8, 32), Span(0, 8)),
            *(_raw(bits) for bits in (26, 32, 34, 56, 58, 64, 80)),
        )
    }
)
"""Every format by name. Raw ones take a smart card's UID as it comes; they have no parity to check."""
