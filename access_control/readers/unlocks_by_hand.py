"""The end of unlocks by hand that an emergency ends: where it is kept here, and where a bridge says so.

A bridge does the same by itself (``core.decision.manual_unlocks``); here the rows follow, so that nothing shows a door
as unlocked for a time that nothing unlocks any more, and Orders do not carry it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.manual_unlocks import before_the_end, ends_unlocks
from access_control.core.decision.model import OverrideEffect
from access_control.core.wire.directives import SERVICE
from access_control.core.wire.events import EventCode, EventRecord
from access_control.readers.models import Door
from access_control.readers.records import DirectiveRow, OverrideRow, ReleaseRow
from access_control.readers.settings import emergency_rules
from access_control.readers.site import scopes, the_site


def end_unlocks(session: Session, at: datetime, row: DirectiveRow) -> bool:
    """A Lockdown or Secure ends for good what was unlocked by hand at the doors that it locks; whether it ended any.

    What was unlocked after its release there goes on: it may be heard of late, with its release. Call this when the
    releases that came with it are kept.
    """
    over = list(session.scalars(select(ReleaseRow).where(ReleaseRow.directive_id == row.id)))
    rules = emergency_rules(the_site(session))
    meant = {*row.doors, *scopes(session).get(row.scope, ())}
    found = session.execute(
        select(OverrideRow, Door.door_class)
        .join(Door, Door.id == OverrideRow.door_id)
        .where(OverrideRow.ended_at.is_(None), OverrideRow.effect == OverrideEffect.UNLOCK, Door.id.in_(meant))
        .order_by(OverrideRow.id)
    )
    actor = row.by if row.origin == SERVICE else row.origin
    ended = False
    for override, door_class in found:
        released = (one.at for one in over if one.doors is None or override.door_id in one.doors)
        if not before_the_end(override.made_at, released):
            continue
        if ends_unlocks(row.action, door_class, rules, drill=row.drill):
            _end(session, at, override, actor)
            ended = True
    return ended


def note_cancelled(session: Session, at: datetime, bridge_id: str, events: Sequence[EventRecord]) -> None:
    """Take a bridge's word for the unlocks of its doors that an emergency ended there."""
    for event in events:
        identity = event.detail.get("override") if event.code == EventCode.MANUAL_OVERRIDE_CANCELLED else None
        row = session.get(OverrideRow, identity) if isinstance(identity, str) else None
        if row is None or row.ended_at is not None or row.effect is not OverrideEffect.UNLOCK:
            continue
        if session.get_one(Door, row.door_id).bridge_id == bridge_id:
            _end(session, at, row, f"bridge:{bridge_id}")


def _end(session: Session, at: datetime, row: OverrideRow, actor: str) -> None:
    row.ended_at = at
    session.flush()
    record(session, at, actor=actor, action="door.override_ended", subject=f"door:{row.door_id}")
