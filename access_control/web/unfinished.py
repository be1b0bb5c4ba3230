"""Requests whose body still comes: one address keeps a part of the threads waiting at most.

A body that trickles in holds a thread until it is whole. Whoever opens many of those would keep everybody else out, and
with them whoever starts a lockdown. Addresses are those of connections: behind a proxy they are all the proxy's, which
then has to wait for whole bodies itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask

if TYPE_CHECKING:  # there is no such module at run time
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LEAST: Final = 8
PART: Final = 4
_SENTENCE: Final = b"Too many requests from this address are not complete yet. Nothing was done. Try again.\n"
_HEADERS: Final = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_SENTENCE))),
    ("Retry-After", "1"),
    ("Connection", "close"),
]


class Unfinished:
    """Counts requests with a body, by address, from their first byte to their answer."""

    def __init__(self, app: WSGIApplication, most: int) -> None:
        """``most`` of one address at a time."""
        self._app = app
        self._most = most
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or refuse before anything is read."""
        if environ.get("CONTENT_LENGTH", "") in {"", "0"} and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._app(environ, start_response)
        address = str(environ.get("REMOTE_ADDR", ""))
        if not self._begin(address):
            start_response("503 Service Unavailable", _HEADERS)
            return [_SENTENCE]
        try:
            return self._app(environ, start_response)
        finally:
            self._end(address)

    def _begin(self, address: str) -> bool:
        with self._lock:
            if self._open[address] >= self._most:
                return False
            self._open[address] += 1
            return True

    def _end(self, address: str) -> None:
        with self._lock:
            self._open[address] -= 1
            if self._open[address] <= 0:
                del self._open[address]


def install(app: Flask, threads: int) -> None:
    """Let one address have a quarter of the threads at most."""
    app.wsgi_app = Unfinished(app.wsgi_app, max(LEAST, threads // PART))  # type: ignore[method-assign] # Flask's own way
