"""Writing many events at once: as fast as each database can, within the caller's transaction.

The caller holds the stream's position and leaves out what is there already, so nothing here has to look for doubles;
the primary key would refuse them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from access_control.core.wire.events import EventRecord

_COLUMNS: Final = (
    *("bridge_id", "stream", "seq", "id", "at", "received_at", "code", "severity", "door_id", "reader_id"),
    *("holder_ref", "drill", "flagged", "detail"),
)
_NAMED: Final = ", ".join(_COLUMNS)
_INSERT: Final = f"INSERT INTO event ({_NAMED}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - constants
_COPY: Final = f"COPY event ({_NAMED}) FROM STDIN"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_AT_ONCE: Final = 2000  # rows of one COPY message


def write_events(session: Session, events: Sequence[EventRecord], received_at: datetime) -> None:
    """Store events that are not there yet."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_INSERT, list(_values(events, received_at)))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        lines = list(_lines(events, received_at))
        for start in range(0, len(lines), _AT_ONCE):
            copy.write("".join(lines[start : start + _AT_ONCE]))


def _values(events: Iterable[EventRecord], received_at: datetime) -> Iterable[tuple[object, ...]]:
    """Rows as SQLite keeps them: times in microseconds, see :class:`access_control.database.tables.UtcTime`."""
    received = (received_at - _EPOCH) // _MICROSECOND
    encode = msgspec.json.Encoder().encode
    for event in events:
        yield (
            event.bridge,
            event.stream,
            event.seq,
            event.id,
            (datetime.fromisoformat(event.at) - _EPOCH) // _MICROSECOND,  # its spelling was checked when it was read
            received,
            event.code,
            str(event.severity),
            event.door,
            event.reader,
            event.holder,
            event.drill,
            event.flagged,
            encode(event.detail).decode() if event.detail else "{}",
        )


def _lines(events: Iterable[EventRecord], received_at: datetime) -> Iterable[str]:
    r"""Rows in the text format of COPY. Only ``detail`` can hold a backslash, and JSON has no bare tab or line end."""
    received = received_at.astimezone(UTC).isoformat()
    encode = msgspec.json.Encoder().encode
    for event in events:
        door = r"\N" if event.door is None else event.door
        reader = r"\N" if event.reader is None else event.reader
        holder = r"\N" if event.holder is None else event.holder
        detail = encode(event.detail).decode().replace("\\", "\\\\") if event.detail else "{}"
        yield (
            f"{event.bridge}\t{event.stream}\t{event.seq}\t{event.id}\t{event.at}\t{received}\t{event.code}\t"
            f"{event.severity}\t{door}\t{reader}\t{holder}\t{'t' if event.drill else 'f'}\t"
            f"{'t' if event.flagged else 'f'}\t{detail}\n"
        )
