"""How single values are spelled on the wire: each value has one spelling, and any other is refused.

A value with two spellings lets the same content travel under two sets of bytes. So base64 has no spare bits set, times
have exactly three decimals and end in ``Z``, and sets of doors are sorted ranges.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from access_control.core.wire.errors import RefusalCode, Refused

if TYPE_CHECKING:
    from collections.abc import Collection

_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)
_DOORS: Final = re.compile(r"(?:[0-9]{1,10}(?:-[0-9]{1,10})?(?:,[0-9]{1,10}(?:-[0-9]{1,10})?)*)?", re.ASCII)
MAX_DOORS: Final = 10_000
MAX_NUMBER: Final = 2**31 - 1


def write_time(moment: datetime) -> str:
    """Spell an aware moment as RFC 3339 in UTC with milliseconds and ``Z``; finer digits are cut off.

    Raises:
        ValueError: ``moment`` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("A time without a time zone has no meaning on the wire.")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def read_time(text: str) -> datetime:
    """The inverse of :func:`write_time`.

    Raises:
        Refused: ``bad_content``.
    """
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # a thirteenth month and its like: the sentence below says it
    raise Refused(
        RefusalCode.BAD_CONTENT,
        f"“{text[:40]}” is not a time as documents spell it (2026-11-23T08:15:00.000Z). Fetch the document again.",
    )


def write_bytes(data: bytes) -> str:
    """Spell bytes as base64 (RFC 4648, section 4, padded)."""
    return b64encode(data).decode("ascii")


def read_bytes(text: str, what: str, length: int | None = None) -> bytes:
    """The inverse of :func:`write_bytes`; ``what`` names the value in the sentence of a refusal.

    Raises:
        Refused: ``bad_content``: not base64, spelled in another way, or not ``length`` bytes.
    """
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or b64encode(data).decode("ascii") != text:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"The {what} is not written in plain base64. Fetch the document again from its maker.",
        )
    if length is not None and len(data) != length:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"The {what} has {len(data)} bytes where {length} belong. Fetch the document again from its maker.",
        )
    return data


def write_doors(doors: Collection[int]) -> str:
    """Spell a set of door numbers as sorted ranges: ``1-3,7``."""
    parts: list[list[int]] = []
    for door in sorted(set(doors)):
        if parts and door == parts[-1][-1] + 1:
            parts[-1][1:] = [door]
        else:
            parts.append([door])
    return ",".join("-".join(map(str, part)) for part in parts)


def read_doors(text: str) -> frozenset[int]:
    """The inverse of :func:`write_doors`.

    Raises:
        Refused: ``bad_content``: not sorted ranges, or more than 10,000 doors.
    """
    doors: set[int] = set()
    if _DOORS.fullmatch(text):
        for part in text.split(",") if text else ():
            first, _, last = part.partition("-")
            span = range(int(first), int(last or first) + 1)
            if len(span) + len(doors) > MAX_DOORS or span.stop > MAX_NUMBER + 1:
                break
            doors.update(span)
    if write_doors(doors) != text:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"“{text[:40]}” is not a list of doors as documents spell it (1-3,7). Make the document again.",
        )
    return frozenset(doors)
