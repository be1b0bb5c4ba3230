"""One connection to the service, used by one thread; what comes back is bounded in size and in time."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from access_control.core.wire.uplink import MOST_BYTES
from firmware_bridge.clock import Clock
from firmware_bridge.config import ServiceSettings
from firmware_bridge.uplink.deadline import DeadlineSocket
from firmware_bridge.uplink.errors import LineEndedError, NonsenseError, UnreachableError
from firmware_bridge.uplink.pinning import CONNECT_S, Pins, connect

ASK_S: Final = 15.0
PACKED_FROM: Final = 4096  # bytes of a body that is sent gzipped
IDLE_S: Final = 10.0  # after so long a connection is replaced: something on the way may have forgotten it


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. ``limit`` bounds the answer in bytes, also once unpacked; ``within_s`` everything together."""

    method: str
    path: str
    body: bytes | None = None
    token: str | None = field(default=None, repr=False)
    limit: int = MOST_BYTES
    within_s: float = ASK_S


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its HTTP status and its whole body."""

    status: int
    body: bytes


class Line:
    """A connection that is kept while both sides like; :meth:`close` may come from any thread."""

    def __init__(self, service: ServiceSettings, pins: Callable[[], Pins], clock: Clock) -> None:
        """Nothing is opened before it is needed; ``pins`` is asked each time."""
        self.service = service
        self._pins = pins
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self._socket: DeadlineSocket | None = None
        self._used_s = 0.0
        self._closed = False
        self.shown: bytes | None = None

    def ask(self, ask: Ask) -> Reply:
        """Ask and read the answer; a kept connection that turns out to be dead is replaced once.

        Raises:
            UplinkError: There is no answer.
        """
        until_s = self._clock.monotonic_s() + ask.within_s
        if self._clock.monotonic_s() - self._used_s > IDLE_S:
            self.drop()
        if self._connection is not None:
            with suppress(LineEndedError):
                return self._once(ask, until_s)
        return self._once(ask, until_s)

    def open_stream(self, ask: Ask) -> tuple[http.client.HTTPResponse, DeadlineSocket] | Reply:
        """Ask for something that has no end; an answer other than 200 is read like any other.

        Raises:
            UplinkError: There is no answer.
        """
        self.drop()
        try:
            response = self._send(ask, self._clock.monotonic_s() + ask.within_s)
            if response.status != 200:
                return self._read(response, ask.limit)
        except (OSError, http.client.HTTPException, EOFError) as error:
            self.drop()
            raise self._gone(error) from error
        assert self._socket is not None
        return response, self._socket

    def drop(self) -> None:
        """Give the connection up; the next request makes another."""
        with self._lock:
            connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """End for good, also while another thread waits for an answer."""
        with self._lock:
            self._closed = True
            line = self._socket
        if line is not None:
            with suppress(OSError):
                line.plain.shutdown(socket.SHUT_RDWR)

    def _once(self, ask: Ask, until_s: float) -> Reply:
        try:
            reply = self._read(self._send(ask, until_s), ask.limit)
        except (OSError, http.client.HTTPException, EOFError) as error:
            self.drop()
            raise self._gone(error) from error
        except BaseException:
            self.drop()
            raise
        self._used_s = self._clock.monotonic_s()
        return reply

    def _send(self, ask: Ask, until_s: float) -> http.client.HTTPResponse:
        connection = self._connection or self._dial(until_s)
        assert self._socket is not None
        self._socket.until_s = until_s
        headers = {"Accept-Encoding": "gzip", "User-Agent": "firmware-bridge"}
        body = ask.body
        if body is not None:
            headers["Content-Type"] = "application/json"
            if len(body) >= PACKED_FROM:
                headers["Content-Encoding"], body = "gzip", gzip.compress(body, 1)
        if ask.token is not None:
            headers["Authorization"] = f"Bearer {ask.token}"
        connection.request(ask.method, self.service.base + ask.path, body, headers)
        return connection.getresponse()

    def _dial(self, until_s: float) -> http.client.HTTPConnection:
        left_s = max(0.1, min(CONNECT_S, until_s - self._clock.monotonic_s()))
        plain, self.shown = connect(self.service, self._pins(), left_s)
        line = DeadlineSocket(plain, self._clock.monotonic_s, until_s)
        connection = http.client.HTTPConnection(self.service.host, self.service.port)
        connection.auto_open = 0  # only pinned connections are ever used
        connection.sock = line
        with self._lock:
            closed = self._closed
            if not closed:
                self._connection, self._socket = connection, line
        if closed:
            connection.close()
            raise UnreachableError("The bridge is stopping.")
        return connection

    def _read(self, response: http.client.HTTPResponse, limit: int) -> Reply:
        try:
            data = self._body(response, limit)
        except BaseException:
            response.close()  # whose connection may not know it any more
            raise
        if response.will_close:
            self.drop()
        return Reply(response.status, data)

    def _body(self, response: http.client.HTTPResponse, limit: int) -> bytes:
        if response.length is not None and response.length > limit:
            raise self._too_much(response.length, limit)
        data = response.read(limit + 1)
        if len(data) > limit:
            raise self._too_much(len(data), limit)
        if response.length:
            raise UnreachableError(f"The answer of {self.service.url} broke off.")
        if response.getheader("Content-Encoding") == "gzip":
            return self._unpacked(data, limit)
        return data

    def _unpacked(self, data: bytes, limit: int) -> bytes:
        unpacking = zlib.decompressobj(wbits=31)
        try:
            plain = unpacking.decompress(data, limit + 1)
        except zlib.error as error:
            raise NonsenseError(f"The answer of {self.service.url} cannot be unpacked.") from error
        if len(plain) > limit:
            raise self._too_much(len(plain), limit)
        if not unpacking.eof:
            raise UnreachableError(f"The answer of {self.service.url} broke off.")
        return plain

    def _too_much(self, size: int, limit: int) -> NonsenseError:
        return NonsenseError(f"{self.service.url} answers with {size} bytes or more where at most {limit} belong.")

    def _gone(self, error: Exception) -> UnreachableError | NonsenseError:
        if isinstance(error, http.client.RemoteDisconnected):
            return LineEndedError(f"{self.service.url} hung up.")
        if isinstance(error, http.client.IncompleteRead):
            return UnreachableError(f"{self.service.url} hung up.")
        if isinstance(error, http.client.HTTPException):
            return NonsenseError(f"What answers at {self.service.url} speaks no HTTP ({type(error).__name__}).")
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        # What the system ends has a number, ETIMEDOUT too; our own time limits have none.
        ended = isinstance(error, OSError) and error.errno is not None
        return (LineEndedError if ended else UnreachableError)(f"The line to {self.service.url} broke ({why}).")
