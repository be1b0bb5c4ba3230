"""The school in memory, read again when something changes and every few seconds; the last good one serves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from access_control.clock import monotonic_s
from access_control.database.engine import Database
from access_control.database.errors import DatabaseError
from access_control.emergency.school import Running, School, read_school
from access_control.readers.records import DirectiveRow

REFRESH_S: Final = 5.0
BEAT_S: Final = 1.0
LIVE: Final = "live"
STARTED: Final = "emergency-started"
"""The topic on which workers tell each other what was started; the payload holds the signed directive."""


class Memory:
    """Keeps :class:`School` fresh from a thread of its own; nothing that it offers waits for the database."""

    def __init__(self, database: Database, beat: Callable[[], None], hear: Callable[[str], None]) -> None:
        """``beat`` is called about once a second from the thread, ``hear`` with what a worker started."""
        self._database = database
        self._beat = beat
        self._hear = hear
        self._school: School | None = None
        self._unsaved: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener = database.changes.listen(LIVE, STARTED)
        self._thread = threading.Thread(target=self._run, name="emergencies in memory", daemon=True)
        self.refresh()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def school(self) -> School | None:
        """The school as last read, with emergencies that are not saved yet; ``None`` before there is a site."""
        with self._lock:
            school, unsaved = self._school, dict(self._unsaved)
        if school is None:
            return None
        known = {one.directive.id for one in school.running}
        return replace(school, running=(*school.running, *(one for id_, one in unsaved.items() if id_ not in known)))

    def add(self, running: Running) -> None:
        """Know an emergency from now on, before the database does."""
        with self._lock:
            self._unsaved.setdefault(running.directive.id, running)

    def refresh(self) -> bool:
        """Read the school again; whether that went well. The last good one serves otherwise."""
        with self._lock:
            waiting = list(self._unsaved)
        try:
            with self._database.reading() as session:
                school = read_school(session)
                stored = set(session.scalars(select(DirectiveRow.id).where(DirectiveRow.id.in_(waiting))))
        except (DatabaseError, SQLAlchemyError):
            return False
        with self._lock:
            self._school = school
            for id_ in stored:
                self._unsaved.pop(id_, None)
        return True

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._listener.close()
        if self._thread.ident is not None:
            self._thread.join(10)

    def _run(self) -> None:
        read_at = beat_at = monotonic_s()
        while not (self._closing.is_set() or self._listener.closed):
            change = self._listener.get(BEAT_S)
            now = monotonic_s()
            if change is not None and change.topic == STARTED:
                self._hear(change.payload)
            concerns_us = change is not None and change.topic == LIVE and _is_emergency(change.payload)
            if concerns_us or self._listener.take_missed() or now - read_at >= REFRESH_S:
                self.refresh()
                read_at = monotonic_s()
            if now - beat_at >= BEAT_S:
                self._beat()
                beat_at = now


def _is_emergency(payload: str) -> bool:
    try:
        said = json.loads(payload)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("what") in {"emergency", "settings", "doors"}
