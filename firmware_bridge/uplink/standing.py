"""How the bridge stands with its service: what ``status`` shows, and events where a person must know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from math import inf
from typing import Any, Final

from access_control.core.wire.event_codes import EventCode
from firmware_bridge.clock import Clock
from firmware_bridge.uplink.errors import RefusedError, UplinkError, WrongKeyError

OFFLINE_S: Final = 10.0  # without an answer for so long the service counts as not reached
ALARM_EVERY_S: Final = 600.0  # the same alarm does not come again sooner
_log = logging.getLogger(__name__)

Tell = Callable[[EventCode, dict[str, str]], None]
Reached = Callable[[bool], None]


class Standing:
    """Every method may be called from any thread; ``tell`` and ``reached`` never block."""

    def __init__(self, clock: Clock, url: str, tell: Tell, reached: Reached = lambda _: None) -> None:
        """``tell`` records an event; ``reached`` hears whenever the service is reached again, or no longer.

        A bridge that starts has not reached its service yet, and that is no news before ``OFFLINE_S``.
        """
        self._clock = clock
        self._url = url
        self._tell = tell
        self._reached = reached
        self._lock = threading.Lock()
        self._heard_s: float | None = None
        self._started_s = clock.monotonic_s()
        self._offline = False
        self._trouble = ""
        self._upload = ""  # why the service does not take the events
        self._alarmed_s: dict[EventCode, float] = {}
        self.streaming = False

    def heard(self) -> None:
        """The service took a Status."""
        with self._lock:
            self._heard_s = self._clock.monotonic_s()
            back, self._offline = self._offline, False
            self._trouble = ""
        if back:
            self._reached(back)
            self._tell(EventCode.SERVICE_ONLINE, {})

    def failed(self, error: UplinkError) -> None:
        """It did not."""
        with self._lock:
            news = str(error) != self._trouble
            self._trouble = str(error)
            since_s = self._heard_s if self._heard_s is not None else self._started_s
            lost = not self._offline and self._clock.monotonic_s() - since_s >= OFFLINE_S
            self._offline |= lost
        if news:
            _log.warning("%s", error)
        if isinstance(error, WrongKeyError):
            self.alarm(EventCode.SERVICE_KEY_WRONG, str(error))
        elif isinstance(error, RefusedError) and error.code == "duplicate_identity":
            self.alarm(EventCode.BRIDGE_DUPLICATED, str(error))
        elif isinstance(error, RefusedError) and error.code in {"revoked", "unknown_bridge", "bad_signature"}:
            self.alarm(EventCode.SERVICE_REFUSED, str(error))
        if lost:
            self._reached(not lost)
            self._tell(EventCode.SERVICE_OFFLINE, {"why": str(error)})

    def upload_refused(self, error: RefusedError) -> None:
        """The service did not take events; that counts until it takes some, however well all else goes."""
        why = f"The service does not take this bridge's events: {error}"
        with self._lock:
            news, self._upload = why != self._upload, why
        if news:
            _log.warning("%s", why)

    def upload_taken(self) -> None:
        """It took some."""
        with self._lock:
            self._upload = ""

    def alarm(self, code: EventCode, why: str) -> None:
        """Record an alarm, unless the same one was recorded a moment ago."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            before_s = self._alarmed_s.get(code)
            if before_s is not None and now_s - before_s < ALARM_EVERY_S:
                return
            self._alarmed_s[code] = now_s
        _log.error("%s", why)
        self._tell(code, {"why": why})

    def silent_s(self) -> float:
        """For how long the service has said nothing; endless if it never did."""
        with self._lock:
            return inf if self._heard_s is None else self._clock.monotonic_s() - self._heard_s

    def shape(self) -> dict[str, Any]:
        """For ``firmware-bridge status``."""
        with self._lock:
            age_s = None if self._heard_s is None else round(self._clock.monotonic_s() - self._heard_s, 1)
            trouble = f"{self._trouble} {self._upload}".strip()
            return {"url": self._url, "heard_age_s": age_s, "stream": self.streaming, "trouble": trouble}
