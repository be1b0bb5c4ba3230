"""A school with two bridges, its keys, and the emergencies of one service process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from access_control.clock import utc_now
from access_control.database.engine import Database
from access_control.emergency.starting import Emergencies
from access_control.readers.keys import SchoolKeys, make_keys
from tests.building.emergencies import build, enrol
from tests.building.published import LiveSchool, go_live

Opener = Callable[[Database], Emergencies]


@pytest.fixture
def keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")


def furnish(database: Database, keys: SchoolKeys) -> None:
    with database.writing() as session:
        build(session)
        enrol(session, keys)


@pytest.fixture
def school_database(any_database: Database, keys: SchoolKeys) -> Database:
    furnish(any_database, keys)
    return any_database


@pytest.fixture
def live(any_database: Database, tmp_path: Path) -> LiveSchool:
    """A school whose bridge has documents, for what is changed through the service."""
    return go_live(any_database, tmp_path)


@pytest.fixture
def open_emergencies(keys: SchoolKeys, tmp_path: Path) -> Iterator[Opener]:
    """Start a service process's emergencies over a database; all are closed at the end."""
    with ExitStack() as closing:

        def start(database: Database) -> Emergencies:
            made = Emergencies(database, keys, utc_now, tmp_path / "emergencies")
            closing.callback(made.close)
            return made

        yield start


@pytest.fixture
def emergencies(school_database: Database, open_emergencies: Opener) -> Emergencies:
    return open_emergencies(school_database)


@contextmanager
def closed_afterwards(made: Emergencies) -> Iterator[Emergencies]:
    try:
        yield made
    finally:
        made.close()
