"""Dead badges: revoked at once through Orders, never waiting for a Policy, and which bridges have confirmed it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.model import BadgeStatus
from access_control.database.changes import tell
from access_control.database.errors import expect_version
from access_control.database.ids import new_id
from access_control.people.actors import require_release_for
from access_control.people.models import Cardholder
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.checks import require
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Badge, Bridge, BridgeState
from access_control.readers.publishing import publish_all_orders
from access_control.readers.records import Revocation, RevocationAt
from access_control.readers.staleness import mark_all_stale


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a revocation has come at one bridge.

    Attributes:
        confirmed_at: When the bridge said that its Orders with the revocation are in force; ``None``: not yet, so the
            badge may still work at its doors.
        heard_at: When the bridge last said anything.
    """

    bridge_id: str
    name: str
    confirmed_at: datetime | None
    heard_at: datetime | None


def set_badge_status(
    session: Session, keys: SchoolKeys, at: datetime, *, badge_id: str, status: BadgeStatus, version: int, by: str
) -> Badge:
    """Say what became of a badge. Anything but *active* kills it at every bridge that can be reached, at once.

    Raises:
        NotThereError: There is no such badge.
        ConflictError: Somebody else changed it since ``version`` was read.
        NotAllowedError: It would count again, its holder may end emergencies, and ``by`` may not at the whole school.
    """
    badge = require(session, Badge, badge_id, "This badge")
    expect_version(badge.version, version)
    if badge.status is status:
        return badge
    if status is BadgeStatus.ACTIVE:  # killing a badge is everybody's who may do that
        require_release_for(session, at, session.get_one(Cardholder, badge.person_ref), by)
    badge.status = status
    badge.status_at = at
    for earlier in _in_force(session, badge_id):
        earlier.lifted_at = at
    if status is not BadgeStatus.ACTIVE:
        session.add(Revocation(id=new_id(at), badge_id=badge_id, canonical=badge.canonical, status=status, at=at))
    session.flush()
    facts = {"status": status.value}
    record(session, at, actor=by, action="badge.status", subject=f"badge:{badge_id}", facts=facts)
    lock_bridges(session)  # those that get no Orders yet as well
    publish_all_orders(session, keys, at)
    mark_all_stale(session)
    tell(session, "live", json.dumps({"what": "badge", "badge": badge_id}))
    return badge


def reached(session: Session, badge_id: str) -> Sequence[Reached]:
    """Which bridges have confirmed that a badge is dead, by name; empty for a badge that is not revoked."""
    revocation = next(iter(_in_force(session, badge_id)), None)
    if revocation is None:
        return ()
    confirmed = dict(
        session.execute(
            select(RevocationAt.bridge_id, RevocationAt.confirmed_at).where(RevocationAt.revocation_id == revocation.id)
        ).all()
    )
    bridges = session.scalars(select(Bridge).where(Bridge.state == BridgeState.CONFIRMED).order_by(Bridge.name))
    return [Reached(bridge.id, bridge.name, confirmed.get(bridge.id), bridge.status_at) for bridge in bridges]


def _in_force(session: Session, badge_id: str) -> list[Revocation]:
    session.flush()
    return list(session.scalars(select(Revocation).filter_by(badge_id=badge_id, lifted_at=None)))
