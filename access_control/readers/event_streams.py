"""How far each bridge's stream of events has come, under a lock for whoever changes it."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from access_control.readers.records import StreamPosition


def stream_position(session: Session, bridge_id: str, stream: str) -> StreamPosition:
    """The stream's position, locked until the transaction ends; made if the stream is new."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    first = dialect.insert(StreamPosition).values(bridge_id=bridge_id, stream=stream, seq=0)
    session.execute(first.on_conflict_do_nothing())
    return session.scalars(_named(bridge_id, stream).with_for_update()).one()


def free_position(session: Session, bridge_id: str, stream: str) -> StreamPosition | None:
    """The same without waiting: ``None`` if events are being taken at this moment, or the stream is not known.

    For those who hold a bridge's row already: who takes events may want that row while holding the position.
    """
    return session.scalars(_named(bridge_id, stream).with_for_update(skip_locked=True)).one_or_none()


def _named(bridge_id: str, stream: str) -> Select[StreamPosition]:
    query = select(StreamPosition).where(StreamPosition.bridge_id == bridge_id, StreamPosition.stream == stream)
    return query.execution_options(populate_existing=True)
