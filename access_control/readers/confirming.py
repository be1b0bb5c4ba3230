"""What a bridge's word about the documents in force there proves: revocations confirmed, releases heard, and so on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import Revision
from access_control.core.wire.signing import Kind
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, PublishedDocument
from access_control.readers.orders import bridges_of
from access_control.readers.orders_content import directives_at
from access_control.readers.publishing import publish_orders, published
from access_control.readers.records import Revocation, RevocationAt


def note_in_force(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    bridge: Bridge,
    policy: Revision | None,
    orders: Revision | None,
) -> None:
    """Take a confirmed bridge's word for the revisions in force there.

    What it proves lets revocations and ended emergencies leave the bridge's Orders, which are then published again.
    """
    ours = published(session, bridge.id, Kind.ORDERS)
    newest_orders = ours if ours is not None and orders == Revision(ours.epoch, ours.n) else None
    theirs = published(session, bridge.id, Kind.POLICY)
    newest_policy = theirs if theirs is not None and policy == Revision(theirs.epoch, theirs.n) else None
    _confirm_revocations(session, at, bridge, orders)
    leaving = _finish_revocations(session, at, bridge, newest_policy, newest_orders)
    leaving |= _finish_directives(session, at, bridge, newest_orders)
    if leaving:
        publish_orders(session, keys, bridge.id, at)


def _confirm_revocations(session: Session, at: datetime, bridge: Bridge, orders: Revision | None) -> None:
    if orders is None:
        return
    waiting = session.scalars(
        select(RevocationAt).where(RevocationAt.bridge_id == bridge.id, RevocationAt.confirmed_at.is_(None))
    )
    for row in waiting:
        carried = Revision(row.epoch or 0, row.orders_n or 0)
        if not orders < carried:
            row.confirmed_at = at


def _finish_revocations(
    session: Session,
    at: datetime,
    bridge: Bridge,
    policy: PublishedDocument | None,
    orders: PublishedDocument | None,
) -> bool:
    """A revocation is over at a bridge once a Policy that was built after it is in force there.

    One that was lifted waits for Orders without it as well; only then may a Policy grant the badge again. Whether the
    bridge's Orders can become shorter.
    """
    if policy is None:
        return False
    rows = session.execute(
        select(RevocationAt, Revocation)
        .join(Revocation, Revocation.id == RevocationAt.revocation_id)
        .where(RevocationAt.bridge_id == bridge.id, RevocationAt.done_at.is_(None))
    )
    shorter = False
    for row, revocation in rows:
        if policy.made_at <= revocation.at:
            continue
        if revocation.lifted_at is None:
            row.done_at = at
            shorter = True
        elif orders is not None and orders.made_at >= revocation.lifted_at:
            row.done_at = at
            bridge.policy_stale = True
    session.flush()
    return shorter


def _finish_directives(session: Session, at: datetime, bridge: Bridge, orders: PublishedDocument | None) -> bool:
    """Note that the bridge holds the releases of ended directives; whether one has now been confirmed everywhere."""
    if orders is None:
        return False
    left = False
    for row in directives_at(session, bridge.id):
        if row.ended_at is None or orders.made_at < row.ended_at:
            continue
        if bridge.id not in row.confirmed:
            row.confirmed = [*row.confirmed, bridge.id]
        if bridges_of(session, row) <= set(row.confirmed):
            row.left_orders_at = at
            left = True
    session.flush()
    return left
