"""A database that was put back from an older copy: how that shows, and what makes bridges listen again.

Bridges never go backwards, so what such a database publishes under its own numbers is not taken: a lost card would go
on opening. A higher epoch overrules every number there was. Each bridge gets everything under it as soon as it speaks;
its row is locked then, and no other bridge's is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.model import Revision
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.revisions import newer
from access_control.core.wire.signing import Kind
from access_control.core.wire.uplink import StatusRequest, read_revision
from access_control.readers.errors import NotThereError
from access_control.readers.events import record_own, wanted
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, Site
from access_control.readers.publishing import publish_all_orders, published_revisions
from access_control.readers.records import RevocationAt
from access_control.readers.site import the_site
from access_control.readers.statements import issue_statement, statement_in_force

LACKS_EVENTS: Final = "lacks_events"
"""Where ``Bridge.in_force`` keeps that events are missing here which the bridge once sent: it shows a restore once."""
BELIEVED_AHEAD: Final = timedelta(days=1)
"""An epoch is never far past the seconds of UTC; a bridge that names a later one must not use up all there are."""


def note_restore(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    bridge: Bridge,
    request: StatusRequest,
    *,
    heard_at: datetime | None,
) -> bool:
    """Look in a Status for what only a newer database than this can have made, and publish anew where that is due.

    Args:
        session: A transaction that writes and has the bridge's row locked.
        keys: For publishing.
        at: Now.
        bridge: Whose Status came; its ``in_force`` is still the one before.
        request: The Status.
        heard_at: When the bridge spoke before, as far as this database knows. If that was before a restore that is
            known already, its lost events went with that one: it may have its first documents under the new epoch
            from the push stream, before its first Status, and these must not pass for those of a newer database.

    Returns:
        What ``in_force`` has to keep as :data:`LACKS_EVENTS`.
    """
    lacked = bool(bridge.in_force.get(LACKS_EVENTS))
    lacks = wanted(session, bridge.id, request.stream, request.acknowledged) is not None
    lost = lacks and not lacked and not _restored_since(session, heard_at)
    made = _published(session, bridge.id)
    beyond = _beyond(session, at, request, made, lost_events=lost)
    if beyond is not None:
        site = session.scalars(
            select(Site).with_for_update(skip_locked=True, key_share=True).execution_options(populate_existing=True)
        ).one_or_none()
        if site is None:  # whoever changes it may wait for this bridge; the next Status tells the same
            return lacked
        if beyond >= site.epoch:  # no other bridge's Status was first
            raise_epoch(session, at, f"bridge:{bridge.id}", above=beyond)
            issue_statement(session, keys, at)
            record_own(session, at, EventCode.SERVICE_RESTORED, detail={"bridge": bridge.id, "epoch": site.epoch})
    _publish_anew(session, keys, at, bridge, made)
    return lacks


def raise_epoch(session: Session, at: datetime, by: str, *, above: int = 0) -> int:
    """Overrule every revision that was published before this database was put back; the new epoch.

    Args:
        session: A transaction that writes.
        at: Now.
        by: Who noticed, as the audit names it.
        above: An epoch that is in use at a bridge.
    """
    site = the_site(session)
    site.epoch = max(site.epoch + 1, above + 1, int(at.timestamp()))
    site.restored_at = at
    session.flush()
    record(session, at, actor=by, action="site.restored", subject=f"site:{site.id}", facts={"epoch": site.epoch})
    return site.epoch


def _restored_since(session: Session, heard_at: datetime | None) -> bool:
    restored_at = the_site(session).restored_at
    return restored_at is not None and (heard_at is None or heard_at < restored_at)


def _beyond(
    session: Session, at: datetime, request: StatusRequest, made: Mapping[Kind, Revision], *, lost_events: bool
) -> int | None:
    """The highest epoch at a bridge that has what this database never published, or sent events that are lost here.

    Nothing where there is none, or where the site's epoch overrules it already.
    """
    said = {
        Kind.POLICY: read_revision(request.in_force.policy),
        Kind.ORDERS: read_revision(request.in_force.orders),
        Kind.KEYS: read_revision(request.in_force.keys),
    }
    latest = int((at + BELIEVED_AHEAD).timestamp())
    epoch = the_site(session).epoch
    found = [
        revision.epoch
        for kind, revision in said.items()
        if revision is not None
        and epoch <= revision.epoch <= latest
        and (lost_events or newer(revision, made.get(kind)))
    ]
    return max(found, default=None)


def _published(session: Session, bridge_id: str) -> dict[Kind, Revision]:
    made = published_revisions(session, bridge_id)
    with suppress(NotThereError):  # none was issued yet
        made[Kind.KEYS] = statement_in_force(session)[1]
    return made


def _publish_anew(
    session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, made: Mapping[Kind, Revision]
) -> None:
    """Give a bridge its documents under the site's epoch where the newest are of an earlier one.

    Orders that cannot be made are tried again with each Status, which is taken all the same. Once they can be, what
    kept the Policy back may be gone as well.
    """
    epoch = the_site(session).epoch
    mended = False
    if Kind.ORDERS in made and made[Kind.ORDERS].epoch < epoch:
        # Whatever number they bore: what the bridge had under that may have been another document.
        waiting = update(RevocationAt).where(RevocationAt.bridge_id == bridge.id, RevocationAt.confirmed_at.is_(None))
        session.execute(waiting.values(epoch=epoch, orders_n=0))
        mended = bool(publish_all_orders(session, keys, at, {bridge.id}))
    if Kind.POLICY in made and made[Kind.POLICY].epoch < epoch and (mended or bridge.policy_error is None):
        bridge.policy_stale = True
