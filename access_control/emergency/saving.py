"""The thread that saves emergencies and never gives up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import Directive
from access_control.database.engine import Database
from access_control.emergency.unsaved import Unsaved, UnsavedFiles
from access_control.readers import orders
from access_control.readers.keys import SchoolKeys

AGAIN_S: Final = 0.5
_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    one: Unsaved
    saved: threading.Event = field(default_factory=threading.Event)


class Saver:
    """Saves what was started, the oldest first, for as long as it takes."""

    def __init__(self, database: Database, keys: SchoolKeys, now: Callable[[], datetime], files: UnsavedFiles) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self._files = files
        self._waiting: dict[str, _Waiting] = {}
        self._ready = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def add(self, one: Unsaved) -> None:
        """Save this one from now on."""
        with self._ready:
            if one.directive.id not in self._waiting:
                self._waiting[one.directive.id] = _Waiting(one)
                self._ready.notify()
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._run, name="saves emergencies", daemon=True)
                self._thread.start()

    def waits(self, directive: str) -> bool:
        """Whether it is not saved yet."""
        with self._ready:
            return directive in self._waiting

    def waiting(self) -> list[Unsaved]:
        """Everything that is not saved yet."""
        with self._ready:
            return [waiting.one for waiting in self._waiting.values()]

    def wait_saved(self, directive: str, timeout_s: float) -> bool:
        """Wait until it is saved; whether it is."""
        with self._ready:
            waiting = self._waiting.get(directive)
        return waiting is None or waiting.saved.wait(timeout_s)

    def close(self) -> None:
        """End the thread. What is not saved stays in its file."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join(15)

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                oldest = next(iter(self._waiting.values()))
            if not self._try(oldest):
                with self._ready:
                    self._ready.wait_for(lambda: self._closing, AGAIN_S)

    def _try(self, waiting: _Waiting) -> bool:
        one = waiting.one
        self._keep(one)  # first, so that a crash of the service while the database is locked loses nothing
        try:
            with self._database.writing() as session:
                save(session, self._keys, self._now(), one)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, this thread has to go on trying
            _LOG.warning("emergency %s is not saved yet: %s: %s", one.directive.id, type(error).__name__, error)
            return False
        with self._ready:
            self._waiting.pop(one.directive.id, None)
        waiting.saved.set()
        self._files.drop(one.directive.id)
        return True

    def _keep(self, one: Unsaved) -> None:
        try:
            self._files.put(one)
        except OSError as error:
            _LOG.warning("emergency %s is in memory only: %s", one.directive.id, error)


def save(session: Session, keys: SchoolKeys, at: datetime, one: Unsaved) -> None:
    """Save an emergency with the drills that it ended; one that is saved already stays as it is."""
    new = orders.add_directive(session, keys, at, one.directive, one.sealed, by_name=one.by_name)
    for release, sealed in one.ended:
        orders.add_release(session, keys, at, release, sealed, by_name=one.by_name)
    if new:
        record(
            session,
            at,
            actor=one.directive.by,
            action="emergency.started",
            subject=f"directive:{one.directive.id}",
            facts=_facts(one.directive),
        )


def _facts(directive: Directive) -> dict[str, object]:
    return {
        "action": directive.action.value,
        "scope": directive.scope,
        "doors": len(directive.doors),
        "drill": directive.drill,
        "started_at": directive.started_at.isoformat(),
    }
