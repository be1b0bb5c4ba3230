"""Carries directives to one neighbour, on a thread of its own, until it has acknowledged each of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any, Final

from access_control.core.wire.neighbours import HELD, HERE
from firmware_bridge.clock import Clock
from firmware_bridge.neighbours.calling import Neighbour, NotToldError, tell_neighbour

FIRST_WAIT_S: Final = 0.5
MOST_WAIT_S: Final = 15.0
GREET_S: Final = 30.0  # so often a neighbour with nothing to hear is asked whether it is there
REACHABLE_S: Final = 2 * GREET_S + MOST_WAIT_S  # an answer older than this proves nothing any more
BETWEEN_S: Final = 0.12  # between two directives: slower than the other side's limit
_BURST: Final = 20
_log = logging.getLogger(__name__)


class Courier:
    """One neighbour. Every method may be called from any thread; only :meth:`stop` waits, and not for long."""

    def __init__(self, neighbour: Neighbour, site: str, clock: Clock) -> None:
        """The thread starts with :meth:`start`."""
        self.neighbour = neighbour
        self._site = site
        self._clock = clock
        self._lock = threading.Lock()
        self._todo: Mapping[str, bytes] = {}
        self._held: set[str] = set()
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._wait_s = FIRST_WAIT_S
        self._heard_s: float | None = None
        self._asked_s = -1e9
        self._trouble = ""
        self.reached = ""
        name = f"neighbour-{neighbour.bridge[-12:]}"
        self._thread = threading.Thread(target=self._running, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does after the exchange that it is in."""
        self._stopping.set()
        self._news.set()

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended, but not longer."""
        self._thread.join(timeout_s)

    def give(self, todo: Mapping[str, bytes], known: Mapping[str, object]) -> None:
        """What this neighbour has to hear, by SHA-256; what it held before and ``known`` lacks is forgotten."""
        with self._lock:
            news = todo.keys() - self._todo.keys() - self._held
            self._todo = dict(todo)
            self._held &= known.keys()
        if news:
            self._news.set()

    def shape(self) -> dict[str, Any]:
        """For ``firmware-bridge status``: only what was proved within its limit is called reachable."""
        with self._lock:
            age_s = None if self._heard_s is None else self._clock.monotonic_s() - self._heard_s
            waiting = len(self._todo.keys() - self._held)
            acknowledged = len(self._todo.keys() & self._held)
            trouble = self._trouble
        return {
            "bridge": self.neighbour.bridge,
            "address": self.neighbour.address,
            "reachable": age_s is not None and age_s <= REACHABLE_S and not trouble,
            "heard_age_s": None if age_s is None else round(age_s, 1),
            "acknowledged": acknowledged,
            "waiting": waiting,
            "trouble": trouble,
        }

    def _running(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                pause_s = self._work()
            except Exception:  # noqa: BLE001 - a fault of ours must not end the telling
                _log.exception("%s met a fault of its own and goes on.", self._thread.name)
                pause_s = MOST_WAIT_S
            self._news.wait(pause_s)

    def _work(self) -> float:
        """Tell what is not held yet, or greet; how long to wait then unless there is news."""
        with self._lock:
            waiting = [(key, sealed) for key, sealed in self._todo.items() if key not in self._held]
        if not waiting:
            self._wait_s = FIRST_WAIT_S
            due_s = GREET_S - (self._clock.monotonic_s() - self._asked_s)
            if due_s > 0:
                return due_s
            return GREET_S if self._ask("", b"") else self._longer()
        good = True
        for place, (key, sealed) in enumerate(waiting):
            if self._stopping.is_set():
                return 0.0
            if place >= _BURST:
                self._stopping.wait(BETWEEN_S)
            verdict = self._ask(key, sealed)
            good = good and verdict == HELD
            if verdict is None:
                break  # nobody is there; the others are told when somebody is
        return 0.0 if good else self._longer()

    def _longer(self) -> float:
        wait_s, self._wait_s = self._wait_s, min(MOST_WAIT_S, self._wait_s * 2)
        return wait_s

    def _ask(self, key: str, sealed: bytes) -> str | None:
        self._asked_s = self._clock.monotonic_s()
        try:
            told = tell_neighbour(self.neighbour, sealed, self._site, self._clock)
        except NotToldError as error:
            self._note_trouble(str(error))
            return None
        with self._lock:
            self._heard_s = self._clock.monotonic_s()
            self.reached = told.reached
            if told.verdict == HELD:
                self._held.add(key)
        refused = told.verdict not in {HELD, HERE}
        self._note_trouble(f"It does not take a directive: {told.verdict}." if refused else "")
        return told.verdict

    def _note_trouble(self, trouble: str) -> None:
        with self._lock:
            news, self._trouble = trouble != self._trouble, trouble
        if news and trouble:
            _log.warning("Neighbour %s: %s", self.neighbour.bridge, trouble)
