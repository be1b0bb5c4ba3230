"""Where each person was last admitted: one row a person, kept by events as they come and never counted from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode, EventRecord
from access_control.people.models import Cardholder
from access_control.readers.models import Door
from access_control.readers.records import Presence

GRANTS: Final = frozenset({Reason.ACCESS_GRANTED, Reason.GRANTED_EXTENDED, Reason.GRANTED_RESPONDER})


@dataclass(frozen=True, slots=True)
class Inside:
    """Someone, and where and when they were last admitted."""

    person: Cardholder
    door: Door
    at: datetime


def note_admissions(session: Session, events: Sequence[EventRecord]) -> None:
    """Take over who went where: through a door that opened, or was granted one that has no contact to tell."""
    admitting = [event for event in events if event.holder is not None and _admits(event.code)]
    if not admitting:
        return
    doors = _doors(session, {event.door for event in admitting if event.door is not None})
    newest: dict[int, dict[str, Any]] = {}
    for event in admitting:
        if event.door not in doors or event.holder is None:
            continue
        building, monitored = doors[event.door]
        if monitored != (event.code == EventCode.ACCESS_TAKEN):
            continue
        row = {"person_ref": event.holder, "building_id": building, "door_id": event.door, "at": event.moment()}
        if event.holder not in newest or newest[event.holder]["at"] <= row["at"]:
            newest[event.holder] = row
    if newest:
        _keep(session, [newest[ref] for ref in sorted(newest)])


def who_is_inside(session: Session, since: datetime, building_id: int | None = None, limit: int = 1000) -> list[Inside]:
    """The people who were admitted since then and have not been seen elsewhere later, the newest first."""
    query = (
        select(Cardholder, Door, Presence.at)
        .join(Presence, Presence.person_ref == Cardholder.ref)
        .join(Door, Door.id == Presence.door_id)
        .order_by(Presence.at.desc())
        .limit(limit)
    )
    query = query.where(*_since(since, building_id))
    return [Inside(person, door, at) for person, door, at in session.execute(query)]


def count_inside(session: Session, since: datetime, building_id: int | None = None) -> int:
    """How many people :func:`who_is_inside` would name."""
    query = select(func.count()).select_from(Presence).where(*_since(since, building_id))
    return session.scalar(query) or 0


def forget_presence(session: Session, person_ref: int) -> None:
    """Forget where a person is."""
    row = session.get(Presence, person_ref)
    if row is not None:
        session.delete(row)
        session.flush()


def _since(since: datetime, building_id: int | None) -> list[ColumnElement[bool]]:
    then = [Presence.at >= since]
    return then if building_id is None else [*then, Presence.building_id == building_id]


def _admits(code: str) -> bool:
    return code == EventCode.ACCESS_TAKEN or code in GRANTS


def _doors(session: Session, doors: set[int]) -> dict[int, tuple[int, bool]]:
    rows = session.execute(select(Door.id, Door.building_id, Door.contact).where(Door.id.in_(doors)))
    return {door: (building, contact is not None) for door, building, contact in rows}


def _keep(session: Session, rows: list[dict[str, Any]]) -> None:
    """Put the rows in place of older ones; an event that comes late does not take a person back."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(Presence)
    fresh = insert.excluded
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[Presence.person_ref],
            set_={"building_id": fresh.building_id, "door_id": fresh.door_id, "at": fresh.at},
            where=Presence.at <= fresh.at,
        ),
        rows,
    )
