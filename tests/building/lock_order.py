"""The order in which a transaction locks rows on PostgreSQL, noted from its statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import event, select

from access_control.database.engine import Database
from access_control.readers.models import Bridge

RANKS: Final = {
    "pending_release": 0,
    "door": 0,
    "bridge": 1,
    "bridge_replacement": 2,
    "recovery_key": 2,
    "directive": 3,
    "release": 3,
    "override": 3,
    "release_code": 3,
    "site": 4,
    "stream_position": 5,
}
"""In which order rows are locked (docs/database.md); tables that are not here stand alone."""
_LOCKS: Final = re.compile(r"UPDATE (\w+)|DELETE FROM (\w+)|SELECT.*\bFROM (\w+).*\bFOR (?:NO KEY )?UPDATE", re.DOTALL)

_BY_CODE: Final = "bridge.code_digest ="  # names one bridge


@dataclass
class Locks:
    """What one transaction locks, and where it goes against the order.

    Attributes:
        bridges: Every bridge there is.
        held: Those that it has locked.
        highest: The rank of the last table in the order that it has locked rows of.
        tables: All of these tables.
        faults: In words, with the statement.
    """

    bridges: frozenset[str]
    held: set[str]
    highest: int = 0
    tables: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()

    def note(self, _conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        """Take a statement into account; for SQLAlchemy's ``after_cursor_execute``."""
        found = _LOCKS.match(statement)
        table = next((name for name in found.groups() if name), "") if found else ""
        if table not in RANKS:
            return
        if re.search(r"\bFOR UPDATE", statement) and table in {"bridge", "directive", "site"}:
            self._fault(f"others cannot name its rows meanwhile: {statement}")
        if table == "bridge":
            self._note_bridges(statement, parameters)
        elif table not in self.tables and RANKS[table] < self.highest:
            self._fault(f"{table} is late: {statement}")
        self.tables |= {table}
        self.highest = max(self.highest, RANKS[table])

    def _note_bridges(self, statement: str, parameters: Any) -> None:
        rows = parameters if isinstance(parameters, list | tuple) else [parameters]
        named = {value for row in rows for value in row.values() if isinstance(value, str)}
        new = ((named & self.bridges) or self.bridges) - self.held
        if new and self.highest > RANKS["bridge"]:
            self._fault(f"bridges are late: {statement}")
        if new and self.held and min(new) < max(self.held):
            self._fault(f"a bridge is locked after one that comes behind it: {statement}")
        if len(new) > 1 and "ORDER BY bridge.id" not in statement and _BY_CODE not in statement:
            self._fault(f"several bridges in whatever order: {statement}")
        self.held |= new

    def _fault(self, words: str) -> None:
        self.faults += (words,)


@contextmanager
def locks_noted(database: Database) -> Iterator[Locks]:
    """Note what is locked in this block, which holds one transaction."""
    with database.reading() as session:
        noted = Locks(frozenset(session.scalars(select(Bridge.id))), set())
    event.listen(database.writer, "after_cursor_execute", noted.note)
    try:
        yield noted
    finally:
        event.remove(database.writer, "after_cursor_execute", noted.note)
