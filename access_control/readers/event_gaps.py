"""Numbers missing in a bridge's stream of events: found as events come, explained, closed, or confirmed and told.

A bridge whose disk was full gave numbers up and says so in an event of its own, which comes after the gap and often in
a later batch. So a gap waits until everything that the bridge had by then is here; only then is it told as ``LOG_GAP``
and shown. Numbers that come after all close it, also after that, and even if a person had left it at that.

Whoever changes a stream's gaps holds its position's lock. The lists here are of pairs (first, last), both included, in
order and apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.events import EventRecord
from access_control.readers.models import Bridge
from access_control.readers.records import EventGap, StreamPosition

Span: TypeAlias = tuple[int, int]

EXPLAINING: Final = frozenset({EventCode.EVENTS_FOLDED, EventCode.EVENTS_DROPPED})
STATUSES: Final = 2
"""The second Status after a gap was found was surely made after it, too."""
WAIT: Final = timedelta(minutes=1)
"""A bridge that says nothing for so long after a gap explains nothing any more."""


def spans_of(numbers: Iterable[int]) -> list[Span]:
    """Rising numbers as runs without a hole: ``1 2 3 7`` is ``(1, 3), (7, 7)``."""
    found: list[Span] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def holes(after: int, numbers: Sequence[int]) -> list[Span]:
    """What is missing between ``after`` and the last of some rising numbers, all of which are greater."""
    if not numbers or numbers[-1] - after == len(numbers):
        return []
    found: list[Span] = []
    for number in numbers:
        if number > after + 1:
            found.append((after + 1, number - 1))
        after = number
    return found


def without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of a run when others are taken out of it."""
    first, last = span
    left: list[Span] = []
    for start, end in sorted(taken):
        if end < first or start > last:
            continue
        if start > first:
            left.append((first, start - 1))
        first = end + 1
    return [*left, (first, last)] if first <= last else left


def late_arrivals(session: Session, position: StreamPosition, events: Sequence[EventRecord]) -> list[EventRecord]:
    """Those of some events, each at or before the stream's position, whose numbers are missing."""
    gaps = _of(session, position) if events else []
    return [event for event in events if any(gap.from_seq <= event.seq <= gap.to_seq for gap in gaps)]


def note_gaps(
    session: Session, at: datetime, position: StreamPosition, before: int, new: Sequence[EventRecord]
) -> None:
    """Keep what is missing now that new events came: close what they fill or explain, note what they leave out.

    Args:
        session: A transaction that writes.
        at: Now.
        position: The stream's, locked.
        before: How far it had come before these events.
        new: Events that were not there yet, by their numbers; some may be late and at or before ``before``.
    """
    ended = position.unsent_to is not None
    numbers = [event.seq for event in new]
    late = [number for number in numbers if ended or number <= before]
    explained = [span for event in new if event.code in EXPLAINING for span in _explained_by(event)]
    missing = holes(before, [number for number in numbers if number > before])
    if late or explained:
        _take_out(session, position, [*spans_of(late), *explained])
    if missing:
        known = [(gap.from_seq, gap.to_seq) for gap in _of(session, position)] if ended else []
        _add(session, at, position, missing, [*explained, *known], first=before == 0)


def note_unsent(session: Session, at: datetime, position: StreamPosition, last_seq: int) -> None:
    """A bridge writes another stream than this one, locked, and will not finish it: what it had not sent is missing.

    ``last_seq`` is how far it said that this stream goes.
    """
    if last_seq <= position.seq or position.unsent_to is not None:
        return
    position.unsent_to = last_seq
    bridge_id, stream, first = position.bridge_id, position.stream, position.seq + 1
    session.add(EventGap(bridge_id=bridge_id, stream=stream, from_seq=first, to_seq=last_seq, found_at=at))
    session.flush()


def confirm_due(gap: EventGap, at: datetime, position: int, writes: str, last_seq: int) -> bool:
    """Take a Status into account; whether it makes a gap certain that was not yet.

    ``position`` is how far the gap's stream has come; the bridge ``writes`` that stream and has ``last_seq`` in it.
    """
    if gap.confirmed_at is not None:
        return False
    if gap.due_seq is None:
        gap.heard += 1
        if gap.heard < STATUSES:
            return False
        gap.due_seq = last_seq if gap.stream == writes else 0
    if position < gap.due_seq and gap.stream == writes:
        return False
    gap.confirmed_at = at
    return True


def is_certain(gap: EventGap, at: datetime) -> bool:
    """Whether people have to know of it: it is confirmed, or its bridge said nothing more that could explain it."""
    return gap.confirmed_at is not None or (gap.due_seq is None and at - gap.found_at > WAIT)


def _of(session: Session, position: StreamPosition) -> Sequence[EventGap]:
    query = select(EventGap).where(EventGap.bridge_id == position.bridge_id, EventGap.stream == position.stream)
    return session.scalars(query.order_by(EventGap.from_seq)).all()


def _explained_by(event: EventRecord) -> list[Span]:
    first, last = event.detail.get("from_seq"), event.detail.get("to_seq")
    if not isinstance(first, int) or not isinstance(last, int) or not 1 <= first <= last < event.seq:
        return []
    return [(first, last)]


def _take_out(session: Session, position: StreamPosition, taken: list[Span]) -> None:
    for gap in _of(session, position):
        left = without((gap.from_seq, gap.to_seq), taken)
        if left == [(gap.from_seq, gap.to_seq)]:
            continue
        values = {column.key: getattr(gap, column.key) for column in EventGap.__table__.columns}
        session.delete(gap)
        session.flush()
        session.add_all(EventGap(**{**values, "from_seq": first, "to_seq": last}) for first, last in left)
    session.flush()


def _add(
    session: Session,
    at: datetime,
    position: StreamPosition,
    missing: list[Span],
    explained: list[Span],
    *,
    first: bool,
) -> None:
    """Note new gaps. What came before a stream's first event here and was acknowledged is no gap of this service."""
    bridge_id, stream = position.bridge_id, position.stream
    acknowledged = _acknowledged(session, bridge_id, stream)
    for span in missing:
        before = [(1, acknowledged)] if first and span[0] == 1 and acknowledged else []
        for start, end in without(span, [*explained, *before]):
            row = EventGap(bridge_id=bridge_id, stream=stream, from_seq=start, to_seq=end, found_at=at)
            row.sent_before = end <= acknowledged
            session.add(row)
    session.flush()


def _acknowledged(session: Session, bridge_id: str, stream: str) -> int:
    """How far the bridge's last Status says that this stream was acknowledged, now or before a restore."""
    in_force = session.scalar(select(Bridge.in_force).where(Bridge.id == bridge_id)) or {}
    said = in_force.get("acknowledged")
    return said if in_force.get("stream") == stream and isinstance(said, int) else 0
