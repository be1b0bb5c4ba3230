"""A school with a front desk, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.database.engine import Database
from access_control.readers.keys import make_keys
from tests.building.visits import AT, DeskSchool, furnish_desk


@pytest.fixture
def school(any_database: Database, tmp_path: Path) -> DeskSchool:
    return furnish_desk(any_database, make_keys(tmp_path / "keys"), AT)
