"""What one bridge's Orders hold at a moment: the whole current state, compiled from rows."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from access_control.core.decision.model import BadgeStatus, Override, Revision
from access_control.core.wire.directives import SERVICE
from access_control.core.wire.errors import Refused
from access_control.core.wire.orders import OrdersDocument, RevokedPass
from access_control.readers.digests import canonical_digest
from access_control.readers.models import Bridge, Door
from access_control.readers.owed_releases import owed_to
from access_control.readers.records import (
    DirectiveRow,
    OverrideRow,
    PassRevocationRow,
    ReleaseRow,
    Revocation,
    RevocationAt,
)
from access_control.readers.site import scopes
from access_control.readers.status_said import read_status

PASS_GRACE: Final = timedelta(hours=24)
"""How long after its expiry a dead pass stays in Orders."""


def orders_for(
    session: Session, bridge: Bridge, site: str, digest_key: bytes, at: datetime, revision: Revision
) -> OrdersDocument:
    """Compile one bridge's Orders."""
    directives = directives_at(session, bridge.id)
    releases = releases_for(session, bridge.id, directives)
    return OrdersDocument(
        site=site,
        bridge=bridge.id,
        revision=revision,
        made_at=at,
        directives=[b64decode(part) for row in directives for part in row.sealed],
        releases=[b64decode(sealed) for of_one in releases.values() for sealed in of_one],
        overrides=_overrides(session, bridge.id, at),
        revoked=_revoked(session, bridge.id, digest_key),
        revoked_passes=_passes(session, bridge.id, at),
    )


def directives_at(session: Session, bridge_id: str) -> list[DirectiveRow]:
    """The directives that one bridge has to be told of: those at a door of its own that have not left Orders.

    And whatever its Status says is in force there: a door that came back to it, after it had moved away in an
    emergency that has ended since, waits for the release.
    """
    own = set(session.scalars(select(Door.id).where(Door.bridge_id == bridge_id)))
    now = scopes(session)
    ruling = said_to_rule(session.get_one(Bridge, bridge_id))
    rows = session.scalars(
        select(DirectiveRow)
        .where(or_(DirectiveRow.left_orders_at.is_(None), DirectiveRow.id.in_(ruling)))
        .order_by(DirectiveRow.started_at, DirectiveRow.id)
    )
    return [row for row in rows if row.id in ruling or own & {*row.doors, *now.get(row.scope, ())}]


def releases_for(session: Session, bridge_id: str, directives: Collection[DirectiveRow]) -> dict[str, list[str]]:
    """The sealed releases, as base64, that one bridge has to be told of by directive.

    Those of the directives that it is told of, and the ends of those whose release it is owed: each alone, because a
    bridge takes it before its directive or after. A bridge's own release holds at its own doors; another bridge would
    refuse it, and be right.
    """
    whose = (SERVICE, f"bridge:{bridge_id}")
    told = {row.id for row in directives}
    either = told | owed_to(session, bridge_id)
    rows = session.scalars(
        select(ReleaseRow)
        .where(ReleaseRow.directive_id.in_(either), ReleaseRow.origin.in_(whose))
        .order_by(ReleaseRow.id)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.directive_id in told or row.doors is None:
            found.setdefault(row.directive_id, []).append(row.sealed)
    return found


def said_to_rule(bridge: Bridge) -> frozenset[str]:
    """The directives that a bridge last said are in force at its doors; none if that cannot be read."""
    if bridge.status is None:
        return frozenset()
    try:
        return frozenset(one.directive for one in read_status(bridge.status).emergencies)
    except Refused:
        return frozenset()  # stored by another version; nothing is known until it speaks again


def _overrides(session: Session, bridge_id: str, at: datetime) -> list[Override]:
    rows = session.scalars(
        select(OverrideRow)
        .join(Door, Door.id == OverrideRow.door_id)
        .where(
            Door.bridge_id == bridge_id,
            OverrideRow.ended_at.is_(None),
            or_(OverrideRow.expires_at.is_(None), OverrideRow.expires_at > at),
        )
    )
    return [
        Override(
            row.id,
            row.door_id,
            row.effect,
            row.by,
            row.why,
            None if row.expires_at is None else int(row.expires_at.timestamp()),
        )
        for row in rows
    ]


def _revoked(session: Session, bridge_id: str, digest_key: bytes) -> dict[bytes, BadgeStatus]:
    done = select(RevocationAt.revocation_id).where(
        RevocationAt.bridge_id == bridge_id, RevocationAt.done_at.is_not(None)
    )
    rows = session.execute(
        select(Revocation.canonical, Revocation.status).where(
            Revocation.lifted_at.is_(None), Revocation.id.not_in(done)
        )
    )
    return {canonical_digest(digest_key, canonical): status for canonical, status in rows}


def _passes(session: Session, bridge_id: str, at: datetime) -> dict[int, RevokedPass]:
    rows = session.scalars(
        select(PassRevocationRow).where(
            PassRevocationRow.bridge_id == bridge_id, PassRevocationRow.expires_at > at - PASS_GRACE
        )
    )
    return {int(row.pass_id, 16): RevokedPass(row.why, int(row.expires_at.timestamp())) for row in rows}
