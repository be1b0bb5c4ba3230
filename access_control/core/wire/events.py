"""Event: one thing that happened, as a bridge stores it and sends it up.

(bridge, stream, sequence) identifies an event, and the sequence has no gaps; a new stream begins when a damaged record
of events had to be set aside, or the service has other events under its numbers. An event never holds a name, a PIN or
a credential's number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec

from access_control.core.decision.reasons import Reason
from access_control.core.wire.event_codes import EventCode, Severity
from access_control.core.wire.event_words import change_of, end_of, severity_of, start_of, words_of
from access_control.core.wire.spelling import read_time
from access_control.core.wire.strict import Number, Record, Ref, TimeText, Uuid, read_record, write_record

__all__ = [
    "CODES",
    "EventCode",
    "EventRecord",
    "Severity",
    "change_of",
    "decode_event",
    "encode_event",
    "end_of",
    "severity_of",
    "start_of",
    "words_of",
]

MAX_EVENT: Final = 16 * 1024
CODES: Final = frozenset(EventCode) | frozenset(Reason)
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{2,63}\Z")]
Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=2000)]


class EventRecord(Record, frozen=True):
    """One event.

    Attributes:
        seq: Counted from 1 in its stream, without gaps.
        id: UUIDv7 as text, made by the bridge.
        at: When, RFC 3339 in UTC with milliseconds; see :func:`core.wire.spelling.write_time`.
        mono_ms: The bridge's monotonic clock in milliseconds, for telling how far apart two events of one run are.
        code: An :class:`EventCode` or a :class:`core.decision.reasons.Reason`; or what only a newer program knows.
        holder: The opaque reference of a person, never a name.
        flagged: The event was stored late or incompletely.
        detail: Plain values that belong to the code.
    """

    bridge: Uuid
    stream: Uuid
    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    id: Uuid
    at: TimeText
    mono_ms: Ref | None
    code: Code
    severity: Severity
    door: Number | None
    reader: Number | None
    holder: Ref | None
    drill: bool
    flagged: bool
    detail: dict[Key, Text | int | float | bool | None]

    def moment(self) -> datetime:
        """:attr:`at` as a time."""
        return read_time(self.at)


def encode_event(event: EventRecord) -> bytes:
    """Spell an event as JSON."""
    return write_record(event)


def decode_event(data: bytes) -> EventRecord:
    """The strict inverse of :func:`encode_event`.

    A code that no table here knows is that of a newer bridge, which has said how loudly it speaks: one such event must
    not keep all that come after it from being taken.

    Raises:
        Refused: ``too_large`` or ``bad_content``.
    """
    event = read_record(data, EventRecord, "event", limit=MAX_EVENT)
    event.moment()
    return event
