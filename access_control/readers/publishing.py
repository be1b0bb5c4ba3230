"""Publishing: Policy and Orders for one bridge, each under a revision that only goes up.

The number is taken under a lock on the bridge's row and the content is read after that, in the same transaction, so no
worker can publish older content under a newer number. Content that did not change publishes nothing.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import Refused
from access_control.core.wire.orders import encode_orders
from access_control.core.wire.policy import encode_policy
from access_control.core.wire.signing import Kind, seal
from access_control.database.changes import tell
from access_control.database.engine import Database
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.digests import digest_key_of
from access_control.readers.errors import ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys
from access_control.readers.models import Bridge, BridgeState, PublishedDocument, Site
from access_control.readers.orders_content import orders_for
from access_control.readers.policy_builder import draft_for
from access_control.readers.records import Revocation, RevocationAt
from access_control.readers.site import the_site
from access_control.readers.staleness import bridges_of_doors, mark_all_stale, mark_bridges_stale

__all__ = [
    "Published",
    "bridges_of_doors",
    "due_policies",
    "mark_all_stale",
    "mark_bridges_stale",
    "publish_all_orders",
    "publish_orders",
    "publish_policy",
    "publish_stale",
]

REBUILD: Final = timedelta(days=7)
_LOG: Final = logging.getLogger(__name__)
# A document's place and time: what differs between two documents that say the same.
_REVISION: Final = re.compile(rb'"epoch":\d+,"n":\d+,"made_at":"[^"]*"')


@dataclass(frozen=True, slots=True)
class Published:
    """A document that was published just now."""

    bridge_id: str
    kind: Kind
    revision: Revision


def publish_policy(session: Session, keys: SchoolKeys, bridge_id: str, at: datetime) -> Published | None:
    """Build, sign and publish a bridge's Policy; ``None`` when nothing changed or it cannot be built.

    A Policy that a bridge would refuse is not published: the last good one stays, and the bridge's ``policy_error``
    says what is wrong. Orders go before it: a door that came to this bridge, or to another building, in a lockdown
    brings the directive along.
    """
    bridge = _locked(session, bridge_id)
    if bridge is None:
        return None
    publish_all_orders(session, keys, at, {bridge_id})
    site = the_site(session)
    revision = _next(site, bridge, bridge.policy_n)
    try:
        draft = draft_for(session, bridge, keys, at, revision)
        payload = encode_policy(draft, digest_key_of(bridge, keys))
        sealed = seal(Kind.POLICY, payload, keys.document, site=site.id, to=bridge.id)
    except Refused as error:
        _failed(bridge, error.sentence)
        return None
    except (ReadersError, KeyFileError) as error:
        _failed(bridge, str(error))
        return None
    bridge.policy_error = None
    bridge.policy_stale = False
    if not _keep(session, bridge, Kind.POLICY, revision, payload, sealed, at):
        return None
    bridge.policy_n = revision.n
    return _told(session, bridge, Kind.POLICY, revision)


def publish_orders(session: Session, keys: SchoolKeys, bridge_id: str, at: datetime) -> Published | None:
    """Compile, sign and publish a bridge's Orders; ``None`` when nothing changed. Never waits for a Policy."""
    bridge = _locked(session, bridge_id)
    if bridge is None:
        return None
    site = the_site(session)
    revision = _next(site, bridge, bridge.orders_n)
    document = orders_for(session, bridge, site.id, digest_key_of(bridge, keys), at, revision)
    payload = encode_orders(document)
    sealed = seal(Kind.ORDERS, payload, keys.document, site=site.id, to=bridge.id)
    if not _keep(session, bridge, Kind.ORDERS, revision, payload, sealed, at):
        return None
    bridge.orders_n = revision.n
    _note_revocations(session, bridge, revision)
    return _told(session, bridge, Kind.ORDERS, revision)


def publish_all_orders(
    session: Session, keys: SchoolKeys, at: datetime, bridges: Collection[str] | None = None
) -> list[Published]:
    """Publish the Orders of some bridges, or of all, locked together first: no two workers wait for each other.

    One bridge whose Orders cannot be made must not keep a lockdown from the others, or unsaved, and its own Status must
    be taken: its ``policy_error`` says what is wrong, and the log once.
    """
    query = select(Bridge.id).where(Bridge.state == BridgeState.CONFIRMED).order_by(Bridge.id)
    found = [bridge for bridge in session.scalars(query) if bridges is None or bridge in bridges]
    lock_bridges(session, found)
    done: list[Published] = []
    for bridge in found:
        try:
            made = publish_orders(session, keys, bridge, at)
        except (ReadersError, KeyFileError, Refused) as error:
            row = session.get_one(Bridge, bridge)
            if row.policy_error != str(error):
                _LOG.exception("no Orders for bridge %s", bridge)
            _failed(row, str(error))
            continue
        done += [made] if made is not None else []
    return done


def publish_stale(database: Database, keys: SchoolKeys, at: datetime) -> list[Published]:
    """Rebuild the Policies that are due, each in a transaction of its own; a lockdown never waits for all of them.

    Due is what a change touched, and what was built over a week ago.
    """
    with database.reading() as session:
        due = due_policies(session, at)
    published = []
    for bridge in due:
        with database.writing() as session:
            done = publish_policy(session, keys, bridge, at)
        published += [done] if done is not None else []
    return published


def published(session: Session, bridge_id: str, kind: Kind) -> PublishedDocument | None:
    """The exact bytes last published to a bridge."""
    return session.get(PublishedDocument, (bridge_id, kind.value))


def published_revisions(session: Session, bridge_id: str) -> dict[Kind, Revision]:
    """The revisions last published to a bridge; the documents, which may be megabytes, are not read for that."""
    columns = select(PublishedDocument.kind, PublishedDocument.epoch, PublishedDocument.n)
    rows = session.execute(columns.where(PublishedDocument.bridge_id == bridge_id))
    return {Kind(kind): Revision(epoch, n) for kind, epoch, n in rows}


def due_policies(session: Session, at: datetime) -> list[str]:
    """The bridges whose Policies are due: what a change touched, and what was built over a week ago."""
    rows = session.execute(
        select(Bridge.id, Bridge.policy_stale, Bridge.policy_error, PublishedDocument.made_at)
        .outerjoin(
            PublishedDocument,
            (PublishedDocument.bridge_id == Bridge.id) & (PublishedDocument.kind == Kind.POLICY.value),
        )
        .where(Bridge.state == BridgeState.CONFIRMED)
        .order_by(Bridge.id)
    )
    return [bridge for bridge, stale, error, made_at in rows if stale or (error is None and is_old(made_at, at))]


def is_old(made_at: datetime | None, at: datetime) -> bool:
    """Whether a Policy is due for its weekly rebuild, or was never made."""
    return made_at is None or made_at + REBUILD <= at


def _locked(session: Session, bridge_id: str) -> Bridge | None:
    lock_bridges(session, {bridge_id})
    bridge = session.get(Bridge, bridge_id)
    return bridge if bridge is not None and bridge.state is BridgeState.CONFIRMED else None


def _next(site: Site, bridge: Bridge, n: int) -> Revision:
    bridge.epoch = max(bridge.epoch, site.epoch)
    return Revision(bridge.epoch, n + 1)


def _failed(bridge: Bridge, sentence: str) -> None:
    bridge.policy_error = sentence
    bridge.policy_stale = False


def _keep(
    session: Session, bridge: Bridge, kind: Kind, revision: Revision, payload: bytes, sealed: bytes, at: datetime
) -> bool:
    """Keep a document as the newest; whether it says anything new."""
    content = sha256(_REVISION.sub(b"", payload, count=1)).digest()
    row = published(session, bridge.id, kind)
    if row is not None and row.content_digest == content and row.epoch == revision.epoch:
        return False
    if row is None:
        row = PublishedDocument(bridge_id=bridge.id, kind=kind.value)
        session.add(row)
    row.epoch, row.n = revision.epoch, revision.n
    row.sealed, row.content_digest, row.made_at = sealed, content, at
    return True


def _note_revocations(session: Session, bridge: Bridge, revision: Revision) -> None:
    """Remember under which revision each revocation first travelled to this bridge."""
    known = {row.revocation_id: row for row in session.scalars(select(RevocationAt).filter_by(bridge_id=bridge.id))}
    for revocation in session.scalars(select(Revocation.id).where(Revocation.lifted_at.is_(None))):
        if revocation not in known:
            session.add(
                RevocationAt(revocation_id=revocation, bridge_id=bridge.id, epoch=revision.epoch, orders_n=revision.n)
            )


def _told(session: Session, bridge: Bridge, kind: Kind, revision: Revision) -> Published:
    session.flush()
    hint = {"hint": {kind.value: f"{revision.epoch}/{revision.n}"}}
    tell(session, f"bridge:{bridge.id}", json.dumps(hint))
    return Published(bridge.id, kind, revision)
