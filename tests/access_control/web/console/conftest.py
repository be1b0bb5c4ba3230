"""Real keys, and a school in which every page has something to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.readers.keys import SchoolKeys, make_keys
from access_control.web.services import Services
from tests.building.console_school import ConsoleSchool, furnish


@pytest.fixture
def school_keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def furnished(services: Services) -> ConsoleSchool:
    return furnish(services.database, services.keys, services.clock())
