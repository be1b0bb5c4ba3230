"""Locks on bridges' rows: always in the order of their ids and before other rows, so no two transactions form a ring.

``docs/database.md`` has the whole order in which rows are locked.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.models import Bridge


def lock_bridges(session: Session, bridges: Collection[str] | None = None) -> None:
    """Lock some bridges, or all, until the transaction ends; those of them that the session knows are read anew.

    Who needs several, or goes on to lock a directive, the site or a stream, calls this first, with all of them.
    Other transactions may still add rows that name a locked bridge. SQLite has one writer at a time anyway.
    """
    session.flush()
    if bridges is not None and not bridges:
        return
    query = select(Bridge.id).order_by(Bridge.id).with_for_update(key_share=True)
    if bridges is not None:
        query = query.where(Bridge.id.in_(bridges))
    session.execute(query).all()
    known = [identity[0] for kind, identity, *_ in iter(session.identity_map.keys()) if kind is Bridge]
    known = [bridge for bridge in known if bridges is None or bridge in bridges]
    if known:
        fresh = select(Bridge).where(Bridge.id.in_(known)).execution_options(populate_existing=True)
        session.scalars(fresh).all()
