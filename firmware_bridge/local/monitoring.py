"""One client's view of one OSDP port: copies of packets, masked before they leave the bridge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from access_control.core.wire.spelling import write_time
from firmware_bridge.devices.capture import MASKED, Head, head_shape, traced_shape
from firmware_bridge.devices.tap import Tap, Watcher
from firmware_bridge.devices.tracing import Traced, Tracer
from firmware_bridge.local.requests import Monitor


class Monitoring:
    """Use it as a context manager: it watches until it is left."""

    def __init__(self, tap: Tap, watcher: Watcher, at: datetime, reason: str) -> None:
        """Use :func:`monitoring`."""
        self._tap = tap
        self._watcher = watcher
        self._tracer = Tracer(tap.baud, show_cards=bool(reason))
        self._last_s = 0.0
        self.head = head_shape(Head(tap.port, tap.baud, write_time(at), f"shown: {reason}" if reason else MASKED))

    def lines(self) -> list[dict[str, Any]]:
        """What has happened since, as lines of a capture; never waits."""
        pieces, lost = self._watcher.fetch()
        found = list(self._tracer.trace(pieces))
        self._last_s = pieces[-1].mono_s if pieces else self._last_s
        if lost:
            found.append(Traced(self._last_s, lost=lost))
        return [traced_shape(traced) for traced in found]

    def __enter__(self) -> Self:
        """Watching."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._tap.unwatch(self._watcher)


def monitoring(taps: Mapping[str, Tap], request: Monitor, at: datetime) -> dict[str, Any] | Monitoring:
    """Begin to watch, or the answer that says why not."""
    tap = taps.get(request.port)
    if tap is None:
        names = ", ".join(taps) or "there is none"
        return _refusal("no_such_port", f"This bridge has no OSDP port {request.port}: {names}.")
    watcher = tap.watch()
    if watcher is None:
        return _refusal("busy", f"Enough programs watch port {request.port} already; end one of them.")
    return Monitoring(tap, watcher, at, request.show_cards)


def _refusal(code: str, sentence: str) -> dict[str, Any]:
    return {"ok": False, "code": code, "sentence": sentence}
