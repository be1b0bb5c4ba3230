"""The next changes that schedules bring to doors, from the timetables of the Policies last published.

What a bridge does at its doors it does by these, so they are read from the stored bytes, and only when those change.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import Timetable
from access_control.core.wire.signing import Kind
from access_control.readers.documents import read_policy
from access_control.readers.errors import ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys
from access_control.readers.models import Bridge, BridgeState, PublishedDocument


@dataclass(frozen=True, slots=True)
class Change:
    """Doors that change together.

    Attributes:
        unlocks: Whether they stand unlocked from ``at`` on; they lock otherwise.
        doors: Sorted.
    """

    at: datetime
    unlocks: bool
    doors: tuple[int, ...]


def next_changes(timetables: Mapping[int, Timetable], at: datetime, most: int) -> list[Change]:
    """The first changes after a moment, the soonest first."""
    found: defaultdict[tuple[int, bool], set[int]] = defaultdict(set)
    for door, timetable in timetables.items():
        for edge in _edges(timetable, int(at.timestamp()), most):
            found[edge].add(door)
    return [
        Change(datetime.fromtimestamp(second, UTC), unlocks, tuple(sorted(found[second, unlocks])))
        for second, unlocks in sorted(found)[:most]
    ]


def _edges(timetable: Timetable, now: int, most: int) -> Iterator[tuple[int, bool]]:
    if timetable.always:
        return
    for edges, unlocks in ((timetable.starts, True), (timetable.ends, False)):
        first = bisect_right(edges, now)
        yield from ((second, unlocks) for second in edges[first : first + most])


class UnlockTimetables:
    """When doors stand unlocked, by door, of every confirmed bridge; decoded once for each Policy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[int, int], Mapping[int, Timetable]]] = {}

    def read(self, session: Session, keys: SchoolKeys, doors: Collection[int]) -> dict[int, Timetable]:
        """Those of these doors. A Policy that cannot be opened says nothing of its doors."""
        query = (
            select(PublishedDocument.bridge_id, PublishedDocument.epoch, PublishedDocument.n)
            .join(Bridge, Bridge.id == PublishedDocument.bridge_id)
            .where(PublishedDocument.kind == Kind.POLICY.value, Bridge.state == BridgeState.CONFIRMED)
        )
        found: dict[int, Timetable] = {}
        for bridge_id, epoch, n in session.execute(query):
            found |= self._of(session, keys, bridge_id, (epoch, n))
        return {door: timetable for door, timetable in found.items() if door in doors}

    def _of(
        self, session: Session, keys: SchoolKeys, bridge_id: str, revision: tuple[int, int]
    ) -> Mapping[int, Timetable]:
        with self._lock:
            known = self._known.get(bridge_id)
        if known is not None and known[0] == revision:
            return known[1]
        try:
            policy = read_policy(session, keys, session.get_one(Bridge, bridge_id))
        except (ReadersError, KeyFileError):
            policy = None
        of_doors = {} if policy is None else {id_: door.scheduled_unlock for id_, door in policy.doors.items()}
        with self._lock:
            self._known[bridge_id] = (revision, of_doors)
        return of_doors
