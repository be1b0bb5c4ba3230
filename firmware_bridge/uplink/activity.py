"""One thing that the uplink does, on a thread of its own and with a connection of its own, until the bridge stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from access_control.core.wire.uplink import DocumentName
from firmware_bridge.clock import Clock
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.uplink.client import Line
from firmware_bridge.uplink.errors import UplinkError
from firmware_bridge.uplink.session import Session
from firmware_bridge.uplink.standing import Standing

FIRST_WAIT_S: Final = 0.5
MOST_WAIT_S: Final = 8.0
_log = logging.getLogger(__name__)

Apply = Callable[[bytes], dict[str, object]]
"""The bridge's one way of taking a document; the answer has ``ok``, and ``code`` if it was refused."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every activity works with."""

    line: Callable[[], Line]
    session: Session
    standing: Standing
    documents: Documents
    recorder: Recorder
    apply: Apply
    clock: Clock
    offered: Callable[[DocumentName, str], None]


class Activity:
    """A thread that works when it is woken or when its time has come; failures make it wait longer."""

    def __init__(self, name: str, bench: Bench) -> None:
        """The thread starts with :meth:`start`."""
        self._bench = bench
        self._line = bench.line()
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._wait_s = FIRST_WAIT_S
        self._thread = threading.Thread(target=self._running, name=f"uplink-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do; never blocks."""
        self._news.set()

    def stop(self) -> None:
        """Ask the thread to end; also while it waits for an answer."""
        self._stopping.set()
        self._news.set()
        self._line.close()

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended, but not longer."""
        self._thread.join(timeout_s)

    def work(self) -> float | None:
        """Do what there is to do; how long to wait for news then, in seconds, or ``None`` for as long as it takes.

        Raises:
            UplinkError: It did not work; it is tried again after a while.
        """
        raise NotImplementedError

    def failed(self, error: UplinkError) -> None:
        """It did not work."""
        _log.debug("%s: %s", self._thread.name, error)

    def _running(self) -> None:
        try:
            while not self._stopping.is_set():
                self._news.clear()
                self._pause(self._try_once())
        finally:
            self._line.drop()

    def _try_once(self) -> float | None:
        try:
            pause_s = self.work()
        except UplinkError as error:
            if not self._stopping.is_set():
                self.failed(error)
            return self._longer()
        except Exception:  # noqa: BLE001 - a fault of ours must end neither this activity nor a door
            _log.exception("%s met a fault of its own and goes on.", self._thread.name)
            return self._longer()
        self._wait_s = FIRST_WAIT_S
        return pause_s

    def _longer(self) -> float:
        wait_s, self._wait_s = self._wait_s, min(MOST_WAIT_S, self._wait_s * 2)
        # News does not cut this wait short: that would hammer a service which is in trouble.
        self._stopping.wait(wait_s)
        return 0.0

    def _pause(self, pause_s: float | None) -> None:
        if pause_s is None or pause_s > 0:
            self._news.wait(pause_s)
