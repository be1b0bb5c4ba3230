"""The rows of a school that was filled once, put into the databases of many tests: filling takes ten times as long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from access_control.database.tables import Table


@dataclass(frozen=True)
class KeptRows:
    """The rows of each table that has any, in an order in which they may be put back."""

    tables: Sequence[tuple[sa.Table, Sequence[dict[str, Any]]]]


def keep(session: Session) -> KeptRows:
    """Every row of a database."""
    found = [
        (table, [dict(row) for row in session.execute(sa.select(table)).mappings()])
        for table in Table.metadata.sorted_tables
    ]
    return KeptRows([(table, rows) for table, rows in found if rows])


def put_back(session: Session, kept: KeptRows) -> None:
    """Fill a database whose tables are empty; numbers that it gives from now on are new ones."""
    for table, rows in kept.tables:
        session.execute(sa.insert(table), rows)
    if session.get_bind().dialect.name == "postgresql":
        for table, _ in kept.tables:
            _go_on_counting(session, table)


def _go_on_counting(session: Session, table: sa.Table) -> None:
    column = table.autoincrement_column
    if column is not None:
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        session.execute(sa.select(sa.func.setval(sequence, sa.select(sa.func.max(column)).scalar_subquery())))
