"""Which bridges have to be told that a directive has ended although none of their doors is in its scope.

A bridge that took a directive from a neighbour would hold it for ever otherwise. And a new machine knows nothing of
what was before it, so somebody who recorded an old directive could tell it that one: it gets the release first.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.readers.records import DirectiveRow, ReleaseOwed

MOST: Final = 500
"""So many ends a new machine is told, the newest: a school with fifty emergencies and drills a year has as many in ten
years, and each is kept on the disk before the next document is taken."""


def owe_release(session: Session, row: DirectiveRow, bridge_id: str) -> None:
    """A bridge holds this directive whatever its doors; harmless where it is known already."""
    if session.get(ReleaseOwed, (row.id, bridge_id)) is None:
        session.add(ReleaseOwed(directive_id=row.id, bridge_id=bridge_id))
        session.flush()


def owe_past_releases(session: Session, bridge_id: str) -> None:
    """A new machine is to know what has ended before it takes anything from a neighbour."""
    ended = select(DirectiveRow).where(DirectiveRow.ended_at.is_not(None))
    for row in session.scalars(ended.order_by(DirectiveRow.started_at.desc(), DirectiveRow.id).limit(MOST)).all():
        owe_release(session, row, bridge_id)


def owed_to(session: Session, bridge_id: str) -> set[str]:
    """The ended directives of whose release a bridge still has to be told."""
    return set(
        session.scalars(
            select(ReleaseOwed.directive_id)
            .join(DirectiveRow, DirectiveRow.id == ReleaseOwed.directive_id)
            .where(ReleaseOwed.bridge_id == bridge_id, DirectiveRow.ended_at.is_not(None))
        )
    )


def owed_bridges(session: Session, directive: str) -> set[str]:
    """The bridges that hold a directive whatever their doors."""
    return set(session.scalars(select(ReleaseOwed.bridge_id).where(ReleaseOwed.directive_id == directive)))
