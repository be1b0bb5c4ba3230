"""Writes the first migration from the models: ``python -m tests.building.first_migration``.

For the time before the first release only, while there is one version and it may still change. After that a change of
the models is a version of its own, written by hand; tests/access_control/database/test_schema.py compares both.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final, Literal

from alembic.autogenerate.api import AutogenContext, render_python_code
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from sqlalchemy import Enum
from sqlalchemy import Table as SqlTable

import access_control.database.migrations.v0001 as first
from access_control.database.tables import Table, UtcTime
from tests.building import databases

assert databases.BOTH  # importing it registers every model

PARTS: Final = {
    "access_control.audit.models": ("audit", "the audit"),
    "access_control.people.models": ("people", "people"),
    "access_control.readers.models": ("site", "the site"),
    "access_control.readers.input_models": ("inputs", "alarm inputs"),
    "access_control.readers.records": ("records", "what goes out to bridges and comes back"),
    "access_control.readers.recovery_models": ("recovery", "replacing a dead bridge"),
    "access_control.visitors.models": ("visitors", "visitors"),
    "access_control.emergency.models": ("emergency", "emergencies"),
    "access_control.jobs.models": ("jobs", "timed work"),
}


def main() -> None:
    """Write every part and format it."""
    folder = Path(first.__file__).parent
    written = [folder / f"{part}.py" for part, _ in PARTS.values()]
    for path, (module, (_, about)) in zip(written, PARTS.items(), strict=True):
        path.write_text(part_of(module, about))
    ruff = str(Path(sys.executable).with_name("ruff"))
    subprocess.run([ruff, "format", "--quiet", *map(str, written)], check=True)
    subprocess.run([ruff, "check", "--fix", "--quiet", *map(str, written)], check=True)
    subprocess.run([ruff, "format", "--quiet", *map(str, written)], check=True)


def part_of(module: str, about: str) -> str:
    """The text of one part."""
    names = {m.local_table.name: m.class_ for m in Table.registry.mappers if isinstance(m.local_table, SqlTable)}
    tables = [table for table in Table.metadata.sorted_tables if names[table.name].__module__ == module]
    head = f'"""Tables of {about}, as they were at first."""\n\nfrom __future__ import annotations\n\n'
    head += "import sqlalchemy as sa\nfrom alembic import op\n\nfrom access_control.database.tables import UtcTime\n\n"
    body = "\n\n".join(create(table) for table in tables)
    return head + body + "\n\nTABLES = {" + "".join(f'"{table.name}": create_{table.name},' for table in tables) + "}\n"


def create(table: SqlTable) -> str:
    """A function that makes one table with its indexes."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    steps = UpgradeOps([CreateTableOp.from_table(table), *(CreateIndexOp.from_index(index) for index in indexes)])
    lines = render_python_code(steps, render_item=spell).splitlines()
    code = "\n".join(line for line in lines if not line.strip().startswith("#"))
    return f'def create_{table.name}() -> None:\n    """Make it."""\n{code}\n'


def spell(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own types by their names, and words as the text that they are."""
    if kind == "type" and isinstance(item, UtcTime):
        return "UtcTime()"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


if __name__ == "__main__":
    main()
