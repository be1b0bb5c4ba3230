"""The key statement: issued anew whenever the keys or the bridges that it names change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import Revision
from access_control.core.wire.keys import KeyStatement, decode_keys, encode_keys, seal_keys
from access_control.core.wire.signing import Kind, reread
from access_control.database.changes import tell
from access_control.readers.errors import NotThereError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Site
from access_control.readers.site import the_site


def issue_statement(session: Session, keys: SchoolKeys, at: datetime) -> bytes:
    """The key statement in force, a new one if what it says or the epoch has changed; sealed, for the whole site."""
    the_site(session)
    session.flush()
    site = session.scalars(select(Site).with_for_update(key_share=True).execution_options(populate_existing=True)).one()
    wanted = _statement(session, site, keys, at)
    if site.keys_sealed is not None:
        before = decode_keys(reread(site.keys_sealed, kind=Kind.KEYS))
        same = replace(wanted, revision=before.revision, made_at=before.made_at)
        if encode_keys(same) == encode_keys(before) and before.revision.epoch == site.epoch:
            return site.keys_sealed
    site.keys_n = wanted.revision.n
    site.keys_sealed = seal_keys(wanted, keys.identity)
    session.flush()
    hint = json.dumps({"hint": {"keys": f"{wanted.revision.epoch}/{wanted.revision.n}"}})
    for bridge in session.scalars(select(Bridge.id).where(Bridge.state == BridgeState.CONFIRMED)):
        tell(session, f"bridge:{bridge}", hint)
    return site.keys_sealed


def statement_in_force(session: Session) -> tuple[bytes, Revision]:
    """The key statement last issued, and its revision.

    Raises:
        NotThereError: None was issued yet.
    """
    site = the_site(session)
    if site.keys_sealed is None:
        raise NotThereError("The school has issued no key statement yet.", "Start the service once.")
    return site.keys_sealed, decode_keys(reread(site.keys_sealed, kind=Kind.KEYS)).revision


def set_tls_keys(
    session: Session, keys: SchoolKeys, at: datetime, current: bytes | None, following: bytes | None = None
) -> None:
    """Say which TLS keys bridges may believe, as SHA-256 of their SubjectPublicKeyInfo."""
    site = the_site(session)
    if (site.tls_current, site.tls_next) != (current, following):
        site.tls_current, site.tls_next = current, following
    issue_statement(session, keys, at)


def _statement(session: Session, site: Site, keys: SchoolKeys, at: datetime) -> KeyStatement:
    bridges = session.scalars(select(Bridge).where(Bridge.state == BridgeState.CONFIRMED).order_by(Bridge.id))
    return KeyStatement(
        site=site.id,
        revision=Revision(site.epoch, site.keys_n + 1),
        made_at=at,
        document_keys=keys.document_public(),
        pass_keys=keys.pass_public(),
        tls_current=site.tls_current,
        tls_next=site.tls_next,
        bridges={
            bridge.id: (bridge.public_key, ("site", f"building:{bridge.building_id}"))
            for bridge in bridges
            if bridge.public_key is not None
        },
    )
