"""Listens to what the service pushes: directives the moment they are raised, and hints that something is newer.

A lost or half-open stream costs seconds, never safety: the Status asks for the same every two seconds.
"""

from __future__ import annotations

import http.client
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from access_control.core.wire.errors import Refused
from access_control.core.wire.uplink import KEEP_ALIVE_S, MOST_PUSH, PREFIX, Push, read_push
from firmware_bridge.uplink.activity import FIRST_WAIT_S, Activity, Bench
from firmware_bridge.uplink.client import Ask, Reply
from firmware_bridge.uplink.deadline import DeadlineSocket
from firmware_bridge.uplink.errors import NonsenseError, UnreachableError, UplinkError
from firmware_bridge.uplink.polling import Once
from firmware_bridge.uplink.session import refusal_in

SILENCE_S: Final = 2.5 * KEEP_ALIVE_S  # then the stream is dead, whatever the network acknowledges
MOST_LINE: Final = MOST_PUSH + 100
AGAIN_S: Final = 0.2  # after a stream that worked and ended


class Listener(Activity):
    """Holds the stream open."""

    def __init__(self, bench: Bench, once: Once) -> None:
        """``once`` is shared with the Status, which lists actions as well."""
        super().__init__("push", bench)
        self._once = once

    def work(self) -> float | None:
        """Listen until the stream ends."""
        token = self._bench.session.token(self._line)
        opened = self._line.open_stream(Ask("GET", PREFIX + "stream", token=token, within_s=SILENCE_S))
        if isinstance(opened, Reply):
            if opened.status == 401:
                self._bench.session.forget(token)
            raise refusal_in(opened)
        try:
            self._listen(*opened)
        finally:
            self._bench.standing.streaming = False
            opened[0].close()
            self._line.drop()
        self._stopping.wait(AGAIN_S)
        return 0.0

    def failed(self, error: UplinkError) -> None:
        """The Status says what is wrong; here it is no news."""
        self._bench.standing.streaming = False
        super().failed(error)

    def _listen(self, response: http.client.HTTPResponse, line: DeadlineSocket) -> None:
        data = b""
        for text in self._lines(response, line):
            self._bench.standing.streaming = True
            self._wait_s = FIRST_WAIT_S  # it works: once it breaks it is opened anew at once
            if text.startswith(b"data: "):
                data = text[6:]
            elif not text and data:
                try:
                    self._take(read_push(data))
                except Refused as error:
                    raise NonsenseError(error.sentence) from error
                data = b""

    def _lines(self, response: http.client.HTTPResponse, line: DeadlineSocket) -> Iterator[bytes]:
        """Lines as they come; ends with the stream."""
        while not self._stopping.is_set():
            line.until_s = self._bench.clock.monotonic_s() + SILENCE_S
            try:
                text = response.readline(MOST_LINE)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise UnreachableError("The stream of the service broke off.") from error
            if not text:
                return
            if not text.endswith(b"\n"):
                raise NonsenseError("The stream of the service holds a line without an end.")
            yield text.rstrip(b"\r\n")

    def _take(self, push: Push) -> None:
        for name, revision in (push.hint or {}).items():
            self._bench.offered(name, revision)
        for text in (push.directive, push.release, push.action):
            if text is None:
                continue
            try:
                document = b64decode(text, validate=True)
            except ValueError as error:
                raise NonsenseError("The service pushed something that is no base64.") from error
            if text is not push.action or self._once.first(document):
                self._bench.apply(document)
