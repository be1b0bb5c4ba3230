"""From a gap that was noted to one that people know of: judged at each Status, told in the log, closed by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.wire.event_codes import EventCode
from access_control.database.changes import tell
from access_control.readers.bridges import get_bridge
from access_control.readers.errors import NotThereError
from access_control.readers.event_gaps import confirm_due, is_certain, note_unsent
from access_control.readers.event_streams import free_position, stream_position
from access_control.readers.events import record_own
from access_control.readers.models import Bridge
from access_control.readers.records import EventGap, EventRow

BEFORE: Final = "before"
"""Where ``Bridge.in_force`` keeps which stream its bridge wrote before, and its last number, until that is judged."""


def in_force_before(kept: dict[str, Any], stream: str | None) -> dict[str, Any]:
    """What ``in_force`` has to keep of a stream that the bridge has left, now that a Status names ``stream``."""
    left = kept.get(BEFORE)
    if left is None and isinstance(kept.get("stream"), str):
        left = {"stream": kept["stream"], "last_seq": kept.get("last_seq")}
    return {BEFORE: left} if left is not None and left["stream"] != stream else {}


def judge_gaps(session: Session, at: datetime, bridge: Bridge) -> None:
    """Take a Status into account, as ``bridge.in_force`` has it: which gaps are certain now.

    What cannot be judged at this moment, because events are being taken, is judged at the next Status.
    """
    writes = bridge.in_force.get("stream")
    if not isinstance(writes, str):
        return
    left = bridge.in_force.get(BEFORE)
    if left is not None and _left(session, at, bridge.id, left):
        bridge.in_force = {key: value for key, value in bridge.in_force.items() if key != BEFORE}
    query = select(EventGap).where(EventGap.bridge_id == bridge.id, EventGap.confirmed_at.is_(None))
    for stream in sorted({gap.stream for gap in session.scalars(query)}):
        position = free_position(session, bridge.id, stream)
        if position is None:
            continue
        locked = query.where(EventGap.stream == stream).execution_options(populate_existing=True)
        for gap in session.scalars(locked.order_by(EventGap.from_seq)).all():
            if confirm_due(gap, at, position.seq, writes, int(bridge.in_force.get("last_seq") or 0)):
                _tell(session, at, gap)
    session.flush()


def gaps_to_show(session: Session, at: datetime) -> dict[str, tuple[EventGap, ...]]:
    """By bridge, the gaps that people have to know of, in the order in which they were found."""
    rows = session.scalars(
        select(EventGap)
        .where(EventGap.closed_at.is_(None))
        .order_by(EventGap.bridge_id, EventGap.found_at, EventGap.stream, EventGap.from_seq)
    )
    found: dict[str, tuple[EventGap, ...]] = {}
    for row in rows:
        if is_certain(row, at):
            found[row.bridge_id] = (*found.get(row.bridge_id, ()), row)
    return found


def gaps_of(session: Session, at: datetime, bridge_id: str) -> Sequence[EventGap]:
    """Every certain gap of a bridge, also those that a person closed; the newest first."""
    query = select(EventGap).where(EventGap.bridge_id == bridge_id)
    rows = session.scalars(query.order_by(EventGap.found_at.desc(), EventGap.stream, EventGap.from_seq.desc()))
    return [row for row in rows if is_certain(row, at)]


def around(session: Session, gap: EventGap) -> tuple[datetime | None, datetime | None]:
    """When the events just before and just after a gap happened, where these are here."""
    before, after = (
        session.scalar(
            select(EventRow.at).where(
                EventRow.bridge_id == gap.bridge_id, EventRow.stream == gap.stream, EventRow.seq == seq
            )
        )
        for seq in (gap.from_seq - 1, gap.to_seq + 1)
    )
    return before, after


def close_gap(session: Session, at: datetime, bridge_id: str, stream: str, from_seq: int, by: str) -> EventGap:
    """Leave it at that: the numbers will not come. The gap stays on record, and they are still taken if they come.

    Raises:
        NotThereError: There is no such gap, or its numbers have come meanwhile.
    """
    get_bridge(session, bridge_id)
    key = (bridge_id, stream, from_seq)
    if session.get(EventGap, key) is not None:
        stream_position(session, bridge_id, stream)
    gap = session.get(EventGap, key, populate_existing=True)
    if gap is None or not is_certain(gap, at):
        raise NotThereError("These numbers are not missing, or not any more.", "Look at the bridge again.")
    if gap.closed_at is None:
        gap.closed_at, gap.closed_by = at, by
        session.flush()
        facts = {"from_seq": gap.from_seq, "to_seq": gap.to_seq}
        record(session, at, actor=by, action="bridge.gap_closed", subject=f"bridge:{bridge_id}", facts=facts)
        tell(session, "live", '{"what":"status"}')
    return gap


def _left(session: Session, at: datetime, bridge_id: str, left: dict[str, Any]) -> bool:
    """Note what a bridge had not sent of the stream that it left; whether that could be done now."""
    last_seq = left.get("last_seq")
    if not isinstance(last_seq, int) or last_seq < 1:
        return True
    position = free_position(session, bridge_id, left["stream"])
    if position is not None:
        note_unsent(session, at, position, last_seq)
    return position is not None


def _tell(session: Session, at: datetime, gap: EventGap) -> None:
    detail: dict[str, str | int | float | bool | None] = {
        "bridge": gap.bridge_id,
        "stream": gap.stream,
        "from_seq": gap.from_seq,
        "to_seq": gap.to_seq,
    }
    record_own(session, at, EventCode.LOG_GAP, detail=detail)
