"""Events in words for two kinds of readers: those who may see people, and those who may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.event_sentences import Told, names_for, tell
from access_control.readers.events import key_of
from access_control.readers.records import EventRow
from access_control.visitors.models import Pass, Visit, Visitor
from access_control.web.picture import Happened


def lines(session: Session, rows: Iterable[EventRow]) -> list[Happened]:
    """These events in words, in their order."""
    events = list(rows)
    names = names_for(session, events)
    names = replace(names, passes=_visitors(session, events))
    quiet = names.without_people()
    return [_line(event, tell(event, names), tell(event, quiet)) for event in events]


def _line(event: EventRow, named: Told, quiet: Told) -> Happened:
    return Happened(
        key=key_of(event),
        at=event.at,
        glyph=named.glyph,
        bold=named.bold,
        text=named.text,
        quiet_bold=quiet.bold,
        quiet_text=quiet.text,
        door=event.door_id,
        why=f"/why?event={key_of(event)}" if named.explains and named.glyph != "check" else "",
        drill=event.drill,
    )


def _visitors(session: Session, events: list[EventRow]) -> dict[str, str]:
    """The names of visitors whose passes these events are about."""
    passes = {found for event in events if isinstance(found := event.detail.get("pass_id"), str)}
    if not passes:
        return {}
    rows = session.execute(
        select(Pass.pass_id, Visitor).join(Pass.visit).join(Visit.visitor).where(Pass.pass_id.in_(passes))
    )
    return {found: visitor.full_name for found, visitor in rows}
