"""Who was seen lately, in memory: the emergency control must know its operator while the database is locked or dead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from access_control.database.engine import Database
from access_control.database.errors import DatabaseError
from access_control.people.actors import actor_of
from access_control.people.permissions import Actor

FRESH: Final = timedelta(seconds=10)
"""For so long an operator is taken as they were, so that a page with many parts asks the database once."""

REMEMBERED: Final = timedelta(hours=12)
"""For so long an operator is known while the database does not answer; as long as a session may be idle."""


@dataclass(frozen=True, slots=True)
class _Seen:
    actor: Actor
    at: datetime


class KnownActors:
    """Operators as they were when last read."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._lock = threading.Lock()

    def get(self, database: Database, operator_id: str, at: datetime, *, patient: bool = True) -> Actor | None:
        """An operator, read anew when what is known of them is older than 10 s.

        ``patient=False`` is for the emergency control: whoever was seen within 12 h is known, and nothing waits for the
        database. Otherwise a database that does not answer leaves what is known.

        Raises:
            DatabaseError: The database does not answer, and this operator was not seen lately.
        """
        seen = self._seen.get(operator_id)
        if seen is not None and at - seen.at < (FRESH if patient else REMEMBERED):
            return _still(seen.actor, at)
        try:
            return self.get_anew(database, operator_id, at)
        except DatabaseError:
            if seen is None or at - seen.at >= REMEMBERED:
                raise
            return _still(seen.actor, at)

    def get_anew(self, database: Database, operator_id: str, at: datetime) -> Actor | None:
        """An operator as they are now, for what changes something: a right that was taken away is gone at once.

        Raises:
            DatabaseError: The database does not answer; what is remembered does not count.
        """
        with database.reading() as session:
            actor = actor_of(session, operator_id, at)
        self.remember(operator_id, actor, at)
        return actor

    def remember(self, operator_id: str, actor: Actor | None, at: datetime) -> None:
        """Keep what was just read; ``None`` forgets them."""
        with self._lock:
            if actor is None:
                self._seen.pop(operator_id, None)
            else:
                self._seen[operator_id] = _Seen(actor, at)

    def forget(self, operator_id: str) -> None:
        """Read this operator anew at the next request: something about them was changed."""
        self.remember(operator_id, None, datetime.min)  # noqa: DTZ901 - no time is needed to forget

    def reader(self, database: Database, clock: Callable[[], datetime]) -> Callable[[str], Actor | None]:
        """How a stream asks again, now and then, whether its operator may still look."""
        return lambda operator_id: self.get(database, operator_id, clock())


def _still(actor: Actor, at: datetime) -> Actor:
    """An operator without the grants that have ended since."""
    grants = tuple(grant for grant in actor.grants if grant.ends_at is None or at < grant.ends_at)
    if len(grants) == len(actor.grants):
        return actor
    return Actor(actor.id, actor.name, actor.login, grants, actor.settings, actor.session_salt)
