"""The thread that carries out releases whose wait is over, whoever is looking and whatever was restarted meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from access_control.database.engine import Database
from access_control.emergency.releasing import finish_due
from access_control.emergency.school import School
from access_control.readers.keys import SchoolKeys

_LOG: Final = logging.getLogger(__name__)


class Finisher:
    """Works when it is told that something is due; the thread starts when that first happens."""

    def __init__(self, database: Database, keys: SchoolKeys, now: Callable[[], datetime]) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self._due = threading.Event()
        self._closing = False
        self._school: School | None = None
        self._thread: threading.Thread | None = None

    def look(self, school: School | None) -> None:
        """Begin if a release of this school is due; never waits."""
        if self._closing or school is None or school.release_due_at is None or school.release_due_at > self._now():
            return
        self._school = school
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="finishes releases", daemon=True)
            self._thread.start()
        self._due.set()

    def close(self) -> None:
        """End the thread; what is due is finished after the next start."""
        self._closing = True
        self._due.set()
        if self._thread is not None:
            self._thread.join(15)

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._closing:
                return
            try:
                with self._database.writing() as session:
                    assert self._school is not None
                    finish_due(session, self._keys, self._now(), self._school)
            except Exception as error:  # noqa: BLE001 - it is tried again in a second, whatever was wrong
                _LOG.warning("a release that is due could not be finished yet: %s: %s", type(error).__name__, error)
