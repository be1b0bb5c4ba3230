"""From raw bits at a reader to the one credential they mean there."""

from __future__ import annotations

from collections.abc import Collection

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, BadRead, BadReadKind, Format, decode

__all__ = ["BadRead", "BadReadKind", "read_card"]

SWAPPED = "every parity group fails and the inverted frame is good: are D0 and D1 swapped?"
_NO_CODES: frozenset[int] = frozenset()


def read_card(
    bits: Bits, accepted: tuple[str, ...], facility_codes: Collection[int] = _NO_CODES
) -> Credential | BadRead:
    """Read a frame as the reader's accepted formats say, in their order; the first that fits wins.

    Formats of one length can share their parity (the 37-bit ones do), so the order is a setting, never a guess. Names
    that are not known are passed over. A frame of zeros or of ones alone is a broken reader, whatever its parity says.

    Args:
        bits: The frame.
        accepted: Names of formats.
        facility_codes: The accepted facility codes; empty accepts any. Formats without one are not asked.
    """
    if bits.value == 0 or bits.value == (1 << bits.length) - 1:
        return BadRead(BadReadKind.READER_FAULT, "all bits are the same: check the reader and its wires")
    foreign = False
    tried: list[Format] = []
    for name in accepted:
        fmt = FORMATS.get(name)
        if fmt is None or fmt.bits != bits.length:
            continue
        tried.append(fmt)
        found = decode(fmt, bits)
        if isinstance(found, BadRead):
            continue
        if not facility_codes or found.facility_code is None or found.facility_code in facility_codes:
            return found
        foreign = True
    if foreign:
        return BadRead(BadReadKind.FACILITY_CODE)
    if not tried:
        return BadRead(BadReadKind.LENGTH, f"no accepted format has {bits.length} bits")
    return BadRead(BadReadKind.PARITY, SWAPPED if any(_inverted(fmt, bits) for fmt in tried) else "")


def _inverted(fmt: Format, bits: Bits) -> bool:
    """Whether swapped wires explain the frame: each group fails, and inverting every bit mends them all."""
    if any((bits.value & mask).bit_count() & 1 == remainder for mask, remainder in fmt.checks):
        return False
    other_way = Bits(bits.value ^ ((1 << bits.length) - 1), bits.length)
    return isinstance(decode(fmt, other_way), Credential)
