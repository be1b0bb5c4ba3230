"""Live pictures for every open screen: one is read for all of them, at most four times a second.

A thread reads while anybody looks. It hears word of changes, and looks every second anyway, so that what grows old
without a word is noticed too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from access_control.clock import monotonic_s
from access_control.database.changes import Listener
from access_control.database.engine import Database
from access_control.database.errors import DatabaseError
from access_control.people.permissions import Actor
from access_control.web.picture import Picture, alarms, events_for, seen_by

LEAST_S: Final = 0.25
LOOK_S: Final = 1.0
LINGER_S: Final = 20.0
"""The thread goes on so long after the last screen went away; polling screens come back sooner."""
EVENTS: Final = 30
TOPIC: Final = "live"

_LOG: Final = structlog.get_logger(__name__)
Read = Callable[[Session, datetime], Picture]


@dataclass(frozen=True)
class Shot:
    """A picture and what it becomes for each kind of viewer, made once for all who see the same.

    Attributes:
        number: Counted up with each picture.
        heard: Topics of pages (``desk``, ``emergency``, ...) and the number of the picture at which each was last told.
        answers: Whether the database answered; if not, the picture is the one before.
    """

    number: int
    picture: Picture
    heard: Mapping[str, int] = field(default_factory=dict)
    answers: bool = True
    _made: dict[object, str] = field(default_factory=dict)

    def state(self, actor: Actor, seen: dict[str, str]) -> dict[str, Any]:
        """Doors, bridges and alarms for a viewer."""
        return {**seen_by(self.picture, actor, seen), "answers": self.answers}

    def state_text(self, actor: Actor, seen: dict[str, str]) -> str:
        """The same as JSON."""
        key = ("state", actor.grants, tuple(seen.items()))
        return self._once(key, lambda: json.dumps(self.state(actor, seen), separators=(",", ":")))

    def events_text(self, actor: Actor) -> str:
        """What happened, as JSON."""
        key = ("events", actor.grants)
        return self._once(key, lambda: json.dumps(events_for(self.picture, actor, EVENTS), separators=(",", ":")))

    def _once(self, key: object, make: Callable[[], str]) -> str:
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        return found


class Feed:
    """Reads pictures and hands them to whoever waits.

    Attributes:
        seen: Alarms that somebody sees, by key, with the name of who does.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], read: Read) -> None:
        self._database = database
        self._clock = clock
        self._read = read
        self._shot: Shot | None = None
        self._new = threading.Condition()
        self._reading = threading.Lock()
        self._watchers = 0
        self._until_s = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False
        self._taken_s = 0.0
        self._heard: dict[str, int] = {}
        self.seen: dict[str, str] = {}

    def see(self, key: str, name: str) -> None:
        """Note who sees an alarm; forgotten when its cause is gone."""
        with self._new:
            self.seen = {**self.seen, key: name}

    def now(self) -> Shot:
        """The picture of this moment: not older than a quarter of a second, or what every open screen shows.

        While the thread follows each word of change, its newest picture is as good as another one, which would go out
        to all screens.

        Raises:
            DatabaseError: The database does not answer, and never did.
        """
        with self._reading:
            shot = self._shot
            limit_s = LEAST_S if self._thread is None else LOOK_S + LEAST_S
            age_s = None if shot is None else (self._clock() - shot.picture.at).total_seconds()
            if shot is None or age_s is None or not 0 <= age_s < limit_s:
                shot = self._take(())
        return shot

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep pictures coming."""
        with self._new:
            self._watchers += 1
            if self._thread is None and not self._closed:
                listener = self._database.changes.listen(TOPIC)
                self._thread = threading.Thread(target=self._run, args=(listener,), name="live feed", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._new:
                self._watchers -= 1
                self._until_s = monotonic_s() + LINGER_S

    def wait(self, after: int, timeout_s: float) -> Shot | None:
        """The first picture after a number; ``None`` if there was none in time, or there will be none any more."""
        with self._new:
            self._new.wait_for(
                lambda: self._closed or (self._shot is not None and self._shot.number > after), timeout_s
            )
            shot = self._shot
        return shot if shot is not None and shot.number > after else None

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more, because the service stops."""
        return self._closed

    def _run(self, listener: Listener) -> None:
        with listener:
            while self._goes_on(listener):
                self._round(listener)

    def _goes_on(self, listener: Listener) -> bool:
        with self._new:
            self._closed = listener.closed
            wanted = self._watchers > 0 or monotonic_s() < self._until_s
            if self._closed or not wanted:
                self._thread = None
                self._new.notify_all()
                return False
            return True

    def _round(self, listener: Listener) -> None:
        """Hear what changed, let a quarter of a second pass since the last picture, and take one."""
        words: set[str] = set()
        change = listener.get(LOOK_S)
        while change is not None:
            words.add(_word(change.payload))
            change = listener.get(max(0.0, self._taken_s + LEAST_S - monotonic_s()))
        if listener.closed:
            return
        with self._reading:
            try:
                self._take(words)
            except DatabaseError as error:
                _LOG.warning("live pictures wait for the database", problem=error.sentence)

    def _take(self, words: Collection[str]) -> Shot:
        number = 1 if self._shot is None else self._shot.number + 1
        self._heard = {**self._heard, **dict.fromkeys(words, number)}
        self._taken_s = monotonic_s()
        try:
            with self._database.reading() as session:
                shot = Shot(number, self._read(session, self._clock()), self._heard)
        except DatabaseError:
            if self._shot is None:
                raise
            shot = Shot(number, self._shot.picture, self._heard, answers=False)
        ringing = {alarm["key"] for alarm in alarms(shot.picture.site.doors, shot.picture.site.bridges, {})}
        with self._new:
            self.seen = {key: name for key, name in self.seen.items() if key in ringing}
            self._shot = shot
            self._new.notify_all()
        return shot


def _word(payload: str) -> str:
    try:
        what = json.loads(payload).get("what", "")
    except (ValueError, AttributeError):
        return ""
    return str(what)
