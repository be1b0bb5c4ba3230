"""What bridges prove by their Status and events: what became of actions, which revocations and releases are in force.

Orders carry something until it is proved that they need not. Proof is the content of the documents in force, never when
they were made: two workers can publish at one moment. Called from the two places where a bridge speaks, taking its
Status and taking its events.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from access_control.core.decision.model import Policy, Revision
from access_control.core.wire.events import EventCode, EventRecord
from access_control.core.wire.orders import OrdersDocument
from access_control.core.wire.signing import Kind
from access_control.core.wire.uplink import write_revision
from access_control.readers.digests import canonical_digest, digest_key_of
from access_control.readers.documents import grants, read_orders, read_policy
from access_control.readers.errors import ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys
from access_control.readers.models import Bridge, PublishedDocument
from access_control.readers.orders import bridges_of
from access_control.readers.orders_content import directives_at, releases_for
from access_control.readers.owed_releases import owed_to
from access_control.readers.publishing import publish_all_orders
from access_control.readers.records import ActionRow, DirectiveRow, ReleaseOwed, Revocation, RevocationAt

OUTCOMES: Final = frozenset(
    {
        EventCode.UNLOCK_ACTION_DONE,
        EventCode.UNLOCK_ACTION_REFUSED,
        EventCode.ACTION_DONE,
        EventCode.ACTION_REFUSED,
    }
)


def note_outcomes(session: Session, at: datetime, bridge_id: str, events: Sequence[EventRecord]) -> None:
    """Take over what became of actions, and which Orders came into force."""
    for event in events:
        if event.code in OUTCOMES:
            _note_action(session, event)
    applied = [event.detail for event in events if event.code == EventCode.ORDERS_APPLIED]
    if applied:
        epoch, n = applied[-1].get("epoch"), applied[-1].get("n")
        if isinstance(epoch, int) and isinstance(n, int):
            confirm_revocations(session, at, bridge_id, Revision(epoch, n))


def note_documents(session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, ruling: Collection[str]) -> None:
    """Take a bridge's word for the documents in force there, as ``bridge.in_force`` has it now.

    Args:
        session: A transaction that writes.
        keys: For publishing Orders anew where something may leave them.
        at: Now.
        bridge: Whose Status came.
        ruling: The directives that its Status says are in force at its doors.
    """
    orders = bridge.in_force.get("orders")
    if isinstance(orders, str):
        epoch, _, n = orders.partition("/")
        confirm_revocations(session, at, bridge.id, Revision(int(epoch), int(n)))
    settle_revocations(session, keys, at, bridge)
    confirm_releases(session, keys, at, bridge, ruling)


def confirm_revocations(session: Session, at: datetime, bridge_id: str, in_force: Revision) -> int:
    """Note which revocations are in force at a bridge now; how many are new.

    Orders that this database never published prove nothing: they are of a time before it was put back.
    """
    newest = session.get(PublishedDocument, (bridge_id, Kind.ORDERS.value), populate_existing=True)
    if newest is None or Revision(newest.epoch, newest.n) < in_force:
        return 0
    waiting = session.scalars(
        select(RevocationAt).where(RevocationAt.bridge_id == bridge_id, RevocationAt.confirmed_at.is_(None))
    )
    confirmed = 0
    for row in waiting:
        if row.epoch is not None and row.orders_n is not None and not in_force < Revision(row.epoch, row.orders_n):
            row.confirmed_at = at
            confirmed += 1
    session.flush()
    return confirmed


def settle_revocations(session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge) -> None:
    """Note which revocations a bridge needs no more: they are in force there, and so is a Policy without the badge.

    One that was lifted is done once Orders without it are in force as well; only then may a Policy grant the badge
    again. Where that changes them, Orders are published anew, and the Policy is due.
    """
    open_ones = session.execute(
        select(RevocationAt, Revocation)
        .join(Revocation, Revocation.id == RevocationAt.revocation_id)
        .where(RevocationAt.bridge_id == bridge.id, RevocationAt.done_at.is_(None))
    ).all()
    policy = _policy_in_force(session, keys, bridge) if open_ones else None
    if policy is None:
        return
    orders: OrdersDocument | None = None
    if any(revocation.lifted_at is not None for _, revocation in open_ones):
        orders = _orders_in_force(session, keys, bridge)
    digest_key = digest_key_of(bridge, keys)
    shorter = False
    for there, revocation in open_ones:
        digest = canonical_digest(digest_key, revocation.canonical)
        if grants(policy, digest):
            continue
        if revocation.lifted_at is None and there.confirmed_at is not None:
            there.done_at, shorter = at, True
        elif revocation.lifted_at is not None and orders is not None and digest not in orders.revoked:
            there.done_at, bridge.policy_stale = at, True
    session.flush()
    if shorter:
        publish_all_orders(session, keys, at, {bridge.id})


def confirm_releases(session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, ruling: Collection[str]) -> None:
    """Note which ended emergencies a bridge has let go of, and take those out of Orders that every bridge has.

    A bridge that is still under one which has left gets it again with its release.

    Only this bridge's Orders are published: waiting for other bridges' rows from here could end in a ring. The others
    follow with their next Orders.
    """
    told = directives_at(session, bridge.id)
    ended = [row for row in told if row.ended_at is not None]
    owed = owed_to(session, bridge.id)
    waiting = ({row.id for row in ended if bridge.id not in row.confirmed} | owed) - set(ruling)
    if any(row.id in ruling and row.left_orders_at is not None for row in ended):
        publish_all_orders(session, keys, at, {bridge.id})
    orders = _orders_in_force(session, keys, bridge) if waiting else None
    if orders is None:
        return
    held, left = set(orders.releases), None
    releases = releases_for(session, bridge.id, told)
    for one in sorted(waiting):
        if not {b64decode(sealed) for sealed in releases.get(one, ())} <= held:
            continue
        locked = select(DirectiveRow).where(DirectiveRow.id == one).with_for_update(key_share=True)
        row = session.scalars(locked.execution_options(populate_existing=True)).one()
        row.confirmed = sorted({*row.confirmed, bridge.id})
        if row.left_orders_at is None and bridges_of(session, row) <= set(row.confirmed):
            row.left_orders_at = left = at
        if one in owed:
            session.execute(
                delete(ReleaseOwed).where(ReleaseOwed.directive_id == one, ReleaseOwed.bridge_id == bridge.id)
            )
            left = at
    session.flush()
    if left is not None:
        publish_all_orders(session, keys, at, {bridge.id})


def _note_action(session: Session, event: EventRecord) -> None:
    identity = event.detail.get("action")
    row = session.get(ActionRow, identity) if isinstance(identity, str) else None
    if row is not None and row.bridge_id == event.bridge and row.outcome is None:
        row.outcome, row.outcome_at = event.code, event.moment()
        session.flush()


def _policy_in_force(session: Session, keys: SchoolKeys, bridge: Bridge) -> Policy | None:
    """The Policy that the bridge says is in force, if that is the one last published."""
    if not _is_newest(session, bridge, Kind.POLICY):
        return None
    try:
        return read_policy(session, keys, bridge)
    except (ReadersError, KeyFileError):
        return None  # nothing is proved, so everything stays


def _orders_in_force(session: Session, keys: SchoolKeys, bridge: Bridge) -> OrdersDocument | None:
    """The Orders that the bridge says are in force, if these are the ones last published."""
    if not _is_newest(session, bridge, Kind.ORDERS):
        return None
    try:
        return read_orders(session, keys, bridge)
    except ReadersError:
        return None


def _is_newest(session: Session, bridge: Bridge, kind: Kind) -> bool:
    row = session.get(PublishedDocument, (bridge.id, kind.value), populate_existing=True)
    return row is not None and bridge.in_force.get(kind.value) == write_revision(Revision(row.epoch, row.n))
