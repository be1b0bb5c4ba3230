"""A school whose bridges are enrolled, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.database.engine import Database
from tests.building.published import LiveSchool, go_live


@pytest.fixture
def live(any_database: Database, tmp_path: Path) -> LiveSchool:
    return go_live(any_database, tmp_path)
