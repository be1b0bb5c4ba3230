"""Looks into the record of events beside a running bridge, without getting in its way: read-only, newest first."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.store.read_only import open_to_read


def newest_at_doors(path: Path, codes: Collection[str]) -> dict[int, dict[str, Any]]:
    """For each door the newest event with one of these codes, as plain values; none where there is no sound record."""
    if not path.is_file():
        return {}
    marks = ",".join("?" * len(codes))
    question = f"SELECT door, body FROM events WHERE code IN ({marks}) AND door IS NOT NULL ORDER BY seq"  # noqa: S608 - question marks only
    try:
        with closing(open_to_read(path)) as db:
            return {door: msgspec.json.decode(body) for door, body in db.execute(question, tuple(codes))}
    except sqlite3.Error:
        return {}


def newest_at(path: Path) -> datetime | None:
    """When the newest event happened, aware UTC; ``None`` where there is no sound record."""
    try:
        with closing(open_to_read(path)) as db:
            row = db.execute("SELECT at_ms FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else datetime.fromtimestamp(row[0] / 1000, UTC)
