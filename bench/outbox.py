"""How long a door waits for its event to be stored, beside plain SQLite with the same and with full syncing."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, percentile
from firmware_bridge.clock import SystemClock
from firmware_bridge.store.entries import Entry, Limits
from firmware_bridge.store.outbox import Keep, Outbox, Row
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.records import writing_for

EVENTS = 5000
FIRST = 500  # not counted: caches fill
BRIDGE = "01939a5e-7c00-7000-8000-0000000000b1"
BODY = b"x" * 300  # as long as an event is


def run() -> list[Figure]:
    """Append events one by one in each way and take the time of each."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        normal = _plain(place / "normal.db", "NORMAL")
        full = _plain(place / "full.db", "FULL")
        outbox = _outbox(place / "outbox.db")
        recorder = _recorder(place / "recorder.db")
    figures = []
    for name, at in (("p50", 0.5), ("p99", 0.99)):
        base = percentile(normal, at)
        for case, times in (
            ("outbox", outbox),
            ("recorder", recorder),
            ("sqlite FULL", full),
            ("sqlite NORMAL", normal),
        ):
            value = percentile(times, at)
            against = ("", None) if case == "sqlite NORMAL" else ("sqlite NORMAL", value / base)
            figures.append(Figure(f"append_{name}", case, value, "s", *against))
    return figures


def _timed(append: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(FIRST + EVENTS):
        begun = time.perf_counter()
        append()
        times.append(time.perf_counter() - begun)
    return times[FIRST:]


def _plain(path: Path, synchronous: str) -> list[float]:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {synchronous}")
    db.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB)")
    times = _timed(lambda: db.execute("INSERT INTO events (body) VALUES (?)", (BODY,)))
    db.close()
    return times


def _outbox(path: Path) -> list[float]:
    with Outbox(path) as outbox:
        row = Row(Keep.ROUTINE, "ACCESS_GRANTED", 1, 0, lambda _, __: BODY)
        return _timed(lambda: outbox.append(row))


def _recorder(path: Path) -> list[float]:
    """As the runtime does it: an event made, handed to the appending thread, and waited for."""
    clock = SystemClock()
    recorder = Recorder(path, writing_for(BRIDGE), clock, Limits(min_free_bytes=0))
    recorder.start()
    at = clock.moment().at
    times = _timed(lambda: recorder.record(Entry("ACCESS_GRANTED", at, door=1, reader=1, holder=7)))
    recorder.stop()
    return times
