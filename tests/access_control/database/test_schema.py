"""Migrations: up and down with data on both databases, equal to the models, and no other version is touched."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, Enum, insert, inspect, select, text

from access_control.core.decision.model import HolderClass
from access_control.database import schema
from access_control.database.engine import Database
from access_control.database.errors import (
    DatabaseBusyError,
    DatabaseError,
    NewerDatabaseError,
    OlderDatabaseError,
)
from access_control.database.tables import Table
from access_control.people.models import Cardholder, Group, Membership
from tests.building.databases import opened

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VERSIONS = "access_control/database/migrations/versions"


def tables(database: Database) -> set[str]:
    with database.reader.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_up_makes_every_table_and_down_leaves_none(bare_url: str) -> None:
    with opened(bare_url) as database:
        assert schema.current(database) is None
        schema.upgrade(database)
        assert schema.current(database) == schema.head()
        assert tables(database) == {*Table.metadata.tables, "alembic_version"}
        schema.downgrade(database, schema.EMPTY)
        assert schema.current(database) is None
        assert tables(database) - {"sqlite_sequence"} == {"alembic_version"}
        schema.upgrade(database)
        schema.require_current(database)


def test_down_and_up_with_data(bare_url: str) -> None:
    with opened(bare_url) as database:
        schema.upgrade(database)
        with database.writing() as session:
            fill_every_table(session.connection())
        with database.reading() as session:
            filled = [name for name, table in Table.metadata.tables.items() if session.execute(select(table)).first()]
        assert set(filled) == set(Table.metadata.tables)
        schema.downgrade(database, schema.EMPTY)
        schema.upgrade(database)
        with database.writing() as session:
            assert session.scalars(select(Cardholder)).all() == []
            session.add(person())


def test_an_upgrade_that_is_there_already_changes_nothing(any_database: Database) -> None:
    with any_database.writing() as session:
        session.add(person())
    schema.upgrade(any_database)
    schema.require_current(any_database)
    with any_database.reading() as session:
        assert session.scalars(select(Cardholder)).one().full_name == "Ada Ames"


def test_the_steps_make_the_tables_of_the_models(bare_url: str) -> None:
    with opened(bare_url) as database:
        schema.upgrade(database)
        with database.reader.connect() as connection:
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, Table.metadata) == [], "run python -m tests.building.first_migration"


def test_the_steps_make_what_the_models_make_to_the_letter(tmp_path: Path, database: Database) -> None:
    """What the comparison above does not look at: keys that are never reused, what is unique, what points where."""
    with opened(f"sqlite:///{tmp_path / 'steps.db'}") as steps:
        schema.upgrade(steps)
        assert made(steps) == made(database)


def made(database: Database) -> dict[str, list[str]]:
    with database.reader.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return {name: sorted(line.strip().rstrip(",") for line in sql.splitlines()) for name, sql in rows}


def test_a_newer_database_is_refused_with_a_sentence(any_database: Database) -> None:
    with any_database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (
        schema.require_current,
        schema.upgrade,
        lambda database: schema.downgrade(database, schema.EMPTY),
    ):
        with pytest.raises(NewerDatabaseError, match="9999, which is newer than this program"):
            attempt(any_database)
    assert "cardholder" in tables(any_database)


def test_an_empty_database_is_refused_with_what_to_type(bare_url: str) -> None:
    with opened(bare_url) as database, pytest.raises(OlderDatabaseError, match="access-control db upgrade"):
        schema.require_current(database)


def test_a_version_that_does_not_exist_is_refused(any_database: Database) -> None:
    with pytest.raises(DatabaseError, match="no version 12"):
        schema.downgrade(any_database, "12")
    schema.require_current(any_database)


def test_a_step_that_fails_leaves_the_old_version(
    bare_url: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "op.add_column('cardholder', sa.Column('shoe', sa.Integer()))\n    raise ZeroDivisionError"
    with opened(bare_url) as database:
        schema.upgrade(database)
        add_version(root, tmp_path, monkeypatch, broken)
        with pytest.raises(ZeroDivisionError):
            schema.upgrade(database)
        assert schema.current(database) == "0001"
        with database.reader.connect() as connection:
            assert "shoe" not in {column["name"] for column in inspect(connection).get_columns("cardholder")}


def test_a_table_is_rebuilt_with_rows_that_point_to_it(
    bare_url: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild = "with op.batch_alter_table('cardholder') as t:\n        t.alter_column('unit', type_=sa.String(99))"
    with opened(bare_url) as database:
        schema.upgrade(database)
        with database.writing() as session:
            session.add(Membership(person=person(), group=Group(name="Chess")))
        add_version(root, tmp_path, monkeypatch, rebuild)
        schema.upgrade(database)
        with database.writing() as session:
            assert session.scalars(select(Membership)).one().person.full_name == "Ada Ames"


def test_rows_that_would_point_to_nothing_stop_a_step(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database:
        schema.upgrade(database)
        add_version(root, tmp_path, monkeypatch, "op.execute('INSERT INTO membership VALUES (1, 1)')")
        with pytest.raises(DatabaseError, match="point to nothing"):
            schema.upgrade(database)
        assert schema.current(database) == "0001"


def test_a_copy_holds_what_is_there_while_it_is_used(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        session.add(person())
    with database.reading() as session:
        session.scalars(select(Cardholder)).all()
        schema.back_up(database, tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    with opened(f"sqlite:///{tmp_path / 'copy.db'}") as copy, copy.reading() as session:
        assert session.scalars(select(Cardholder)).one().full_name == "Ada Ames"


def test_a_copy_never_replaces_a_file(database: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("kept")
    with pytest.raises(DatabaseError, match="cannot be written"):
        schema.back_up(database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "kept"


def test_a_locked_database_is_not_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("access_control.database.sqlite.BUSY_MS", 50)
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database:
        with closing(sqlite3.connect(tmp_path / "school.db", isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusyError):
                schema.upgrade(database)
            stranger.execute("ROLLBACK")
        schema.upgrade(database)


def person() -> Cardholder:
    return Cardholder(given_name="Ada", family_name="Ames", search_name="ADA AMES", holder_class=HolderClass.STUDENT)


def add_version(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A version after ours, in a copy of the steps."""
    copied = tmp_path / "migrations"
    shutil.copytree(root / VERSIONS, copied / "versions")
    (copied / "versions" / "0002_more.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision = '0002'\ndown_revision = '0001'\n"
        f"def upgrade():\n    {step}\ndef downgrade():\n    pass\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", copied)


def fill_every_table(connection: Connection) -> None:
    """One row in each table, with any values: what points to a row is filled after it."""
    values: dict[tuple[str, str], Any] = {}
    for table in Table.metadata.sorted_tables:
        row = {}
        for column in table.columns:
            target = next(iter(column.foreign_keys), None)
            if target is not None and (target.column.table.name, target.column.name) in values:
                row[column.name] = values[target.column.table.name, target.column.name]
            elif target is None:
                row[column.name] = a_value(column)
            values[table.name, column.name] = row.get(column.name)
        connection.execute(insert(table).values(row))


def a_value(column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return next(iter(kind.enum_class))
    name = type(kind).__name__
    return {
        "Integer": 1,
        "BigInteger": 2,
        "Boolean": True,
        "JSON": {},
        "LargeBinary": b"x",
        "UtcTime": AT,
        "Date": AT.date(),
    }.get(name, "x")
