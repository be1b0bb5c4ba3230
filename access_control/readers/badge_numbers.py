"""The numbers printed on cards, as people type them, and the credentials that they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from access_control.core.credentials.canonical import Credential
from access_control.core.credentials.formats import FORMATS, Format, Span, encode
from access_control.readers.errors import BadValueError

FORMAT_WORDS: Final[Mapping[str, str]] = {
    "H10301": "26-bit (H10301)",
    "D10202": "33-bit (D10202)",
    "H10306": "34-bit (H10306)",
    "C1k35s": "35-bit Corporate 1000",
    "S12906": "36-bit (S12906)",
    "H10302": "37-bit without facility code (H10302)",
    "H10304": "37-bit with facility code (H10304)",
    "C1k48s": "48-bit Corporate 1000",
    "EM4100": "EM4100 tag",
    "RAW26": "UID, 26 bits",
    "RAW32": "UID, 4 bytes",
    "RAW34": "UID, 34 bits",
    "RAW56": "UID, 7 bytes",
    "RAW58": "UID, 58 bits",
    "RAW64": "UID, 8 bytes",
    "RAW80": "UID, 10 bytes",
}
"""What each format is called on the page, in the order of its list."""

_DIGITS: Final = re.compile(r"[0-9]{1,30}", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-fA-F]{1,30}", re.ASCII)


def is_raw(name: str) -> bool:
    """Whether numbers of this format are a UID in hexadecimal."""
    return name.startswith("RAW")


def read_number(format_name: str, facility_code: str, number: str) -> Credential:
    """The credential that is meant by what was typed. Blanks, dashes and colons between digits do not count.

    Raises:
        BadValueError: There is no such format, a value does not fit it, or no reader could ever read such a card.
    """
    fmt = FORMATS.get(format_name)
    if fmt is None:
        raise BadValueError("There is no such card format.", "Choose one from the list.", "format")
    facility = _read_facility(fmt, facility_code)
    value = _read_digits(fmt, number)
    _require_room(fmt, fmt.number, value, "number", "The number")
    bits = encode(fmt, facility, value)
    if bits.value in {0, (1 << bits.length) - 1}:
        raise BadValueError(
            "No reader takes such a card: all its bits are the same.", "Read the number on the card again.", "number"
        )
    return Credential(fmt.name, facility, value)


def range_words(fmt: Format) -> str:
    """What fits, for the hint below the form's field."""
    if is_raw(fmt.name):
        return f"{(fmt.bits + 3) // 4} characters, 0 to 9 and A to F"
    number = f"number 0 to {_largest(fmt.number)}"
    return number if fmt.facility is None else f"facility code 0 to {_largest(fmt.facility)}, {number}"


def _largest(span: Span) -> int:
    return int((1 << span.length) - 1)


def _plain(text: str) -> str:
    return re.sub(r"[\s:-]", "", text)


def _read_facility(fmt: Format, text: str) -> int | None:
    typed = _plain(text)
    if fmt.facility is None:
        if typed:
            raise BadValueError(f"{fmt.name} has no facility code.", "Clear the field.", "facility_code")
        return None
    if not typed:
        raise BadValueError("The facility code is missing.", "Fill it in.", "facility_code")
    if not _DIGITS.fullmatch(typed):
        raise BadValueError("The facility code is not a whole number.", "Type its digits.", "facility_code")
    _require_room(fmt, fmt.facility, int(typed), "facility_code", "The facility code")
    return int(typed)


def _read_digits(fmt: Format, text: str) -> int:
    typed = _plain(text)
    if not typed:
        raise BadValueError("The number is missing.", "Type the number on the card.", "number")
    if is_raw(fmt.name):
        width = (fmt.bits + 3) // 4
        if not _HEX.fullmatch(typed) or len(typed) != width:
            raise BadValueError(
                f"A UID of this kind has {width} characters, 0 to 9 and A to F.", "Type all of them.", "number"
            )
        return int(typed, 16)
    if not _DIGITS.fullmatch(typed):
        raise BadValueError("The number is not a whole number.", "Type its digits.", "number")
    return int(typed)


def _require_room(fmt: Format, span: Span, value: int, field: str, what: str) -> None:
    if value > _largest(span):
        raise BadValueError(
            f"{what} {value} does not fit {fmt.name}, which goes up to {_largest(span)}.",
            "Choose the format of the card, or read the number again.",
            field,
        )
