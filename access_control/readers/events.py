"""Events: taking them from bridges exactly once, and finding them again.

A stream's position is locked while events of it are taken, so a second delivery, also one at the same moment to another
worker, changes nothing. What else an event means (presence, what became of an action) is folded in by
:mod:`access_control.readers.confirmations` and by hooks of the packages above, in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.events import EventCode, EventRecord, decode_event, severity_of
from access_control.core.wire.spelling import write_time
from access_control.core.wire.uplink import Want
from access_control.database.changes import tell
from access_control.database.ids import new_id
from access_control.readers.confirmations import note_outcomes
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.event_gaps import late_arrivals, note_gaps
from access_control.readers.event_rows import write_events
from access_control.readers.event_streams import stream_position
from access_control.readers.fire_reports import note_fires
from access_control.readers.presence import note_admissions
from access_control.readers.records import EventRow, StreamPosition
from access_control.readers.site import the_site
from access_control.readers.unlocks_by_hand import note_cancelled
from access_control.typed_numbers import number_or_none

Hook: TypeAlias = Callable[[Session, datetime, Sequence[EventRecord]], None]
"""What a package above does with new events: the session, the time, and events that were never seen before."""

MOST_FOUND: Final = 1000
KEY_PARTS: Final = 3
SEQ_DIGITS: Final = 16


class GapError(ReadersError):
    """Events before these are missing; ``acknowledged`` is the newest number up to which all are here."""

    def __init__(self, acknowledged: int) -> None:
        super().__init__(
            f"The events after number {acknowledged} come first.", f"Send them again from number {acknowledged + 1}."
        )
        self.acknowledged = acknowledged


class OtherEventsError(ReadersError):
    """Other events are here under the same numbers; those from ``from_seq`` on are not known to be here."""

    def __init__(self, from_seq: int) -> None:
        super().__init__(
            f"Other events than these are here under the numbers from {from_seq} on: the bridge's disk went back.",
            "The bridge sends them in a new stream; if it does not, look whether its disk is full.",
        )
        self.from_seq = from_seq


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to find; ``None`` is any.

    Attributes:
        before: Only those that happened earlier.
        since: Only those that happened then or later.
    """

    door: int | None = None
    holder: int | None = None
    bridge: str | None = None
    codes: Collection[str] | None = None
    severities: Collection[str] | None = None
    before: datetime | None = None
    since: datetime | None = None


def take_events(
    session: Session,
    at: datetime,
    bridge_id: str,
    stream: str,
    first_seq: int,
    events: Sequence[bytes],
    hooks: Sequence[Hook] = (),
) -> int:
    """Store what is new of these events and fold it in.

    Args:
        session: A transaction that writes.
        at: Now.
        bridge_id: Who sends them, as its session proved.
        stream: Its stream.
        first_seq: The first number that the request answers for; a number that is not among the events was given up
            on a full disk, which an event of its own says, or is missing: see :mod:`access_control.readers.event_gaps`.
        events: In the order of their numbers, exactly as the bridge stored them.
        hooks: Called with the new ones, in the same transaction.

    Returns:
        The number up to which everything that came is stored; acknowledge it once the transaction is committed.

    Raises:
        GapError: Earlier events are missing.
        OtherEventsError: The numbers are known and the events are not: nothing is stored but that no more of this
            stream is owed. Commit that.
        Refused: An event cannot be read, belongs to another bridge or stream, or is out of order; nothing is stored.
    """
    position = stream_position(session, bridge_id, stream)
    if first_seq > position.seq + 1:
        raise GapError(position.seq)
    before = position.seq
    sent = _read(bridge_id, stream, first_seq, events)
    fresh = [event for event in sent if event.seq > before]
    again = sent[: len(sent) - len(fresh)]
    if again:
        _require_same(session, position, first_seq, again)
    new = late_arrivals(session, position, again) + fresh
    if not new:
        return before
    position.seq = max(before, new[-1].seq)
    session.flush()
    write_events(session, new, at)
    note_gaps(session, at, position, before, new)
    _fold_in(session, at, bridge_id, new, hooks)
    return position.seq


def _fold_in(session: Session, at: datetime, bridge_id: str, new: Sequence[EventRecord], hooks: Sequence[Hook]) -> None:
    """Draw the conclusions from events that were never seen before, and tell whoever looks."""
    note_admissions(session, new)
    note_outcomes(session, at, bridge_id, new)
    note_cancelled(session, at, bridge_id, new)
    note_fires(session, bridge_id, new)
    for hook in hooks:
        hook(session, at, new)
    tell(session, "live", json.dumps({"what": "events", "bridge": bridge_id}))


def wanted(session: Session, bridge_id: str, stream: str | None, acknowledged: int) -> Want | None:
    """What a bridge should send again: after a restore the service lacks events that it once acknowledged."""
    if stream is None:
        return None
    kept = session.get(StreamPosition, (bridge_id, stream))
    have = 0 if kept is None else kept.seq
    return Want(stream, have + 1) if have < acknowledged else None


def record_own(
    session: Session,
    at: datetime,
    code: EventCode,
    *,
    door: int | None = None,
    detail: dict[str, str | int | float | bool | None] | None = None,
) -> None:
    """Record an event of the service itself, in a stream of its own under the site's UUID."""
    site = the_site(session).id
    position = stream_position(session, site, site)
    position.seq += 1
    session.flush()
    event = EventRecord(
        bridge=site,
        stream=site,
        seq=position.seq,
        id=new_id(at),
        at=write_time(at),
        mono_ms=None,
        code=code.value,
        severity=severity_of(code),
        door=door,
        reader=None,
        holder=None,
        drill=False,
        flagged=False,
        detail=detail or {},
    )
    write_events(session, [event], at)
    tell(session, "live", json.dumps({"what": "events", "bridge": site}))


def recent_events(session: Session, wanted: EventFilter = EventFilter(), limit: int = 100) -> list[EventRow]:
    """Events by when they happened, the newest first."""
    query = select(EventRow).order_by(EventRow.at.desc(), EventRow.bridge_id, EventRow.stream, EventRow.seq.desc())
    for column, value in (
        (EventRow.door_id, wanted.door),
        (EventRow.holder_ref, wanted.holder),
        (EventRow.bridge_id, wanted.bridge),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.codes is not None:
        query = query.where(EventRow.code.in_(list(wanted.codes)))
    if wanted.severities is not None:
        query = query.where(EventRow.severity.in_(list(wanted.severities)))
    if wanted.before is not None:
        query = query.where(EventRow.at < wanted.before)
    if wanted.since is not None:
        query = query.where(EventRow.at >= wanted.since)
    return list(session.scalars(query.limit(min(limit, MOST_FOUND))))


def key_of(event: EventRow) -> str:
    """What names an event in addresses of pages: its bridge, stream and number."""
    return f"{event.bridge_id}.{event.stream}.{event.seq}"


def get_event(session: Session, key: str) -> EventRow:
    """The event that :func:`key_of` names.

    Raises:
        NotThereError: There is none.
    """
    parts = key.split(".")
    seq = number_or_none(parts[2], SEQ_DIGITS) if len(parts) == KEY_PARTS and "\0" not in key else None
    row = None if seq is None else session.get(EventRow, (parts[0], parts[1], seq))
    if row is None:
        raise NotThereError("This event is not there, or not any more.", "Choose one from the event log.")
    return row


def _read(bridge_id: str, stream: str, first_seq: int, events: Sequence[bytes]) -> list[EventRecord]:
    records = [decode_event(raw) for raw in events]
    before = first_seq - 1
    for event in records:
        if (event.bridge, event.stream) != (bridge_id, stream):
            raise Refused(
                RefusalCode.WRONG_RECIPIENT,
                f"Event {event.seq} belongs to another bridge or stream than it was sent for. Look at the bridge.",
            )
        if event.seq <= before:
            raise Refused(
                RefusalCode.BAD_COLUMNS, f"Event {event.seq} is out of order. Send the events in their order."
            )
        before = event.seq
    return records


def _require_same(session: Session, position: StreamPosition, first_seq: int, again: Sequence[EventRecord]) -> None:
    """See that events are those which are here under their numbers.

    A number that is known and not here (folded, dropped, purged) proves nothing: where the events after it turn out to
    be others, so may be the one that comes under it, and it has to come once more.
    """
    query = select(EventRow.seq, EventRow.id).where(
        EventRow.bridge_id == position.bridge_id,
        EventRow.stream == position.stream,
        EventRow.seq.between(again[0].seq, again[-1].seq),
    )
    here = dict(session.execute(query).all())
    from_seq = first_seq
    for event in again:
        known = here.get(event.seq)
        if known == event.id:
            from_seq = event.seq + 1
        elif known is not None:
            if position.unsent_to is None:
                position.unsent_to = position.seq  # the bridge goes on in another stream, with what it has not sent
            session.flush()
            raise OtherEventsError(from_seq)
