"""Momentary commands: signed, pushed at once, good for seconds, and what came of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import effect_on
from access_control.core.decision.slots import Effect
from access_control.core.wire.actions import ActionKind, encode_action, new_action
from access_control.core.wire.signing import Kind, seal
from access_control.database.changes import tell
from access_control.database.ids import new_id
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.orders import active_directives
from access_control.readers.records import ActionRow, DirectiveRow, ReleaseRow
from access_control.readers.settings import emergency_rules
from access_control.readers.site import scopes, the_site

HEARD_WITHIN: Final = timedelta(seconds=10)
"""A bridge that said nothing for longer would get an unlock too late."""


class ActionRefusedError(ReadersError):
    """The command was not given; nothing happens at the door."""


def ask_unlock_once(session: Session, keys: SchoolKeys, at: datetime, *, door_id: int, by: str, why: str) -> ActionRow:
    """Unlock a door once, for its own unlock time. It lives 10 seconds; the bridge has the last word.

    Raises:
        NotThereError: There is no such door.
        BadValueError: There is no reason.
        ActionRefusedError: No bridge runs the door, it is silent, or an emergency keeps it locked.
    """
    door = require(session, Door, door_id, "This door")
    reason = clean_text(why, "why", "The reason", 300)
    bridge = session.get(Bridge, door.bridge_id) if door.bridge_id is not None else None
    if bridge is None or bridge.state is not BridgeState.CONFIRMED:
        raise ActionRefusedError(f"No bridge runs door {door.number}.", "Choose its bridge first.")
    if bridge.status_at is None or at - bridge.status_at > HEARD_WITHIN:
        raise ActionRefusedError(
            f"{bridge.name} is silent, so door {door.number} cannot be unlocked from here.",
            "Open it with a card or key.",
        )
    if (row := _locking(session, door)) is not None:
        raise ActionRefusedError(
            f"A {row.action.value.capitalize()}{' drill' if row.drill else ''} is in force at door {door.number}.",
            "It stays locked until that is released; responders open it with their cards.",
        )
    action = ask(session, keys, at, bridge_id=bridge.id, kind=ActionKind.UNLOCK_ONCE, target=door_id, by=by, why=reason)
    record(session, at, actor=by, action="door.unlock_once", subject=f"door:{door_id}", text=reason)
    return action


def ask(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    *,
    bridge_id: str,
    kind: ActionKind,
    target: int | None,
    by: str,
    why: str = "",
) -> ActionRow:
    """Sign a command for a bridge and push it."""
    action = new_action(new_id(at), kind, target, by, at.replace(microsecond=at.microsecond // 1000 * 1000))
    sealed = seal(Kind.ACTION, encode_action(action), keys.document, site=the_site(session).id, to=bridge_id)
    row = ActionRow(
        id=action.id,
        bridge_id=bridge_id,
        kind=kind,
        target=target,
        by=by,
        why=why,
        made_at=action.made_at,
        expires_at=action.expires,
        sealed=sealed,
    )
    session.add(row)
    session.flush()
    tell(session, f"bridge:{bridge_id}", json.dumps({"action": b64encode(sealed).decode()}))
    return row


def actions_for(session: Session, bridge_id: str, at: datetime) -> Sequence[bytes]:
    """The commands that wait for a bridge and are still good; it carries each out once, however often they come."""
    rows = session.scalars(
        select(ActionRow)
        .where(ActionRow.bridge_id == bridge_id, ActionRow.expires_at > at, ActionRow.outcome.is_(None))
        .order_by(ActionRow.made_at)
    )
    return [row.sealed for row in rows]


def _locking(session: Session, door: Door) -> DirectiveRow | None:
    """An emergency in force that keeps this door locked, as the bridge judges it: the same one rule says what locks."""
    meant, rules = scopes(session), emergency_rules(the_site(session))
    for row in active_directives(session):
        does = effect_on(row.action, door.door_class, rules, evacuate_unlock=door.evacuate_unlock)
        if does is None or does[1] is not Effect.LOCK or (row.drill and not rules.drill_moves_doors):
            continue
        released = session.scalars(select(ReleaseRow.doors).filter_by(directive_id=row.id))
        if door.id in {*row.doors, *meant.get(row.scope, ())} and not any(
            door.id in (doors or ()) for doors in released
        ):
            return row
    return None
