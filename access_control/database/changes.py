"""Word of changes between threads, and on PostgreSQL between workers.

In one process word travels in memory, so it arrives also when the database is dead. On PostgreSQL it goes to the other
workers as a notification, too: inside the transaction (:meth:`Changes.tell`), or at once on a connection of its own
(:meth:`Changes.tell_now`). Word is a hint to look, or something that is safe to hear twice: a listener that fell behind
or lost its link has ``missed`` set, and then has to read everything again.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from access_control.database.notifications import Notifications

PAYLOAD_LIMIT: Final = 7800  # bytes; PostgreSQL takes 8000, the topic and the sender's name included
_QUEUE_LENGTH: Final = 1000
_PENDING: Final = "changes to tell"
CHANGES: Final = "changes"
"""Where a writing session keeps its database's :class:`Changes`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One word: what about (``bridge:UUID``, ``live``) and what, usually as JSON."""

    topic: str
    payload: str


class Listener:
    """What was told about some topics, in order; leave the ``with`` block to stop listening.

    Attributes:
        topics: What it listens to.
    """

    def __init__(self, changes: Changes, topics: frozenset[str]) -> None:
        self.topics = topics
        self._changes = changes
        self._heard: deque[Change] = deque()
        self._ready = threading.Condition()
        self._missed = False
        self._woken = False
        self._closed = False

    def get(self, timeout_s: float) -> Change | None:
        """Wait for the next word.

        ``None`` when there was none in time, when something was missed since the last call, and at once when the
        database was closed.
        """
        with self._ready:
            self._ready.wait_for(lambda: self._heard or self._woken or self._closed, timeout_s)
            self._woken = False
            return self._heard.popleft() if self._heard else None

    @property
    def missed(self) -> bool:
        """Whether word was lost: read everything again, after calling :meth:`take_missed`."""
        return self._missed

    @property
    def closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def take_missed(self) -> bool:
        """Whether word was lost since the last call; forgets it."""
        with self._ready:
            missed, self._missed = self._missed, False
            self._woken = False
            return missed

    def close(self) -> None:
        """Stop listening; a waiting :meth:`get` returns."""
        self._changes.forget(self)
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    def hear(self, change: Change) -> None:
        """Take a word; the oldest makes room when nobody fetches them."""
        with self._ready:
            if len(self._heard) >= _QUEUE_LENGTH:
                self._heard.popleft()
                self._missed = True
            self._heard.append(change)
            self._ready.notify()

    def lost_some(self) -> None:
        """Note that word may have been lost, and wake the one who waits."""
        with self._ready:
            self._missed = self._woken = True
            self._ready.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Changes:
    """Tells threads, and on PostgreSQL the other workers, what changed."""

    def __init__(self, postgresql: str | None = None) -> None:
        """``postgresql``: how to reach the server, in libpq's words; ``None`` on SQLite, which has one worker."""
        self._listeners: tuple[Listener, ...] = ()
        self._lock = threading.Lock()
        self._sender = uuid.uuid4().hex
        self._others = None if postgresql is None else Notifications(postgresql, self._from_others, self._lost_some)

    def watch(self, sessions: sessionmaker[Session]) -> None:
        """Deliver what these sessions tell once they have committed."""
        event.listen(sessions, "after_commit", self._committed)
        event.listen(sessions, "after_rollback", self._rolled_back)

    def tell(self, session: Session, topic: str, payload: str) -> None:
        """Tell it when the transaction is committed, and never if it is not."""
        _check(topic, payload)
        session.info.setdefault(_PENDING, []).append(Change(topic, payload))
        if self._others is not None:
            session.execute(select(func.pg_notify(self._others.channel, self._to_others(topic, payload))))

    def tell_now(self, topic: str, payload: str) -> None:
        """Tell it at once, outside any transaction.

        Returns when this process has heard it, whatever the state of the database; other workers hear it from a thread
        that goes on trying.
        """
        _check(topic, payload)
        self._deliver([Change(topic, payload)])
        if self._others is not None:
            self._others.send(self._to_others(topic, payload))

    def listen(self, *topics: str) -> Listener:
        """Hear about these topics from now on; close the listener (it is a context manager) when done."""
        listener = Listener(self, frozenset(topics))
        with self._lock:
            self._listeners = (*self._listeners, listener)
        if self._others is not None:
            self._others.listen()
        return listener

    def forget(self, listener: Listener) -> None:
        """Tell this listener nothing more."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def close(self) -> None:
        """End every listener and thread."""
        if self._others is not None:
            self._others.close()
        for listener in self._listeners:
            listener.close()

    def _to_others(self, topic: str, payload: str) -> str:
        return f"{self._sender} {topic} {payload}"

    def _from_others(self, text: str) -> None:
        sender, _, rest = text.partition(" ")
        topic, _, payload = rest.partition(" ")
        if sender != self._sender:  # our own word was heard in memory already
            self._deliver([Change(topic, payload)])

    def _deliver(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for listener in self._listeners:
                if change.topic in listener.topics:
                    listener.hear(change)

    def _lost_some(self) -> None:
        for listener in self._listeners:
            listener.lost_some()

    def _committed(self, session: Session) -> None:
        self._deliver(session.info.pop(_PENDING, []))

    def _rolled_back(self, session: Session) -> None:
        session.info.pop(_PENDING, None)


def tell(session: Session, topic: str, payload: str) -> None:
    """Tell it when this writing session's transaction is committed, and never if it is not."""
    changes: Changes = session.info[CHANGES]
    changes.tell(session, topic, payload)


def _check(topic: str, payload: str) -> None:
    if not topic or " " in topic:
        raise ValueError(f"a topic has no spaces: {topic!r}")
    if len(payload.encode()) > PAYLOAD_LIMIT or "\0" in payload:
        raise ValueError(f"word about {topic} has {len(payload.encode())} bytes; send a hint to read it instead")
