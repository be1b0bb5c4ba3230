"""Events a second that the service takes from a bridge, beside raw inserts and, on PostgreSQL, beside COPY.

What is measured is all that an arriving batch costs: strict decoding, exactly-once bookkeeping, presence, one commit a
batch. The raw ways store the very same rows in a table of the same columns and indexes, and do nothing else.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from sqlalchemy import insert

from access_control.core.wire.events import EventCode, EventRecord, Severity, encode_event
from access_control.core.wire.spelling import write_time
from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.readers.events import take_events
from access_control.readers.models import Bridge, BridgeState, Building, Site
from bench._databases import databases
from bench.figures import Figure

BATCHES: Final = {1: 600, 20: 150, 1000: 12}
"""How many batches of each size a round sends."""
ROUNDS: Final = 3
AT: Final = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BRIDGE: Final = "01939a5e-7c00-7000-8000-0000000000b1"
SITE: Final = "01939a5e-7c00-7000-8000-000000000001"
COLUMNS: Final = (
    "bridge_id, stream, seq, id, at, received_at, code, severity, "
    "door_id, reader_id, holder_ref, drill, flagged, detail"
)

Row = tuple[object, ...]
Way = Callable[[Sequence[EventRecord]], None]


def run() -> list[Figure]:
    """Measure each way at each size of a batch, the ways by turns; about a minute."""
    figures: list[Figure] = []
    with databases() as opened, ExitStack() as closing_later:
        for name, (database, driver) in opened.items():
            _school(database)
            if name == "sqlite":
                figures += _compared(name, {"ours": _ours(database), "raw": _raw_sqlite(driver, closing_later)})
            else:
                raw = _raw_postgresql(driver, closing_later)
                ways = {"ours": _ours(database), "raw": raw, "COPY": _copy(driver, closing_later)}
                figures += _compared(name, ways)
    return figures


def _compared(name: str, ways: dict[str, Way]) -> list[Figure]:
    rates: dict[tuple[str, int], float] = {}
    for size, batches in BATCHES.items():
        for _ in range(ROUNDS):
            for way, store in ways.items():
                sent = _stream(size, batches)
                begun = time.perf_counter()
                for batch in sent:
                    store(batch)
                rate = size * batches / (time.perf_counter() - begun)
                rates[way, size] = max(rate, rates.get((way, size), 0.0))
    figures = []
    for (way, size), rate in rates.items():
        if way == "ours":
            figures += [
                Figure("events_per_s", f"{name} {size}", rate, "1/s", other, rate / rates[other, size])
                for other in ways
                if other != "ours"
            ]
        else:
            figures.append(Figure("events_per_s", f"{name} {size} {way}", rate, "1/s"))
    return figures


def _school(database: Database) -> None:
    with database.writing() as session:
        session.add(Site(id=SITE, code=7, name="Maple Hollow", timezone="America/Chicago"))
        session.flush()
        session.add(Building(id=1, site_id=SITE, name="Main building"))
        session.flush()
        session.execute(
            insert(Bridge).values(
                id=BRIDGE, building_id=1, name="North bridge", state=BridgeState.CONFIRMED, in_force={}, created_at=AT
            )
        )


def _stream(size: int, batches: int) -> list[list[EventRecord]]:
    """Batches of one new stream, numbered on from batch to batch."""
    stream = str(uuid.uuid4())
    return [_events(size, stream, 1 + n * size) for n in range(batches)]


def _events(size: int, stream: str | None = None, first: int = 1) -> list[EventRecord]:
    named = stream or str(uuid.uuid4())
    return [_event(named, first + n) for n in range(size)]


def _event(stream: str, seq: int) -> EventRecord:
    code = (EventCode.DOOR_OPENED, EventCode.DOOR_CLOSED, EventCode.ACCESS_TAKEN, EventCode.REX)[seq % 4]
    return EventRecord(
        bridge=BRIDGE,
        stream=stream,
        seq=seq,
        id=new_id(AT),
        at=write_time(AT + timedelta(milliseconds=seq)),
        mono_ms=seq,
        code=code,
        severity=Severity.INFO,
        door=seq % 60 + 1,
        reader=seq % 60 + 1,
        holder=seq % 600 + 1,
        drill=False,
        flagged=False,
        detail={"by": "card", "n": seq},
    )


def _ours(database: Database) -> Way:
    def store(events: Sequence[EventRecord]) -> None:
        raw = [encode_event(event) for event in events]
        with database.writing() as session:
            take_events(session, AT, BRIDGE, events[0].stream, events[0].seq, raw)

    return store


def _row(event: EventRecord, at: object) -> Row:
    detail = json.dumps(dict(event.detail))
    head = (event.bridge, event.stream, event.seq, event.id, at, at, event.code, event.severity.value)
    return (*head, event.door, event.reader, event.holder, event.drill, event.flagged, detail)


def _raw_sqlite(path: str, closing_later: ExitStack) -> Way:
    link = closing_later.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
    link.execute("PRAGMA journal_mode = WAL")
    link.execute("PRAGMA synchronous = FULL")
    link.execute("CREATE TABLE raw_event AS SELECT * FROM event WHERE 0")
    _raw_indexes(link.execute)
    micros = int(AT.timestamp() * 1e6)
    places = ", ".join("?" * 14)

    def store(events: Sequence[EventRecord]) -> None:
        link.execute("BEGIN IMMEDIATE")
        rows = [_row(event, micros + event.seq) for event in events]
        link.executemany(f"INSERT INTO raw_event ({COLUMNS}) VALUES ({places})", rows)
        link.execute("COMMIT")

    return store


def _raw_postgresql(address: str, closing_later: ExitStack) -> Way:
    with closing(psycopg.connect(address, autocommit=True)) as link:
        link.execute("CREATE TABLE raw_event (LIKE event INCLUDING ALL)")
    kept = closing_later.enter_context(closing(psycopg.connect(address)))
    places = ", ".join(["%s"] * 14)

    def store(events: Sequence[EventRecord]) -> None:
        rows = [_row(event, AT) for event in events]
        with kept.cursor() as cursor:
            cursor.executemany(f"INSERT INTO raw_event ({COLUMNS}) VALUES ({places})".encode(), rows)
        kept.commit()

    return store


def _copy(address: str, closing_later: ExitStack) -> Way:
    kept = closing_later.enter_context(closing(psycopg.connect(address)))

    def store(events: Sequence[EventRecord]) -> None:
        with kept.cursor() as cursor, cursor.copy(f"COPY raw_event ({COLUMNS}) FROM STDIN".encode()) as copy:
            for event in events:
                copy.write_row(_row(event, AT))
        kept.commit()

    return store


def _raw_indexes(execute: Callable[[str], object]) -> None:
    execute("CREATE UNIQUE INDEX pk_raw ON raw_event (bridge_id, stream, seq)")
    execute("CREATE INDEX raw_at ON raw_event (at)")
    execute("CREATE INDEX raw_door_at ON raw_event (door_id, at)")
    execute("CREATE INDEX raw_holder_at ON raw_event (holder_ref, at)")
