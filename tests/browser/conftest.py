"""The service's pages, served for a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.readers.keys import SchoolKeys, make_keys
from tests.access_control.web.conftest import (  # noqa: F401 - fixtures are found by being imported
    app,
    moved_clock,
    served,
    services,
)


@pytest.fixture
def school_keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")
