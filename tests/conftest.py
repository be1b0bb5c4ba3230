"""What every test may ask for."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytest_plugins = ["tests.building.browser", "tests.building.databases"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT
