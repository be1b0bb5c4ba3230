"""PostgreSQL's LISTEN and NOTIFY for :mod:`access_control.database.changes`: two threads, each with its connection.

Both connect again for ever. After a link was lost the caller is told that word may have been missed.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

import psycopg

CHANNEL: Final = "access_control"
_AGAIN_S: Final = 0.5
_PROOF_S: Final = 20.0  # a silent link is asked for a sign of life this often
_UNSENT: Final = 1000


class Notifications:
    """Sends and hears texts of up to 8000 bytes. Threads start when they are first needed."""

    channel: Final = CHANNEL

    def __init__(self, server: str, hear: Callable[[str], None], lost: Callable[[], None]) -> None:
        """``hear`` and ``lost`` are called from the listening thread."""
        self._server = server
        self._hear = hear
        self._lost = lost
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._unsent: deque[str] = deque(maxlen=_UNSENT)
        self._to_send = threading.Condition()
        self._listening: threading.Thread | None = None
        self._sending: threading.Thread | None = None
        self._heard_first = threading.Event()
        self._wake_in, self._wake_out = -1, -1

    def listen(self) -> None:
        """Hear from now on; waits until the server listens, a second at most where it does not answer."""
        with self._lock:
            if self._closing.is_set():
                return
            if self._listening is None:
                self._wake_out, self._wake_in = os.pipe()
                self._listening = threading.Thread(target=self._listen, name="word from workers", daemon=True)
                self._listening.start()
        self._heard_first.wait(1.0)

    def send(self, text: str) -> None:
        """Tell the other workers; goes on trying in its own thread while the server does not answer."""
        with self._lock:
            if self._closing.is_set():
                return
            if self._sending is None:
                self._sending = threading.Thread(target=self._send, name="word to workers", daemon=True)
                self._sending.start()
        with self._to_send:
            self._unsent.append(text)
            self._to_send.notify()

    def close(self) -> None:
        """End both threads and their connections."""
        with self._lock:
            self._closing.set()
            if self._wake_in >= 0:
                os.write(self._wake_in, b".")
        with self._to_send:
            self._to_send.notify()
        for thread in (self._listening, self._sending):
            if thread is not None:
                thread.join()
        with self._lock:
            for end in (self._wake_in, self._wake_out):
                if end >= 0:
                    os.close(end)
            self._wake_in, self._wake_out = -1, -1

    def _listen(self) -> None:
        again = False
        while not self._closing.is_set():
            with contextlib.suppress(psycopg.Error, OSError), self._connected() as link:
                link.execute(f"LISTEN {CHANNEL}")
                self._heard_first.set()
                if again:
                    self._lost()
                again = True
                self._listen_on(link)
            self._closing.wait(_AGAIN_S)

    def _listen_on(self, link: psycopg.Connection) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(link.fileno(), selectors.EVENT_READ)
            waiting.register(self._wake_out, selectors.EVENT_READ)
            while not self._closing.is_set():
                for word in link.notifies(timeout=0):
                    self._hear(word.payload)
                if not waiting.select(_PROOF_S):
                    link.execute("SELECT 1")

    def _send(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(psycopg.Error, OSError), self._connected() as link:
                self._send_on(link)
            self._closing.wait(_AGAIN_S)

    def _send_on(self, link: psycopg.Connection) -> None:
        while True:
            with self._to_send:
                self._to_send.wait_for(lambda: self._unsent or self._closing.is_set())
                if not self._unsent:
                    return
                text = self._unsent[0]
            link.execute("SELECT pg_notify(%s, %s)", (CHANNEL, text))
            with self._to_send:
                if self._unsent and self._unsent[0] is text:
                    self._unsent.popleft()

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self._server, autocommit=True)
