"""Reading and writing JSON content so strictly that each record has exactly one spelling.

Every field must be there, none may be added, types are not converted, and the bytes must be the very ones that the
writer would have made: so a field given twice, a stray blank or another order of fields is refused too.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, TypeVar

import msgspec

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.spelling import MAX_NUMBER

MAX_REF: Final = 2**63 - 1
FOREVER: Final = 253_402_300_800  # the year 10000: "no end" as a second that every JSON reader can hold

PassId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", max_length=36)]
Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Ref = Annotated[int, msgspec.Meta(ge=0, le=MAX_REF)]
Second = Annotated[int, msgspec.Meta(ge=0, le=FOREVER)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Why = Annotated[str, msgspec.Meta(max_length=500)]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
TimeText = Annotated[str, msgspec.Meta(max_length=24)]
ScopeName = Annotated[str, msgspec.Meta(pattern=r"^(site|doors|(building|zone):[0-9]{1,9})\Z", max_length=32)]

_Record = TypeVar("_Record", bound=msgspec.Struct)


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every record on the wire is made of: frozen, and deaf to fields it does not know."""


@cache
def _decoder(record: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(record, strict=True)


def write_record(record: msgspec.Struct) -> bytes:
    """Write a record as UTF-8 JSON, fields in their declared order, no blanks."""
    return msgspec.json.encode(record)


def read_record(data: bytes, record: type[_Record], what: str, *, limit: int) -> _Record:
    """The inverse of :func:`write_record`; ``what`` names the document in the sentence of a refusal.

    Raises:
        Refused: ``too_large`` for more than ``limit`` bytes, ``bad_content`` for anything but the writer's own bytes.
    """
    if len(data) > limit:
        raise Refused(
            RefusalCode.TOO_LARGE,
            f"The {what} has {len(data)} bytes; at most {limit} are taken. Ask whoever made it to name less in it.",
        )
    try:
        found: _Record = _decoder(record).decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"The {what} cannot be read ({error}). Fetch it again, or update the program that made it.",
        ) from error
    if msgspec.json.encode(found) != data:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            f"The {what} is not spelled as its writer spells it: a field twice, or out of order. Fetch it again.",
        )
    return found
